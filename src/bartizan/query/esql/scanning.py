"""Reads the columns of streams as ES|QL sees them: typed, null where there is no value, several values as an array.

Only what a query uses is read; a column gets its id when it is asked for the first time.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.clickhouse import condition
from bartizan.query.esql.ids import Ids
from bartizan.query.esql.plan import Column, Scan, StreamScan
from bartizan.query.esql.source_document import source_document
from bartizan.query.esql.typed import CLICKHOUSE, Type, null
from bartizan.query.passes import run_passes
from bartizan.query.query_fields import QueryFields
from bartizan.query.schema import Schema, SchemaField, base_type
from bartizan.query.sequence.order import milliseconds
from bartizan.query.sql import call, column, each, text
from bartizan.query.storage import read

_TYPES: Mapping[str, Type] = {
    **dict.fromkeys(("match_only_text", "text"), Type.TEXT),
    **dict.fromkeys(("integer", "short", "byte"), Type.INTEGER),
    "long": Type.LONG,
    "unsigned_long": Type.UNSIGNED_LONG,
    **dict.fromkeys(("float", "double", "half_float", "scaled_float"), Type.DOUBLE),
    "boolean": Type.BOOLEAN,
    **dict.fromkeys(("date", "date_nanos"), Type.DATETIME),
    "ip": Type.IP,
    "version": Type.VERSION,
    "geo_point": Type.GEO_POINT,
}
_TEXTS = (Type.KEYWORD, Type.TEXT, Type.VERSION)
METADATA = ("_id", "_index", "_version", "_source", "_ignored", "_score")
"""What `FROM ... METADATA` can ask for."""

Tree = Callable[[Schema, str], exp.Expression]
"""How one stream answers a column: its narrowed schema and its name in, a tree out."""


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams that a query reads, and how."""

    schema: Schema
    binder: Binder
    ids: Ids
    fields: QueryFields
    time_from: datetime | None = None
    time_to: datetime | None = None
    hidden: frozenset[str] = frozenset()
    """Columns that are there for who names them only."""
    within: Mapping[str, ir.Expr] = field(default_factory=dict)
    """What else the events of a stream fulfil."""
    named: set[str] = field(default_factory=set)
    """Those of `METADATA` that the query names: each is a column like any other."""
    asked: dict[str, tuple[Column, tuple[exp.Expression, ...]]] = field(default_factory=dict)

    def find(self, name: str) -> Column | None:
        """The column called `name`; one without values if only the registry knows it, None if nobody does."""
        if name in self.asked:
            return self.asked[name][0]
        if name in self.named:
            return self.metadata(name)
        found = self.schema.resolve(name)
        if found is None:
            return None
        known = found.column or self.schema.registry.get(name) is not None
        type_, many = type_of(found) if known else Type.NULL, found.is_array
        return self._add(name, name, type_, many, lambda schema, _: self._stored(schema, name, type_, many))

    def metadata(self, name: str) -> Column:
        """One of `METADATA`."""
        match name:
            case "_id":
                return self._meta(name, Type.KEYWORD, lambda schema, _: self._id(schema))
            case "_index":
                return self._meta(name, Type.KEYWORD, lambda _, stream: self.binder.scalar(stream))
            case "_version":
                return self._meta(name, Type.LONG, lambda _, __: call("toInt64", exp.Literal.number(1)))
            case "_source":
                return self._meta(name, Type.KEYWORD, self._source)
            case "_score":
                return self._meta(name, Type.DOUBLE, lambda _, __: call("toFloat64", exp.Literal.number(0)))
            case _:
                return self._meta(name, Type.KEYWORD, lambda _, __: null(Type.KEYWORD).tree)

    def member_of_source(self, member: str) -> Column:
        """`_source` with nothing but one member."""
        return self._meta(
            f"_source {member}",
            Type.KEYWORD,
            lambda schema, stream: source_document(schema, stream, self.binder, member),
        )

    def span(self, span_ms: int) -> Column:
        """The number of the span of time since 1970 in which an event lies."""
        return self._meta(
            "_span",
            Type.LONG,
            lambda schema, _: call("intDiv", milliseconds(schema, self.fields.timestamp), exp.Literal.number(span_ms)),
        )

    def predicate(self, key: str, make: Callable[[Schema], exp.Expression]) -> Column:
        """A condition on the events as they are stored, computed while they are read."""
        return self._add(key, key, Type.BOOLEAN, False, lambda schema, _: call("toNullable", make(schema)))

    def scan(self, necessary: ir.Expr | None = None) -> Scan:
        """What has to be read for all that was asked, of events that fulfil `necessary`."""
        asked = tuple(self.asked.values())
        streams = tuple(
            StreamScan(stream, tuple(trees[place] for _, trees in asked), self._condition(stream, necessary))
            for place, stream in enumerate(self.schema.streams)
        )
        return Scan(tuple(own for own, _ in asked), streams)

    def _meta(self, name: str, type_: Type, tree: Tree) -> Column:
        return self._add(f"METADATA {name}", name, type_, False, tree)

    def _add(self, key: str, name: str, type_: Type, many: bool, tree: Tree) -> Column:
        if key not in self.asked:
            trees = tuple(tree(self.schema.narrow(stream), stream) for stream in self.schema.streams)
            self.asked[key] = Column(self.ids.new(), name, type_, many), trees
        return self.asked[key][0]

    def _stored(self, schema: Schema, name: str, type_: Type, many: bool) -> exp.Expression:
        found = schema.resolve(name)
        if found is None or not found.column:
            return null(type_, many=many).tree
        stored = read(found, self.binder)
        value = stored.tree
        if not stored.is_array:
            one = _single(value, found, type_, nullable=stored.nullable)
            return _as_many(one, type_) if many else one
        return _many(value, found, type_, nullable=stored.nullable)

    def _source(self, schema: Schema, stream: str) -> exp.Expression:
        return source_document(schema, stream, self.binder)

    def _id(self, schema: Schema) -> exp.Expression:
        name = self._identifying()
        found = None if name is None else schema.resolve(name)
        if found is None or not found.column:
            return null(Type.KEYWORD).tree
        return call("nullIf", call("toString", column(found.source)), text(""))

    def _condition(self, stream: str, necessary: ir.Expr | None) -> exp.Expression | None:
        low = None if self.time_from is None else ir.Bound(self.time_from, True)
        high = None if self.time_to is None else ir.Bound(self.time_to, False)
        parts = [part for part in (necessary, self.within.get(stream)) if part is not None]
        if low or high:
            parts.append(ir.Range(ir.FieldRef(self.fields.timestamp, ir.Kind.DATE), low, high))
        if not parts:
            return None
        own = self.schema.narrow(stream)
        return condition(run_passes(ir.And(tuple(parts)), own), own, self.binder)

    def _identifying(self) -> str | None:
        """The column that tells events apart: the tiebreaker, or the place in the files."""
        names = (self.fields.tiebreaker, *self.hidden)
        return next((name for name in names if name in self.schema.columns), None)


def type_of(found: SchemaField) -> Type:
    """The ES|QL type of a field; what ES|QL has no type for is a keyword."""
    return _TYPES.get(found.ecs_type, Type.KEYWORD)


def _single(value: exp.Expression, found: SchemaField, type_: Type, *, nullable: bool) -> exp.Expression:
    if type_ in _TEXTS or type_ is Type.GEO_POINT:
        return call("nullIf", value, text(""))
    converted = _converted(value, found, type_)
    return converted if nullable else call("toNullable", converted)


def _many(values: exp.Expression, found: SchemaField, type_: Type, *, nullable: bool) -> exp.Expression:
    if type_ in _TEXTS or type_ is Type.GEO_POINT:
        return call("arrayFilter", each("_v", lambda one: exp.NEQ(this=one, expression=text(""))), values)
    converted = values
    if _needs_conversion(found, type_):
        converted = call("arrayMap", each("_v", lambda one: _converted(one, found, type_)), values)
    if not nullable and not _needs_conversion(found, type_):
        return converted
    return call("CAST", call("arrayFilter", each("_v", _has_value), converted), text(f"Array({CLICKHOUSE[type_]})"))


def _as_many(one: exp.Expression, type_: Type) -> exp.Expression:
    alone = call("CAST", exp.array(one, dialect="clickhouse"), text(f"Array({CLICKHOUSE[type_]})"))
    return call("if", exp.Is(this=one.copy(), expression=exp.Null()), null(type_, many=True).tree, alone)


def _converted(value: exp.Expression, found: SchemaField, type_: Type) -> exp.Expression:
    return call("accurateCastOrNull", value, text(CLICKHOUSE[type_])) if _needs_conversion(found, type_) else value


def _needs_conversion(found: SchemaField, type_: Type) -> bool:
    """Whether what `storage.read` gives has another ClickHouse type than the one that the ES|QL type is kept in."""
    if type_ in (Type.INTEGER, Type.LONG, Type.UNSIGNED_LONG, Type.DOUBLE):
        return base_type(found.clickhouse_type) != CLICKHOUSE[type_] or bool(found.path)
    return type_ is Type.DATETIME and base_type(found.clickhouse_type) not in ("String", CLICKHOUSE[type_])


def _has_value(one: exp.Expression) -> exp.Expression:
    return call("isNotNull", one)
