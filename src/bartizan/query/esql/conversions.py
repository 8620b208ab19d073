"""Values of one type as another: `x::type`, `TO_TYPE(x)`, and what constants become beside typed columns.

What can't be converted is null (elastic.co, ES|QL "Type conversion functions"). Several values are converted each.
"""

from collections.abc import Callable, Mapping
from datetime import datetime

from sqlglot import exp

from bartizan.query.dates import read_date
from bartizan.query.esql.typed import (
    CLICKHOUSE,
    MISSING,
    NUMBERS,
    TEXTS,
    Env,
    Mistake,
    TimeSpan,
    Tree,
    Type,
    Typed,
    cast,
    null,
    number,
)
from bartizan.query.sql import call, each, text
from bartizan.query.values import read_address, read_boolean, read_number

Convert = Callable[[Tree], Tree]
"""One value (possibly NULL) of a type as a Nullable value of another."""

_NAMES: Mapping[str, Type] = {
    **{one.value: one for one in Type if one is not Type.NULL},
    "string": Type.KEYWORD,
    "int": Type.INTEGER,
    "bool": Type.BOOLEAN,
    "date": Type.DATETIME,
    "timespan": Type.TIME_DURATION,
}


def type_named(name: str) -> Type | None:
    """The type that `::name` means."""
    return _NAMES.get(name.lower())


def convert(typed: Typed, to: Type, env: Env) -> Typed:
    """`typed` as `to`. Raises `Mistake` where no value could ever be converted."""
    if typed.type is Type.NULL:
        return null(to)
    if to is Type.TEXT:
        to = Type.KEYWORD
    if typed.type is to:
        return typed
    if to in (Type.DATE_PERIOD, Type.TIME_DURATION):
        return _span(typed, to, env)
    own = _CONVERSIONS.get((_family(typed.type), to))
    if own is None:
        raise Mistake(f"{typed.type} values can't become {to} ones")
    kept = to in NUMBERS and typed.type in NUMBERS
    return Typed(_each(typed, own, to), to, typed.many, typed.constant if kept else MISSING)


def _each(typed: Typed, own: Convert, to: Type) -> Tree:
    if not typed.many:
        return own(typed.tree.copy())
    mapped = call("arrayMap", each("_c", own), typed.tree.copy())
    known = call("arrayFilter", each("_f", lambda value: call("isNotNull", value)), mapped)
    return cast(known, f"Array({CLICKHOUSE[to]})")


def coerced(typed: Typed, to: Type, env: Env) -> Typed | None:
    """A constant text as the type of what it is compared with; None if there is no need, or it is none of that type.

    Raises `Mistake` for a text that is no value of that type.
    """
    if typed.constant is MISSING or typed.type not in TEXTS or to in TEXTS:
        return None
    read = _read_constant(str(typed.constant), to, env)
    if read is None:
        raise Mistake(f"`{typed.constant}` is no {to} value", "write a value of that type, or convert the column")
    return read


def _read_constant(value: str, to: Type, env: Env) -> Typed | None:
    match to:
        case Type.IP:
            address = read_address(value)
            return None if address is None else Typed(env.binder.scalar(address), to, constant=value)
        case Type.DATETIME:
            date = read_date(value, env.now)
            return None if date is None else Typed(env.binder.scalar(date.start), to, constant=date.start)
        case Type.BOOLEAN:
            flag = read_boolean(value.lower())
            return None if flag is None else Typed(env.binder.scalar(flag), to, constant=flag)
        case Type.VERSION:
            return Typed(env.binder.scalar(value), to, constant=value)
        case _ if to in NUMBERS:
            found = read_number(value)
            return None if found is None else Typed(env.binder.scalar(found), _number_type(found), constant=found)
        case _:
            return None


def _number_type(value: int | float) -> Type:
    if isinstance(value, float):
        return Type.DOUBLE
    return Type.INTEGER if abs(value) < 2**31 else Type.LONG


def instant(value: datetime, env: Env) -> Typed:
    """A constant time."""
    return Typed(env.binder.scalar(value), Type.DATETIME, constant=value)


def _span(typed: Typed, to: Type, env: Env) -> Typed:
    del env
    if typed.constant is MISSING or not isinstance(typed.constant, str):
        raise Mistake(f"only a constant text can become a {to}", 'write it as "5 minutes"')
    count, _, unit = typed.constant.strip().partition(" ")
    try:
        span = time_span(int(count), unit.strip())
    except ValueError as error:
        raise Mistake(f"`{typed.constant}` is no span of time", "write it as `5 minutes`") from error
    own = span_type(span)
    if own is not to:
        raise Mistake(f"`{typed.constant}` is a {own}, not a {to}")
    return Typed(exp.Null(), to, constant=span)


_MS = {"millisecond": 1, "second": 1000, "minute": 60_000, "hour": 3_600_000, "day": 86_400_000, "week": 604_800_000}
_MONTHS = {"month": 1, "quarter": 3, "year": 12}
_ABBREVIATIONS = {
    **dict.fromkeys(("ms",), "millisecond"),
    **dict.fromkeys(("s", "sec"), "second"),
    **dict.fromkeys(("m", "min"), "minute"),
    "h": "hour",
    "d": "day",
    "w": "week",
    "mo": "month",
    "q": "quarter",
    **dict.fromkeys(("y", "yr"), "year"),
}


def time_span(count: int, unit: str) -> TimeSpan:
    """`5 minutes` and the like (elastic.co, "Timespan literals"). Raises `ValueError` for an unknown unit."""
    name = unit.lower()
    name = _ABBREVIATIONS.get(name, name.removesuffix("s"))
    if name in _MS:
        return TimeSpan(0, count * _MS[name], name, count)
    if name in _MONTHS:
        return TimeSpan(count * _MONTHS[name], 0, name, count)
    raise ValueError(unit)


def span_type(span: TimeSpan) -> Type:
    """Whether a span is a period of the calendar or a duration."""
    return Type.DATE_PERIOD if span.months or span.unit in ("day", "week") else Type.TIME_DURATION


def _family(type: Type) -> Type:
    return Type.KEYWORD if type is Type.TEXT else type


def _or_null(clickhouse_type: str) -> Convert:
    return lambda value: call("accurateCastOrNull", value, text(clickhouse_type))


def _number_from_text(type: Type) -> Convert:
    if type is Type.DOUBLE:
        return lambda value: call("toFloat64OrNull", call("trimBoth", value))
    return lambda value: _rounded(call("toFloat64OrNull", call("trimBoth", value)), type, value)


def _rounded(number_tree: Tree, type: Type, source: Tree) -> Tree:
    """Whole numbers are read exactly, others are rounded as doubles are."""
    exact = call(f"to{CLICKHOUSE[type]}OrNull", call("trimBoth", source.copy()))
    return call("coalesce", exact, _whole_from_double(type)(number_tree))


def _whole_from_double(type: Type) -> Convert:
    """To the nearest, a half up, as Java's `Math.round`."""
    half = exp.Literal.number("0.5")
    return lambda value: call(
        "accurateCastOrNull", call("floor", call("plus", value, half.copy())), text(CLICKHOUSE[type])
    )


def _milliseconds_as(type: Type) -> Convert:
    milliseconds = "toUnixTimestamp64Milli"
    return lambda value: call("accurateCastOrNull", call(milliseconds, value), text(CLICKHOUSE[type]))


def _from_milliseconds(value: Tree) -> Tree:
    whole = call("accurateCastOrNull", value, text("Int64"))
    return cast(call("fromUnixTimestamp64Milli", whole, text("UTC")), f"Nullable({CLICKHOUSE[Type.DATETIME]})")


def date_text(value: Tree) -> Tree:
    """A time as ES|QL shows it: `2024-05-01T10:00:00.000Z`."""
    return call("formatDateTimeInJodaSyntax", value, text("yyyy-MM-dd'T'HH:mm:ss.SSS'Z'"))


def _address_text(value: Tree) -> Tree:
    return call("replaceRegexpOne", call("toString", value), text(r"^::ffff:(\d+\.\d+\.\d+\.\d+)$"), text(r"\1"))


def _double_text(value: Tree) -> Tree:
    """A whole double keeps its `.0`, as Java writes it."""
    shown = call("toString", value)
    return call("if", call("match", shown.copy(), text(r"^-?\d+$")), call("concat", shown.copy(), text(".0")), shown)


def _boolean_from_text(value: Tree) -> Tree:
    return call(
        "if", call("isNull", value), exp.Null(), exp.EQ(this=call("lowerUTF8", value.copy()), expression=text("true"))
    )


_ISO = r"^\d{4}(?:-\d\d(?:-\d\d(?:[T ]\d\d(?::\d\d(?::\d\d(?:[.,]\d{1,9})?)?)?(?:Z|[+-]\d\d(?::?\d\d)?)?)?)?)?$"


def _date_from_text(value: Tree) -> Tree:
    """ISO 8601 from the year on, as `strict_date_optional_time`; null for other shapes."""
    is_iso = call("match", value, text(_ISO))
    padded = call(
        "replaceRegexpOne",
        call("replaceRegexpOne", value.copy(), text(r"^(\d{4})$"), text(r"\1-01")),
        text(r"^(\d{4}-\d\d)$"),
        text(r"\1-01"),
    )
    return call("if", is_iso, call("parseDateTime64BestEffortOrNull", padded, number(3), text("UTC")), exp.Null())


def _point_from_text(value: Tree) -> Tree:
    """`POINT (x y)` in its usual form; null for other shapes."""
    found = r"(?i)^\s*POINT\s*\(\s*(-?[0-9.]+(?:[eE][-+]?\d+)?)\s+(-?[0-9.]+(?:[eE][-+]?\d+)?)\s*\)\s*$"
    is_point = call("match", value.copy(), text(found))
    parts = call("extractGroups", call("ifNull", value.copy(), text("")), text(found))
    shown = call(
        "concat",
        text("POINT ("),
        _double_text(call("toFloat64OrZero", call("arrayElement", parts.copy(), number(1)))),
        text(" "),
        _double_text(call("toFloat64OrZero", call("arrayElement", parts.copy(), number(2)))),
        text(")"),
    )
    return call("if", is_point, call("toNullable", shown), exp.Null())


def _to_string(value: Tree) -> Tree:
    return call("toString", value)


_NUMERIC = (Type.INTEGER, Type.LONG, Type.UNSIGNED_LONG, Type.DOUBLE)
_CONVERSIONS: Mapping[tuple[Type, Type], Convert] = {
    **{(Type.KEYWORD, type): _number_from_text(type) for type in _NUMERIC},
    **{
        (source, target): _or_null(CLICKHOUSE[target]) for source in _NUMERIC for target in _NUMERIC if source != target
    },
    **{(Type.DOUBLE, target): _whole_from_double(target) for target in _NUMERIC if target is not Type.DOUBLE},
    **{(source, Type.KEYWORD): _to_string for source in (Type.INTEGER, Type.LONG, Type.UNSIGNED_LONG)},
    **{(source, Type.KEYWORD): _to_string for source in (Type.BOOLEAN, Type.VERSION, Type.GEO_POINT)},
    (Type.DOUBLE, Type.KEYWORD): _double_text,
    (Type.IP, Type.KEYWORD): _address_text,
    (Type.DATETIME, Type.KEYWORD): date_text,
    (Type.KEYWORD, Type.BOOLEAN): _boolean_from_text,
    **{(source, Type.BOOLEAN): (lambda value: exp.NEQ(this=value, expression=number(0))) for source in _NUMERIC},
    **{(Type.BOOLEAN, target): _or_null(CLICKHOUSE[target]) for target in _NUMERIC},
    (Type.KEYWORD, Type.DATETIME): _date_from_text,
    **{(source, Type.DATETIME): _from_milliseconds for source in _NUMERIC},
    **{(Type.DATETIME, target): _milliseconds_as(target) for target in _NUMERIC},
    (Type.KEYWORD, Type.IP): lambda value: call("toIPv6OrNull", value),
    (Type.KEYWORD, Type.VERSION): lambda value: value,
    (Type.KEYWORD, Type.GEO_POINT): _point_from_text,
}
"""How a value of one type becomes one of another."""
