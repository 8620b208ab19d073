"""One data stream of an integration, as its folder describes it: `stream.toml`, `fields.toml` and `aliases.toml` in,
`Stream` out."""

import re
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeGuard

from bartizan.ecs.registry import Field
from bartizan.integrations.errors import IntegrationError

DATASET = re.compile(r"[a-z][a-z0-9_]*(\.[a-z0-9][a-z0-9_]*)*")
"""What a dataset may be called: `-` parts a stream's name, type-dataset-namespace."""

TYPES = ("logs", "metrics", "alerts")
"""First parts of streams' names."""

_KINDS: dict[str, tuple[type, str]] = {
    "dataset": (str, "a text"),
    "title": (str, "a text"),
    "type": (str, "a text"),
    "sort_key": (list, "a list of texts"),
    "permissions": (list, "a list of texts"),
    "retention_days": (int, "a whole number"),
    "updatable": (bool, "true or false"),
    "detect": (dict, "a table"),
}


@dataclass(frozen=True, slots=True)
class Detection:
    """How a record of this stream is told from others when nobody names its dataset."""

    keys: tuple[tuple[str, ...], ...] = ()
    """Sets of JSON keys, with dots below the top level: a record that has all of one set belongs to the stream."""
    header: tuple[str, ...] = ()
    """Field names of which a header line must hold all."""
    pattern: str = ""
    """A regular expression that a headerless text line matches from its start."""


@dataclass(frozen=True, slots=True)
class Stream:
    """A data stream: its name, how its table is kept, how its records are told, where its mapping is."""

    dataset: str
    """The name public rules know it by, `aws.cloudtrail`."""
    title: str
    folder: Path
    sort_key: tuple[str, ...] = ("@timestamp",)
    """Columns that order the table: rows alike stand together and compress."""
    retention_days: int = 365
    """Days after ingest at which events expire; 0 keeps them for ever."""
    type: str = "logs"
    """`logs`, `metrics` or `alerts`, the first part of the stream's name."""
    is_updatable: bool = False
    """Whether values of its rows change after they were stored, as the status of an alert does."""
    detection: Detection = Detection()
    fields: tuple[Field, ...] = ()
    """The fields that ECS lacks, from `fields.toml`."""
    descriptions: dict[str, str] = field(default_factory=dict)
    """One sentence for each of `fields`."""
    permissions: tuple[str, ...] = ()
    """IAM actions a collector needs to read it."""
    aliases: Mapping[str, str] = field(default_factory=dict)
    """Other names by which queries may ask for its fields, from `aliases.toml`; `x.*` stands for all below `x`."""

    @property
    def module(self) -> str:
        """The integration the stream belongs to, `aws`."""
        return self.dataset.partition(".")[0]

    def name(self, namespace: str = "default") -> str:
        """The data stream's name, which is its table's: `logs-aws.cloudtrail-default`."""
        return f"{self.type}-{self.dataset}-{namespace}"


def load_stream(folder: Path) -> Stream:
    """Read a stream's folder; raises `IntegrationError` naming the file and key that is wrong."""
    described = _described(folder / "stream.toml")
    fields = _fields(folder / "fields.toml")
    try:
        return Stream(
            dataset=described["dataset"],
            title=described["title"],
            folder=folder,
            sort_key=tuple(described.get("sort_key", ("@timestamp",))),
            retention_days=described.get("retention_days", 365),
            type=described.get("type", "logs"),
            is_updatable=described.get("updatable", False),
            detection=_detection(described.get("detect", {}), folder / "stream.toml"),
            fields=tuple(Field(name, entry["type"], entry.get("array", False)) for name, entry in fields.items()),
            descriptions={name: entry["description"] for name, entry in fields.items()},
            permissions=tuple(described.get("permissions", ())),
            aliases=_aliases(folder / "aliases.toml"),
        )
    except KeyError as missing:
        raise IntegrationError(f"key `{missing.args[0]}` is missing", where=str(folder / "stream.toml")) from None


def _described(file: Path) -> dict[str, Any]:
    described = _read(file)
    for key, value in described.items():
        if key not in _KINDS:
            raise IntegrationError(f"unknown key `{key}`", where=str(file), hint=f"known are {', '.join(_KINDS)}")
        kind, called = _KINDS[key]
        if not isinstance(value, kind) or (kind is list and not _is_texts(value)):
            raise IntegrationError(f"`{key}` must be {called}", where=str(file))
    if not DATASET.fullmatch(described.get("dataset", "x")):
        hint = "write it in lower case without `-`, e.g. acme.audit_log"
        raise IntegrationError(f"`{described['dataset']}` is no dataset name", where=str(file), hint=hint)
    if (named := described.get("type", "logs")) not in TYPES:
        raise IntegrationError(f"`type` is `{named}`, expected one of {', '.join(TYPES)}", where=str(file))
    return described


def _fields(file: Path) -> dict[str, Any]:
    fields = _read(file) if file.exists() else {}
    for name, entry in fields.items():
        if not isinstance(entry, dict) or not isinstance(entry.get("array", False), bool):
            raise IntegrationError(f"`{name}` must be a table of type, array and description", where=str(file))
        for key in ("type", "description"):
            if not isinstance(entry.get(key), str):
                raise IntegrationError(f"`{name}` needs a text `{key}`", where=str(file))
    return fields


def _aliases(file: Path) -> dict[str, str]:
    aliases = _read(file) if file.exists() else {}
    for name, target in aliases.items():
        if not isinstance(target, str) or name.endswith(".*") != target.endswith(".*"):
            raise IntegrationError(f"`{name}` must name a field, or `x.*` all below a field", where=str(file))
    return aliases


def _detection(entry: dict[str, Any], file: Path) -> Detection:
    keys, header, pattern = entry.get("keys", []), entry.get("header", []), entry.get("pattern", "")
    if unknown := sorted(entry.keys() - {"keys", "header", "pattern"}):
        raise IntegrationError(f"unknown key `detect.{unknown[0]}`", where=str(file))
    if not isinstance(keys, list) or not all(_is_texts(names) for names in keys) or not _is_texts(header):
        message = "`detect.keys` must be lists of texts, `detect.header` a list of texts"
        raise IntegrationError(message, where=str(file))
    try:
        re.compile(pattern)
    except (re.error, TypeError) as error:
        raise IntegrationError(f"`detect.pattern` is no regular expression: {error}", where=str(file)) from error
    return Detection(tuple(map(tuple, keys)), tuple(header), pattern)


def _is_texts(value: Any) -> TypeGuard[list[str]]:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise IntegrationError(f"cannot read it: {error}", where=str(path)) from error
