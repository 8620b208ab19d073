"""The configuration: one typed tree, read once by `app`. A TOML file < the environment < a command's flags.

`BARTIZAN_ENGINE_MAX_MEMORY_BYTES=...` in the environment is `[engine] max_memory_bytes` in the file.
"""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import MISSING, Field, dataclass, field, fields, is_dataclass
from pathlib import Path
from types import UnionType
from typing import Any, Literal, get_args, get_origin, get_type_hints

from bartizan.connector_config import Connector, EgressConfig, NotifyRoute
from bartizan.errors import BartizanError, Terminal

_MIB = 1024 * 1024
PREFIX = "BARTIZAN_"
_CONNECTOR_NAME = re.compile(r"[A-Za-z0-9_-]{1,64}")
_SWITCH = {"true": True, "false": False}


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
class RespondConfig:
    """Who may declare which response actions on rules; a privilege is `respond:isolate_host` and the like."""

    file_privileges: tuple[str, ...] = ()
    """Privileges that rules' files have: their actions are honoured only with all that they need. None by default."""
    api_privileges: tuple[str, ...] = ()
    """Privileges of who uses the API."""


@dataclass(frozen=True, slots=True)
class StateConfig:
    """The control-plane database: rules' states, jobs, exceptions, cases."""

    url: str = field(default="", repr=False)
    """`postgresql://user:password@host:5432/database`; empty is SQLite, `control.sqlite` in the data folder."""


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
    connectors: Mapping[str, Connector] = field(default_factory=dict)
    """What alerts are sent to: `[connectors.NAME]` with its `type`."""
    notify: tuple[NotifyRoute, ...] = ()
    """Which alerts go where, `[[notify]]`; an alert goes along every route that takes it, once to each connector."""
    engine: EngineConfig = EngineConfig()
    ingest: IngestConfig = IngestConfig()
    serve: ServeConfig = ServeConfig()
    egress: EgressConfig = field(default_factory=EgressConfig)
    state: StateConfig = StateConfig()
    respond: RespondConfig = RespondConfig()


def load_config(file: Path | None, environment: Mapping[str, str], flags: Mapping[str, Any]) -> Config:
    """Read the tree; raises `ConfigError` that names the setting. `flags` that are None are not set."""
    tree: dict[str, Any] = {}
    if file is not None:
        tree = _file(file)
    _merge(tree, _from_environment(environment))
    _merge(tree, {name: value for name, value in flags.items() if value is not None})
    config: Config = _built(Config, tree, "")
    _check_notify(config)
    return config


def _check_notify(config: Config) -> None:
    for name in config.connectors:
        if not _CONNECTOR_NAME.fullmatch(name):
            raise ConfigError(f"`connectors.{name}` is no name", hint="letters, digits, `_` and `-`, 64 at most")
    for name in (name for route in config.notify for name in route.connectors):
        if name not in config.connectors:
            raise ConfigError(f"`notify.connectors` names `{name}`, which is no connector")


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
    if missing := [one.name for one in fields(kind) if _is_required(one) and one.name not in tree]:
        raise ConfigError(f"setting `{path}{missing[0]}` is missing")
    values = {name: _value(hints[name], value, f"{path}{name}") for name, value in tree.items()}
    try:
        return kind(**values)
    except ValueError as error:
        raise ConfigError(str(error), where=path.rstrip(".")) from error


def _is_required(setting: Field[Any]) -> bool:
    return setting.default is MISSING and setting.default_factory is MISSING


def _checked(value: Any, path: str) -> Any:
    """Sizes and ratios of nothing would make endless loops."""
    if path.endswith(("_bytes", "_ratio")) and value < 1:
        raise ConfigError(f"`{path}` can't be `{value}`", hint="it is at least 1")
    return value


def _value(hint: Any, value: Any, path: str) -> Any:
    if is_dataclass(hint):
        return _built(hint, value, f"{path}.")
    if get_origin(hint) is Literal:
        return _one_of(get_args(hint), value, path)
    if get_origin(hint) is UnionType:
        return _of_type(get_args(hint), value, path)
    try:
        if hint in (int, float, str, Path):
            return _checked(hint(value), path)
        if hint is bool:
            return _SWITCH[str(value).lower()]
        if hint == tuple[str, ...]:
            return tuple(value.split(",")) if isinstance(value, str) else tuple(value)
        if hint == Mapping[str, int]:
            return {str(name): int(days) for name, days in value.items()}
        if get_origin(hint) is tuple:
            return tuple(_value(get_args(hint)[0], one, path) for one in value)
        return {str(name): _value(get_args(hint)[1], inner, f"{path}.{name}") for name, inner in value.items()}
    except (TypeError, ValueError, AttributeError, KeyError) as error:
        raise ConfigError(f"`{path}` can't be `{value}`") from error


def _one_of(known: tuple[str, ...], value: Any, path: str) -> str:
    if value not in known:
        raise ConfigError(f"`{path}` can't be `{value}`", hint=f"known are {', '.join(known)}")
    return str(value)


def _of_type(kinds: tuple[Any, ...], value: Any, path: str) -> Any:
    """The dataclass whose `type` the table names."""
    by_type = {str(one.default): kind for kind in kinds for one in fields(kind) if one.name == "type"}
    if not isinstance(value, Mapping):
        raise ConfigError(f"`{path}` is a table of settings, not `{value}`")
    return _built(by_type[_one_of(tuple(by_type), value.get("type"), f"{path}.type")], value, f"{path}.")
