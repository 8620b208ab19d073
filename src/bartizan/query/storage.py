"""How a field's values are read from what is stored, coerced to the kind that they compare as."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.flattened import elements, follow, leaf_texts
from bartizan.query.ir import Kind
from bartizan.query.schema import CONFLICT, SchemaField, base_type, is_nullable
from bartizan.query.sql import call, column, each, text

_V4_PREFIX = "::ffff:"
"""What ClickHouse writes before an IPv4 address within IPv6 (RFC 4291, 2.5.5.2)."""

Coercion = Callable[[exp.Expression], exp.Expression]


@dataclass(frozen=True, slots=True)
class Scope:
    """The object within which fields are read: the nested field's name, the lambda variable with its raw JSON."""

    name: str
    variable: str


@dataclass(frozen=True, slots=True)
class Stored:
    """A field's values: one, or an array of them; `nullable` if a value can be NULL (a text without value is '')."""

    tree: exp.Expression
    is_array: bool
    nullable: bool


def read(field: SchemaField, binder: Binder, scope: Scope | None = None, kind: Kind | None = None) -> Stored:
    """The values of `field` in an event, or in the object of `scope` if the field lies below it; as `kind` if given."""
    kind = kind or field.kind
    if field.path or (scope and field.name.startswith(f"{scope.name}.")):
        return _read_json(field, binder, scope, kind)
    coerce, nullable = _coercion(kind, field.clickhouse_type)
    own = column(field.source)
    if coerce is None:
        return Stored(own, field.is_array, nullable)
    if field.is_array:
        return Stored(call("arrayMap", each("_c", coerce), own), True, nullable)
    return Stored(coerce(own), False, nullable)


def read_objects(field: SchemaField, binder: Binder, scope: Scope | None = None) -> exp.Expression:
    """The raw JSON of each object of the nested `field`."""
    return _raws(field, binder, scope)


def _raws(field: SchemaField, binder: Binder, scope: Scope | None) -> exp.Expression:
    if scope and field.name.startswith(f"{scope.name}."):
        keys = tuple(field.name[len(scope.name) + 1 :].split("."))
        return follow(exp.array(exp.column(scope.variable), dialect="clickhouse"), keys, binder)
    return follow(elements(column(field.source)), field.path, binder)


def _read_json(field: SchemaField, binder: Binder, scope: Scope | None, kind: Kind) -> Stored:
    texts = leaf_texts(_raws(field, binder, scope))
    coerce, nullable = _coercion(kind, "String")
    return Stored(texts if coerce is None else call("arrayMap", each("_c", coerce), texts), True, nullable)


def _coercion(kind: Kind, clickhouse_type: str) -> tuple[Coercion | None, bool]:
    """What turns a stored value into its kind (None: nothing to do), and whether the result can be NULL."""
    base = base_type(clickhouse_type)
    if kind in (Kind.KEYWORD, Kind.TEXT) and base == "IPv6":
        return _address_text, False
    if kind in (Kind.KEYWORD, Kind.TEXT):
        return (None, False) if base.startswith(("String", "FixedString", "Enum")) else (_as_text, False)
    if base == CONFLICT or base.startswith(("String", "FixedString", "Enum")):
        parse = _FROM_TEXT.get(kind)
        through_text = base != "String" and parse is not None
        return (_after_text(parse) if through_text and parse else parse, parse is not None)
    if kind is Kind.IP and base == "IPv4":
        return lambda value: call("toIPv6", value), is_nullable(clickhouse_type)
    return None, is_nullable(clickhouse_type)


def _as_text(value: exp.Expression) -> exp.Expression:
    return call("ifNull", call("toString", value), text(""))


def _address_text(value: exp.Expression) -> exp.Expression:
    """An address as people write it: IPv4 without the prefix it is stored with."""
    found = _as_text(value)
    is_v4 = call("startsWith", found, text(_V4_PREFIX))
    shortened = call("substring", found.copy(), exp.Literal.number(len(_V4_PREFIX) + 1))
    return call("if", is_v4, shortened, found.copy())


def _after_text(parse: Coercion) -> Coercion:
    return lambda value: parse(_as_text(value))


_FROM_TEXT: Mapping[Kind, Coercion] = {
    Kind.NUMBER: lambda value: call("toFloat64OrNull", value),
    Kind.BOOLEAN: lambda value: call("accurateCastOrNull", value, text("Bool")),
    Kind.DATE: lambda value: call("parseDateTime64BestEffortOrNull", value, exp.Literal.number(3), text("UTC")),
    Kind.IP: lambda value: call("toIPv6OrNull", value),
}
