"""An empty stream that has every field that a query asks for: where queries are tried whose data isn't here."""

import re
from collections.abc import Iterable, Mapping

from sqlglot import exp

from bartizan.ecs.registry import Registry
from bartizan.query.globs import fits
from bartizan.query.ir import Kind
from bartizan.query.schema import Schema, SchemaField, kind_of

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

    def only(self, streams: Iterable[str]) -> Schema:
        """The schema of some of the streams, which notes names in the same place."""
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

    def columns_asked(self) -> dict[str, str]:
        """Columns for what was asked for beyond those that are there, with their ClickHouse types."""
        known = {name: super(AskedFields, self).resolve(name) for name in self.asked if _PLAIN.fullmatch(name)}
        return {
            name: column_type(name, self.registry)
            for name, field in known.items()
            if (field is None or not field.column) and not self.is_group(name)
        }


def column_type(name: str, registry: Registry) -> str:
    """The ClickHouse type of a column for the field `name`: that of its ECS type, text for what nobody knows."""
    known = registry.get(name)
    if known is None:
        return "String"
    base = _TYPES.get(kind_of(known.type), "String")
    return f"Array({base})" if known.is_array else base


def empty_table(columns: Mapping[str, str]) -> exp.Table:
    """A table without rows."""
    structure = exp.Literal.string(", ".join(f"`{name}` {kind}" for name, kind in columns.items()))
    return exp.Table(this=exp.Anonymous(this="null", expressions=[structure]))
