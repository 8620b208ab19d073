"""The configuration: one typed tree, read once by `app`. A TOML file < the environment < a command's flags.

`BARTIZAN_ENGINE_MAX_MEMORY_BYTES=...` in the environment is `[engine] max_memory_bytes` in the file.
"""

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field, fields, is_dataclass
from pathlib import Path
from typing import Any, get_type_hints

from bartizan.errors import BartizanError, Terminal

_MIB = 1024 * 1024
PREFIX = "BARTIZAN_"


class ConfigError(BartizanError, Terminal):
    """A setting that doesn't exist, or has a value it can't have."""


@dataclass(frozen=True, slots=True)
class EngineConfig:
    """The engine."""

    url: str = field(default="", repr=False)
    """`chdb:///path` or `clickhouse://user:password@host:8123/database?cluster=NAME` (`clickhouses://` speaks TLS, the
    cluster is optional); empty is chDB in the data folder."""
    max_memory_bytes: int = 1200 * _MIB
    """Memory that the embedded engine's statements may take together, or one statement on a server."""
    max_threads: int = 2
    """Cores one statement may use."""
    search_timeout_s: float = 60
    """Seconds a search may take."""
    search_max_rows: int = 0
    """Rows a search may read; 0 is no bound."""
    search_max_memory_bytes: int = 0
    """Memory a search may take; 0 is what any statement may."""


@dataclass(frozen=True, slots=True)
class IngestConfig:
    """The way in."""

    segment_bytes: int = 112 * _MIB
    """Plain bytes of a spool segment: one insert."""
    piece_bytes: int = 4 * _MIB
    """Plain bytes of records that the engine parses at a time."""
    max_object_bytes: int = 64 * 1024 * _MIB
    """Plain bytes one object may unfold to."""
    max_ratio: int = 250
    """Plain bytes per compressed byte an object may unfold to."""
    max_request_bytes: int = 64 * _MIB
    """Bytes of one request to the ingest API."""


@dataclass(frozen=True, slots=True)
class ServeConfig:
    """The HTTP API."""

    host: str = "127.0.0.1"
    """Address to listen on; anything but loopback needs `api_key`."""
    port: int = 8470
    """TCP port."""
    api_key: str = field(default="", repr=False)
    """Secret that clients send as `Authorization: Bearer ...`; required beyond loopback."""


@dataclass(frozen=True, slots=True)
class Config:
    """Everything that can be set."""

    data: Path = Path("bartizan-data")
    """Folder of the store, the spool and what was set aside."""
    rules: tuple[str, ...] = ()
    """More folders of rules, beside those that come with Bartizan."""
    integrations: tuple[str, ...] = ()
    """More folders of integrations."""
    lookups: tuple[str, ...] = ()
    """Folders of lookup tables, CSV files that ES|QL's ENRICH and LOOKUP JOIN find by their names."""
    namespace: str = "default"
    """Third part of the data streams' names."""
    retention_days: Mapping[str, int] = field(default_factory=dict)
    """Days to keep a dataset's events where they differ from the integration's own, `{"aws.vpcflow": 30}`."""
    engine: EngineConfig = EngineConfig()
    ingest: IngestConfig = IngestConfig()
    serve: ServeConfig = ServeConfig()


def load_config(file: Path | None, environment: Mapping[str, str], flags: Mapping[str, Any]) -> Config:
    """Read the tree; raises `ConfigError` that names the setting. `flags` that are None are not set."""
    tree: dict[str, Any] = {}
    if file is not None:
        tree = _file(file)
    _merge(tree, _from_environment(environment))
    _merge(tree, {name: value for name, value in flags.items() if value is not None})
    config: Config = _built(Config, tree, "")
    return config


def _file(file: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(file.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise ConfigError(f"cannot read it: {error}", where=str(file)) from error


def _from_environment(environment: Mapping[str, str]) -> dict[str, Any]:
    tree: dict[str, Any] = {}
    for name, hint in get_type_hints(Config).items():
        if is_dataclass(hint):
            for setting in fields(hint):
                if (value := environment.get(f"{PREFIX}{name}_{setting.name}".upper())) is not None:
                    tree.setdefault(name, {})[setting.name] = value
        elif (value := environment.get(f"{PREFIX}{name}".upper())) is not None:
            tree[name] = value
    return tree


def _merge(tree: dict[str, Any], over: Mapping[str, Any]) -> None:
    for name, value in over.items():
        if isinstance(value, Mapping) and isinstance(tree.get(name), dict):
            _merge(tree[name], value)
        else:
            tree[name] = value


def _built(kind: Any, tree: Mapping[str, Any], path: str) -> Any:
    hints = get_type_hints(kind)
    if not isinstance(tree, Mapping):
        raise ConfigError(f"`{path.rstrip('.')}` is a table of settings, not `{tree}`")
    if unknown := sorted(tree.keys() - hints.keys()):
        raise ConfigError(f"there is no setting `{path}{unknown[0]}`", hint=f"known are {', '.join(sorted(hints))}")
    return kind(**{name: _value(hints[name], value, f"{path}{name}") for name, value in tree.items()})


def _checked(value: Any, path: str) -> Any:
    """Sizes and ratios of nothing would make endless loops."""
    if path.endswith(("_bytes", "_ratio")) and value < 1:
        raise ConfigError(f"`{path}` can't be `{value}`", hint="it is at least 1")
    return value


def _value(hint: Any, value: Any, path: str) -> Any:
    if is_dataclass(hint):
        return _built(hint, value, f"{path}.")
    try:
        if hint in (int, float, str, Path):
            return _checked(hint(value), path)
        if hint == tuple[str, ...]:
            return tuple(value.split(",")) if isinstance(value, str) else tuple(value)
        return {str(name): int(days) for name, days in value.items()}
    except (TypeError, ValueError, AttributeError) as error:
        raise ConfigError(f"`{path}` can't be `{value}`") from error
