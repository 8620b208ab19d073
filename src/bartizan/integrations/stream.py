"""One data stream of an integration, as its folder describes it: `stream.toml` and `fields.toml` in, `Stream` out."""

import tomllib
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from bartizan.ecs.registry import Field
from bartizan.integrations.errors import IntegrationError


@dataclass(frozen=True, slots=True)
class Detection:
    """How a record of this stream is told from others when nobody names its dataset."""

    keys: tuple[tuple[str, ...], ...] = ()
    """Sets of top-level JSON keys: a record that has all keys of one set belongs to the stream."""
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
    """`logs` or `metrics`, the first part of the stream's name."""
    detection: Detection = Detection()
    fields: tuple[Field, ...] = ()
    """The fields that ECS lacks, from `fields.toml`."""
    descriptions: dict[str, str] = field(default_factory=dict)
    """One sentence for each of `fields`."""
    permissions: tuple[str, ...] = ()
    """IAM actions a collector needs to read it."""

    @property
    def module(self) -> str:
        """The integration the stream belongs to, `aws`."""
        return self.dataset.partition(".")[0]

    def name(self, namespace: str = "default") -> str:
        """The data stream's name, which is its table's: `logs-aws.cloudtrail-default`."""
        return f"{self.type}-{self.dataset}-{namespace}"


def load_stream(folder: Path) -> Stream:
    """Read a stream's folder; raises `IntegrationError` naming the file and key that is wrong."""
    described = _read(folder / "stream.toml")
    known = {"dataset", "title", "sort_key", "retention_days", "type", "detect", "permissions"}
    if unknown := described.keys() - known:
        raise IntegrationError(f"unknown key `{sorted(unknown)[0]}`", where=str(folder / "stream.toml"))
    fields = _read(folder / "fields.toml") if (folder / "fields.toml").exists() else {}
    try:
        return Stream(
            dataset=described["dataset"],
            title=described["title"],
            folder=folder,
            sort_key=tuple(described.get("sort_key", ("@timestamp",))),
            retention_days=described.get("retention_days", 365),
            type=described.get("type", "logs"),
            detection=_detection(described.get("detect", {})),
            fields=tuple(Field(name, entry["type"], entry.get("array", False)) for name, entry in fields.items()),
            descriptions={name: entry["description"] for name, entry in fields.items()},
            permissions=tuple(described.get("permissions", ())),
        )
    except KeyError as missing:
        raise IntegrationError(f"key {missing} is missing", where=str(folder)) from None


def _detection(entry: dict[str, Any]) -> Detection:
    return Detection(
        keys=tuple(tuple(keys) for keys in entry.get("keys", ())),
        header=tuple(entry.get("header", ())),
        pattern=entry.get("pattern", ""),
    )


def _read(path: Path) -> dict[str, Any]:
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise IntegrationError(f"cannot read it: {error}", where=str(path)) from error
