"""The `range` query: numbers, addresses, texts and dates, with formats and time zones of dates."""

from collections.abc import Mapping

from bartizan.query import ir
from bartizan.query.errors import UnsupportedOperation
from bartizan.query.ir import Kind
from bartizan.query.operators import compare
from bartizan.query.query_dsl.context import (
    Asked,
    Context,
    condition,
    find,
    one_field,
    options,
    permitted,
    scalar,
    written,
)
from bartizan.query.query_dsl.faults import Fault
from bartizan.query.query_dsl.json_tree import Member, Node, Value
from bartizan.query.query_dsl.time_zones import in_zone, read_zone

_OPERATORS = {"gt": ">", "gte": ">=", "lt": "<", "lte": "<="}
_OLD_ENDS = {"from": ("include_lower", ">"), "to": ("include_upper", "<")}
_KNOWN = frozenset({*_OPERATORS, *_OLD_ENDS, "include_lower", "include_upper", "format", "time_zone", "relation"})
_FORMATS = frozenset({"epoch_millis", "date_optional_time", "strict_date_optional_time", "date", "strict_date"}) | {
    "strict_date_optional_time_nanos",
    "date_time",
    "strict_date_time",
    "yyyy-MM-dd",
    "yyyy",
}
"""Formats whose dates are read as any date is."""


def range_query(node: Node, context: Context) -> ir.Expr:
    """A value of the field lies between the ends; without ends, there is one."""
    asked = find(one_field(node, "range"), context)
    given = options(asked.node.value, _KNOWN, "range")
    _check_format(given)
    ends = [one for one in (_end(member, given) for member in given.values()) if one is not None]
    if not ends:
        return condition(asked, asked.node, lambda ref, _: ir.Exists(ref))
    found = [_side(asked, operator, value, given, context) for operator, value in ends]
    return _together(found, asked.node)


def _side(asked: Asked, operator: str, value: Value, given: Mapping[str, Member], context: Context) -> ir.Expr:
    return condition(asked, value, lambda ref, _: _compared(ref, operator, value, given, context))


def _together(found: list[ir.Expr], place: Node) -> ir.Expr:
    """One range of its two ends: of a field with many values, one value lies between them."""
    low = next((one.low for one in found if isinstance(one, ir.Range) and one.low), None)
    high = next((one.high for one in found if isinstance(one, ir.Range) and one.high), None)
    if len(found) > 2 or (len(found) == 2 and isinstance(found[0], ir.Range) and not (low and high)):
        raise Fault(place, "a `range` has one lower and one upper end", "leave one of them out")
    first = found[0]
    return ir.Range(first.field, low, high) if isinstance(first, ir.Range) else first


def _end(member: Member, given: Mapping[str, Member]) -> tuple[str, Value] | None:
    operator = _OPERATORS.get(member.name)
    if member.name in _OLD_ENDS:
        inclusion, operator = _OLD_ENDS[member.name]
        excluded = inclusion in given and getattr(given[inclusion].value, "value", None) is False
        operator += "" if excluded else "="
    if operator is None or (isinstance(member.value, Value) and member.value.value is None):
        return None
    return operator, scalar(member.value, "range")


def _compared(ref: ir.FieldRef, operator: str, value: Value, given: Mapping[str, Member], context: Context) -> ir.Expr:
    text = written(value)
    if ref.kind is not Kind.DATE:
        return permitted(compare(ref, operator, text, context.now), value)
    if "format" in given and given["format"].value == Value("epoch_millis") and text.isdigit():
        text = text.zfill(5)
    if "time_zone" in given:
        name = scalar(given["time_zone"].value, "time_zone")
        zone = read_zone(written(name))
        if zone is None:
            raise Fault(name, "there is no such time zone", "write `+01:00` or `Europe/Berlin`")
        text = in_zone(text, operator, zone, context.now)
    return compare(ref, operator, text, context.now)


def _check_format(given: Mapping[str, Member]) -> None:
    if "format" not in given:
        return
    value = scalar(given["format"].value, "format")
    if not set(written(value).split("||")) <= _FORMATS:
        hint = "write ISO 8601, or milliseconds since 1970"
        raise Fault(value, "this `format` of dates isn't understood", hint, UnsupportedOperation)
