"""The values that steps are joined by, as text that is equal where the values are.

Text, keywords and addresses compare by their text, an address in its usual form, so an IP equals the same one in a
keyword. Numbers compare by their value, dates by their instant, booleans as they are; values of different kinds never
equal, so the number 5 is not the text "5". A field with many values is one value, its whole list in stored order, as in
Elasticsearch; one value in a list is that value.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.errors import QueryError
from bartizan.query.ir import FieldRef, Kind
from bartizan.query.schema import Schema
from bartizan.query.sql import call, each, text
from bartizan.query.storage import read

KINDS: Mapping[Kind, str] = {
    Kind.KEYWORD: "t",
    Kind.TEXT: "t",
    Kind.IP: "t",
    Kind.NUMBER: "n",
    Kind.BOOLEAN: "b",
    Kind.DATE: "d",
}
"""Which kinds compare with each other: those of the same letter."""


@dataclass(frozen=True, slots=True)
class KeyValue:
    """A key of one stream's events as text, '' for no value, and the letter of its kind ('' if the stream lacks it)."""

    tree: exp.Expression
    kind: str


def key_value(ref: FieldRef, schema: Schema, binder: Binder, each_value: bool = False) -> KeyValue:
    """The values of `ref` in a table with the columns of `schema`, a row for each of many where that is asked for.

    Raises `QueryError` for what can't be joined by."""
    field = schema.resolve(ref.name)
    if field is None or not field.column:
        return KeyValue(text(""), "")
    if field.kind not in KINDS:
        raise QueryError(f"`{ref.name}` holds {field.kind.value} values, which events can't be joined by")
    stored = read(field, binder)
    as_text = _TEXTS.get(field.kind, _as_is)
    show = (lambda value: call("lowerUTF8", as_text(value))) if field.ignore_case else as_text
    if not stored.is_array:
        tree = _no_null(show(stored.tree), stored.nullable)
    elif each_value:
        tree = call("arrayJoin", _shown(stored.tree, show))
    else:
        tree = _list(stored.tree, show)
    return KeyValue(tree, KINDS[field.kind])


def tagged(value: KeyValue) -> exp.Expression:
    """The key's text with the letter of its kind before it, for keys that hold several kinds; '' stays."""
    if not value.kind:
        return value.tree
    with_kind = call("concat", text(value.kind), value.tree)
    return call("if", exp.EQ(this=value.tree.copy(), expression=text("")), text(""), with_kind)


def _no_null(tree: exp.Expression, nullable: bool) -> exp.Expression:
    return call("ifNull", tree, text("")) if nullable else tree


def _list(values: exp.Expression, show: Callable[[exp.Expression], exp.Expression]) -> exp.Expression:
    shown = _shown(values, show)
    first = call("arrayElement", shown, exp.Literal.number(1))
    is_one = exp.LTE(this=call("length", values.copy()), expression=exp.Literal.number(1))
    return call("if", is_one, first, call("toString", shown.copy()))


def _shown(values: exp.Expression, show: Callable[[exp.Expression], exp.Expression]) -> exp.Expression:
    return call("arrayMap", each("_j", lambda value: _no_null(show(value), True)), values)


_MAPPED = "::ffff:"
"""What ClickHouse writes before an IPv4 address within IPv6 (RFC 4291, 2.5.5.2)."""


def _as_is(value: exp.Expression) -> exp.Expression:
    return value


def _number(value: exp.Expression) -> exp.Expression:
    return call("toString", value)


def _address(value: exp.Expression) -> exp.Expression:
    """An address in its usual form: v4-mapped ones without the prefix."""
    shown = call("toString", value)
    is_mapped = exp.And(
        this=call("startsWith", shown, text(_MAPPED)),
        expression=exp.GT(this=call("position", shown.copy(), text(".")), expression=exp.Literal.number(0)),
    )
    short = call("substring", shown.copy(), exp.Literal.number(len(_MAPPED) + 1))
    return call("if", is_mapped, short, shown.copy())


def _date(value: exp.Expression) -> exp.Expression:
    return call("toString", call("toDateTime64", value, exp.Literal.number(3), text("UTC")))


_TEXTS: Mapping[Kind, Callable[[exp.Expression], exp.Expression]] = {
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _number,
    Kind.DATE: _date,
    Kind.IP: _address,
}
