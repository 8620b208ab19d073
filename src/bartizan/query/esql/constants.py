"""Constants of a query as typed values: texts, numbers, lists and time spans."""

from collections.abc import Sequence

from bartizan.query.binder import Binder
from bartizan.query.esql import ast
from bartizan.query.esql.conversions import span_type, time_span
from bartizan.query.esql.faults import Faults
from bartizan.query.esql.typed import CLICKHOUSE, Type, Typed, cast, null
from bartizan.query.span import Span

_INT32_MAX = 2**31 - 1
_INT64_MAX = 2**63 - 1
_UINT64_MAX = 2**64 - 1

_MAX_COUNT = 1_000_000_000


def constant(value: ast.Plain, binder: Binder, faults: Faults, span: Span) -> Typed:
    """A text, number, boolean or null."""
    if value is None:
        return null()
    return Typed(binder.scalar(value), _type(value, faults, span), False, value)


def list_constant(items: Sequence[ast.Expression], binder: Binder, faults: Faults, span: Span) -> Typed:
    """`[1, 2]`: values of one type; whole numbers beside decimals become decimals."""
    values = [item.value for item in items if isinstance(item, ast.Literal)]
    if len(values) != len(items) or any(value is None for value in values):
        raise faults.at(span, "a list holds texts, numbers or booleans")
    types = {_type(value, faults, span) for value in values}
    order = (Type.DOUBLE, Type.UNSIGNED_LONG, Type.LONG, Type.INTEGER)
    type_ = next((type_ for type_ in order if type_ in types), None) or next(iter(types))
    if len(types) > 1 and not types <= set(order):
        raise faults.at(span, "the values of a list are of one type")
    plain = [value for value in values if value is not None]
    return Typed(cast(binder.array(plain), f"Array({CLICKHOUSE[type_]})"), type_, True, tuple(plain))


def span_constant(count: ast.Literal | ast.Parameter, unit: str, faults: Faults, span: Span) -> Typed:
    """`10 minutes`."""
    value = count.value if isinstance(count, ast.Literal) else None
    if type(value) is not int or value > _MAX_COUNT:
        raise faults.at(span, "a time span counts whole units", "write `10 minutes`")
    try:
        found = time_span(value, unit)
    except ValueError:
        hint = "units are millisecond, second, minute, hour, day, week, month, quarter and year"
        raise faults.at(span, f"`{unit}` is no unit of time", hint) from None
    return Typed(null().tree, span_type(found), False, found)


def _type(value: ast.Plain, faults: Faults, span: Span) -> Type:
    match value:
        case bool():
            return Type.BOOLEAN
        case str():
            return Type.KEYWORD
        case float():
            return Type.DOUBLE
        case int() if -_INT32_MAX - 1 <= value <= _INT32_MAX:
            return Type.INTEGER
        case int() if -_INT64_MAX - 1 <= value <= _INT64_MAX:
            return Type.LONG
        case int() if 0 <= value <= _UINT64_MAX:
            return Type.UNSIGNED_LONG
    raise faults.at(span, "the number is too large", "whole numbers have up to 64 bits")
