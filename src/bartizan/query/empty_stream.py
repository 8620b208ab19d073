"""An empty stream that has every field that a query asks for: where queries are tried whose data isn't here."""

import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from typing import Any

from sqlglot import exp

from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine
from bartizan.query.globs import fits
from bartizan.query.ir import Kind
from bartizan.query.schema import Schema, SchemaField, UnknownFields, kind_of

BASE: Mapping[str, str] = {
    "@timestamp": "DateTime64(3, 'UTC')",
    "event.ingested": "DateTime64(3, 'UTC')",
    "event.id": "String",
    "event.category": "Array(String)",
    "event.original": "String",
    "message": "String",
}
"""Columns that every stream has."""

_TYPES: Mapping[Kind, str] = {
    Kind.NUMBER: "Nullable(Float64)",
    Kind.BOOLEAN: "Nullable(Bool)",
    Kind.DATE: "Nullable(DateTime64(3, 'UTC'))",
    Kind.IP: "Nullable(IPv6)",
}
_FIELDS = ("Field", "Column")
"""Names of the AST nodes of fields."""
_SUMS = ("avg", "sum", "median", "percentile", "std_dev", "mv_sum", "mv_avg", "round", "abs")
"""Functions that take numbers only."""
_EXTREMES = ("max", "min")
"""Functions that give what they take."""
_PLAIN = re.compile(r"[\w.@-]{1,200}")
"""Names of which columns are made."""


class AskedFields(Schema):
    """The schema of a stream that notes every name it is asked for."""

    def __init__(
        self, streams: Mapping[str, Mapping[str, str]], registry: Registry, asked: dict[str, None] | None = None
    ) -> None:
        super().__init__(streams, registry, "missing")
        self.asked = {} if asked is None else asked
        """Names in the order in which they were asked for, those of narrower schemas too."""

    def only(self, streams: Iterable[str], unknown_fields: UnknownFields | None = None) -> Schema:
        """The schema of some of the streams, which notes names in the same place and takes every name."""
        return AskedFields({stream: self.streams[stream] for stream in streams}, self.registry, self.asked)

    def resolve(self, name: str) -> SchemaField | None:
        """As `Schema.resolve`."""
        self.asked[name] = None
        return super().resolve(name)

    def matching(self, pattern: str) -> tuple[SchemaField, ...]:
        """As `Schema.matching`; every name of the registry that fits is asked for."""
        self.asked.update(dict.fromkeys(name for name in self.registry.names if fits(pattern, name)))
        return super().matching(pattern)

    def below(self, name: str) -> tuple[SchemaField, ...]:
        """As `Schema.below`."""
        self.matching(f"{name}.*")
        return super().below(name)

    def columns_asked(self, uses: Mapping[str, Kind] | None = None) -> dict[str, str]:
        """Columns for what was asked for beyond those that are there, with their ClickHouse types; what the registry
        doesn't know has the kind that `uses` says."""
        known = {name: super(AskedFields, self).resolve(name) for name in self.asked if _PLAIN.fullmatch(name)}
        return {
            name: column_type(name, self.registry, (uses or {}).get(name))
            for name, field in known.items()
            if (field is None or not field.column) and not self.is_group(name)
        }


def used_types(tree: object) -> dict[str, Kind]:
    """Kinds of fields by what a query's AST compares them with, or sums: numbers and booleans."""
    found: dict[str, Kind] = {}
    pending = [tree]
    while pending:
        node = pending.pop()
        if isinstance(node, tuple | list):
            pending.extend(node)
        elif is_dataclass(node):
            parts = [getattr(node, one.name) for one in fields(node)]
            if (kind := _kind_beside(node, parts)) is not None:
                found.update(dict.fromkeys(_names(parts), kind))
            pending.extend(parts)
    return found


def _kind_beside(node: object, parts: Sequence[Any]) -> Kind | None:
    """What fields below a node are used as."""
    if getattr(node, "name", None) in _SUMS:
        return Kind.NUMBER
    values = [getattr(one, "value", None) for one in _flat(parts) if type(one).__name__ == "Literal"]
    if any(isinstance(value, bool) for value in values):
        return Kind.BOOLEAN
    return Kind.NUMBER if any(isinstance(value, int | float) for value in values) else None


def _names(parts: Sequence[Any]) -> Iterator[str]:
    for part in _flat(parts):
        if type(part).__name__ in _FIELDS and isinstance(getattr(part, "name", None), str):
            yield part.name
        elif getattr(part, "name", None) in _EXTREMES:
            yield from _names(part.arguments)


def _flat(parts: Sequence[Any]) -> Iterator[Any]:
    for part in parts:
        yield from part if isinstance(part, tuple) else (part,)


def column_type(name: str, registry: Registry, kind: Kind | None = None) -> str:
    """The ClickHouse type of a column for the field `name`: that of its ECS type, of `kind` for what nobody knows."""
    known = registry.get(name)
    if known is None:
        return _TYPES.get(kind, "String") if kind else "String"
    base = _TYPES.get(kind_of(known.type), "String")
    return f"Array({base})" if known.is_array else base


def empty_table(columns: Mapping[str, str]) -> exp.Table:
    """A table without rows."""
    structure = exp.Literal.string(", ".join(f"`{name}` {kind}" for name, kind in columns.items()))
    return exp.Table(this=exp.Anonymous(this="null", expressions=[structure]))


def _unordered() -> exp.Properties:
    """A table that has `PREWHERE`, as those of streams do."""
    engine = exp.EngineProperty(this=exp.Anonymous(this="MergeTree"))
    return exp.Properties(expressions=[engine, exp.Order(expressions=[exp.Ordered(this=exp.Tuple())])])


@contextmanager
def empty_stream(stream: str, columns: Mapping[str, str], engine: Engine) -> Iterator[None]:
    """A stream without events, for as long as it is needed."""
    table = exp.to_table(stream, quoted=True)
    definitions = [
        exp.ColumnDef(this=exp.to_identifier(name, quoted=True), kind=exp.DataType.build(kind, dialect="clickhouse"))
        for name, kind in columns.items()
    ]
    made = exp.Create(this=exp.Schema(this=table, expressions=definitions), kind="TABLE", properties=_unordered())
    engine.query(made, format="Null")
    try:
        yield
    finally:
        engine.query(exp.Drop(tables=[table.copy()], kind="TABLE", exists=True), format="Null")
