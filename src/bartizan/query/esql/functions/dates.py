"""Functions of dates (elastic.co, ES|QL "Date-time functions"). All times are UTC."""

import re
from collections.abc import Mapping

from sqlglot import exp

from bartizan.query.esql.conversions import coerced, date_text, instant
from bartizan.query.esql.functions.signature import DATE, NUMBER, SPAN, TEXT, Built, Function
from bartizan.query.esql.typed import CLICKHOUSE, Mistake, TimeSpan, Tree, Type, Typed, cast, null, number, one
from bartizan.query.sql import call, text

_DATES = DATE | TEXT
_UNITS = {
    **dict.fromkeys(("nanosecond", "nanoseconds", "ns"), ("nanosecond", 0)),
    **dict.fromkeys(("microsecond", "microseconds", "mcs"), ("microsecond", 0)),
    **dict.fromkeys(("millisecond", "milliseconds", "ms"), ("millisecond", 1)),
    **dict.fromkeys(("second", "seconds", "ss", "s"), ("second", 1000)),
    **dict.fromkeys(("minute", "minutes", "mi", "n"), ("minute", 60_000)),
    **dict.fromkeys(("hour", "hours", "hh"), ("hour", 3_600_000)),
    **dict.fromkeys(("weekday", "weekdays", "dw"), ("day", 86_400_000)),
    **dict.fromkeys(("day", "days", "dd", "d", "dayofyear", "dy", "y"), ("day", 86_400_000)),
    **dict.fromkeys(("week", "weeks", "wk", "ww"), ("week", 604_800_000)),
    **dict.fromkeys(("month", "months", "mm", "m"), ("month", 1)),
    **dict.fromkeys(("quarter", "quarters", "qq", "q"), ("quarter", 3)),
    **dict.fromkeys(("year", "years", "yyyy", "yy"), ("year", 12)),
}
"""Units of `DATE_DIFF` with their abbreviations: name, and milliseconds or months of one."""

_PARTS: Mapping[str, str] = {
    "aligned_day_of_week_in_month": "modulo(toDayOfMonth(d) - 1, 7) + 1",
    "day_of_month": "toDayOfMonth(d)",
    "day_of_week": "toDayOfWeek(d)",
    "day_of_year": "toDayOfYear(d)",
    "hour_of_day": "toHour(d)",
    "minute_of_hour": "toMinute(d)",
    "month_of_year": "toMonth(d)",
    "second_of_minute": "toSecond(d)",
    "year": "toYear(d)",
    "aligned_week_of_year": "intDiv(toDayOfYear(d) - 1, 7) + 1",
    "minute_of_day": "toHour(d) * 60 + toMinute(d)",
    "second_of_day": "toHour(d) * 3600 + toMinute(d) * 60 + toSecond(d)",
    "aligned_day_of_week_in_year": "modulo(toDayOfYear(d) - 1, 7) + 1",
    "aligned_week_of_month": "intDiv(toDayOfMonth(d) - 1, 7) + 1",
    "epoch_day": "toInt64(floor(toUnixTimestamp64Milli(d) / 86400000))",
    "era": "if(isNull(d), NULL, 1)",
    "instant_seconds": "toInt64(floor(toUnixTimestamp64Milli(d) / 1000))",
    "micro_of_day": "positiveModulo(toUnixTimestamp64Milli(d), 86400000) * 1000",
    "micro_of_second": "toMillisecond(d) * 1000",
    "milli_of_day": "positiveModulo(toUnixTimestamp64Milli(d), 86400000)",
    "nano_of_day": "positiveModulo(toUnixTimestamp64Milli(d), 86400000) * 1000000",
    "nano_of_second": "toMillisecond(d) * 1000000",
    "offset_seconds": "if(isNull(d), NULL, 0)",
    "year_of_era": "toYear(d)",
    "milli_of_second": "toMillisecond(d)",
    "proleptic_month": "toYear(d) * 12 + toMonth(d) - 1",
    "ampm_of_day": "intDiv(toHour(d), 12)",
    "hour_of_ampm": "modulo(toHour(d), 12)",
    "clock_hour_of_day": "if(toHour(d) = 0, 24, toHour(d))",
    "clock_hour_of_ampm": "if(modulo(toHour(d), 12) = 0, 12, modulo(toHour(d), 12))",
}
"""Java's `ChronoField`s as ClickHouse has them, `d` the time."""


def date_of(built: Built, index: int) -> Tree:
    """An argument that is a time, or a constant text of one. Raises `Mistake`."""
    typed = built.arguments[index]
    if typed.type is Type.NULL:
        return null(Type.DATETIME).tree
    time = coerced(typed, Type.DATETIME, built.env) or typed
    if time.type is not Type.DATETIME:
        raise Mistake(
            f"`{built.name.upper()}` takes a date here, not {time.type}", "convert it with `::datetime`", index
        )
    return one(time)


def _trunc(built: Built) -> Typed:
    return Typed(start_of(date_of(built, 1), span_of(built, 0)), Type.DATETIME)


def span_of(built: Built, index: int) -> TimeSpan:
    """An argument that is a span of time. Raises `Mistake`."""
    span = built.arguments[index].constant
    if not isinstance(span, TimeSpan) or (span.months <= 0 and span.milliseconds <= 0):
        raise Mistake("a span of time above zero was expected", "write `1 hour`", index)
    return span


def start_of(time: Tree, span: TimeSpan) -> Tree:
    """When the span that holds a time begins: months from January of year 1, weeks from Monday, others from 1970."""
    as_date = f"Nullable({CLICKHOUSE[Type.DATETIME]})"
    if span.months:
        months = call("minus", call("multiply", call("toYear", time), number(12)), number(12))
        whole = call("plus", months, call("minus", call("toMonth", time.copy()), number(1)))
        back = call("modulo", whole, number(span.months))
        return cast(call("addMonths", call("toStartOfMonth", time.copy()), call("negate", back)), as_date)
    milliseconds = call("toUnixTimestamp64Milli", time)
    # The first Monday is four days after 1 January 1970.
    shift = 345_600_000 if span.unit == "week" else 0
    moved = call("minus", milliseconds, number(shift))
    rest = call("positiveModulo", moved, number(span.milliseconds))
    started = call("minus", call("toUnixTimestamp64Milli", time.copy()), rest)
    return cast(call("fromUnixTimestamp64Milli", started, text("UTC")), as_date)


def _diff(built: Built) -> Typed:
    """How many whole units lie between two times; a part of one counts nothing."""
    unit, size = _UNITS.get(built.text(0).lower(), ("", 0))
    if not unit:
        raise Mistake(f"`{built.text(0)[:40]}` is no unit of time", "take `days`, `hours`, `minutes` or `seconds`", 0)
    start, end = date_of(built, 1), date_of(built, 2)
    if unit in ("month", "quarter", "year"):
        found = call("age", text(unit if unit != "quarter" else "month"), start, end)
        found = call("intDiv", found, number(3)) if unit == "quarter" else found
    else:
        apart = call("minus", call("toUnixTimestamp64Milli", end), call("toUnixTimestamp64Milli", start))
        factor = {"nanosecond": 1_000_000, "microsecond": 1000}.get(unit)
        found = call("multiply", apart, number(factor)) if factor else call("intDiv", apart, number(size))
    return Typed(call("accurateCastOrNull", found, text("Int32")), Type.INTEGER)


def _extract(built: Built) -> Typed:
    name = built.text(0).lower()
    part = _PARTS.get(name)
    if part is None:
        raise Mistake(f"`{built.text(0)[:40]}` is no part of a date", "take `year`, `month_of_year`, `hour_of_day`", 0)
    tree: Tree = exp.maybe_parse(part, dialect="clickhouse")
    for found in list(tree.find_all(exp.Column)):
        found.replace(date_of(built, 1))
    return Typed(call("toInt64", tree), Type.LONG)


_JODA = re.compile(r"'(?:[^']|'')*'|([A-Za-z])\1*|.", re.DOTALL)
_KNOWN = frozenset("yYuMdDEaHhKkmsSZzX")


def _pattern(written: str, place: int) -> str:
    """A Java pattern as ClickHouse's Joda functions take it. Raises `Mistake` for a letter that these don't know."""
    out = []
    for found in _JODA.finditer(written):
        piece = found.group()
        if found[1] and found[1] not in _KNOWN:
            raise Mistake(f"the pattern's letter `{found[1]}` is not supported", "use y M d E a H h m s S", place)
        out.append("y" * len(piece) if found[1] == "u" else "Z" if found[1] == "X" else piece)
    return "".join(out)


def _format(built: Built) -> Typed:
    """`DATE_FORMAT(pattern, time)`; ISO 8601 without a pattern."""
    if not built.has(1):
        return Typed(date_text(date_of(built, 0)), Type.KEYWORD)
    pattern = built.env.binder.scalar(_pattern(built.text(0), 0))
    return Typed(call("formatDateTimeInJodaSyntax", date_of(built, 1), pattern), Type.KEYWORD)


def _parse(built: Built) -> Typed:
    """`DATE_PARSE(pattern, text)`; null where the text doesn't fit."""
    as_date = f"Nullable({CLICKHOUSE[Type.DATETIME]})"
    if not built.has(1):
        return Typed(call("parseDateTime64BestEffortOrNull", built[0], number(3), text("UTC")), Type.DATETIME)
    pattern = _pattern(built.text(0), 0)
    function = "parseDateTime64InJodaSyntaxOrNull" if "S" in pattern else "parseDateTimeInJodaSyntaxOrNull"
    bound = built.env.binder.scalar(pattern)
    return Typed(cast(call(function, built[1], bound, text("UTC")), as_date), Type.DATETIME)


def _name(format_: str) -> Function:
    return Function(
        (_DATES,),
        lambda built: Typed(call("formatDateTimeInJodaSyntax", date_of(built, 0), text(format_)), Type.KEYWORD),
    )


def _now(built: Built) -> Typed:
    return instant(built.env.now, built.env)


DATES: Mapping[str, Function] = {
    "date_diff": Function((TEXT, _DATES, _DATES), _diff),
    "date_extract": Function((TEXT, _DATES), _extract),
    "date_format": Function((TEXT | DATE, _DATES), _format, optional=1),
    "date_parse": Function((TEXT, TEXT), _parse, optional=1),
    "date_trunc": Function((SPAN, _DATES), _trunc),
    "day_name": _name("EEEE"),
    "month_name": _name("MMMM"),
    "now": Function((), _now),
}
"""What each takes and gives."""


def _bucket(built: Built) -> Typed:
    """Where the bucket of a time or number begins: of a given size, or one of about so many between two ends."""
    first, size = built.arguments[0], built.arguments[1]
    if isinstance(size.constant, TimeSpan):
        if built.has(2):
            raise Mistake("`BUCKET` with a span takes no ends", "leave them out", 2)
        return Typed(start_of(date_of(built, 0), span_of(built, 1)), Type.DATETIME)
    if first.type is Type.DATETIME:
        return _date_buckets(built)
    if built.has(2) and not built.has(3):
        raise Mistake("`BUCKET` takes both ends or none", "write where the last bucket ends", 2)
    width = None if built.has(3) else built.constant(1)
    if built.has(3):
        low, high, count = (float(_plain(built, place)) for place in (2, 3, 1))
        if count < 1 or high <= low:
            raise Mistake("`BUCKET` takes how many buckets, and two ends in order", "write `BUCKET(x, 20, 0, 100)`", 1)
        width = _round_up((high - low) / count)
    if isinstance(width, bool) or not isinstance(width, int | float) or width <= 0:
        raise Mistake("a bucket's size is a number above zero", "", 1)
    bound = built.env.binder.scalar(float(width))
    lower = call("multiply", call("floor", call("divide", call("toFloat64", built[0]), bound)), bound.copy())
    return Typed(lower, Type.DOUBLE)


def _plain(built: Built, place: int) -> int | float:
    value = built.constant(place)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise Mistake("a number was expected", "", place)
    return value


def _round_up(width: float) -> float:
    """The least power of ten times 1, 2 or 5 that is not smaller."""
    step = 10.0**-12
    for power in range(-12, 19):
        for factor in (1, 2, 5):
            step = factor * 10.0**power
            if step >= width:
                return step
    return step


_STEPS = (
    *(
        (f"{n} {unit}", n * ms)
        for unit, ms, counts in (("second", 1000, (1, 5, 10, 30)), ("minute", 60_000, (1, 5, 10, 30)))
        for n in counts
    ),
    *((f"{n} hour", n * 3_600_000) for n in (1, 3, 12)),
    ("1 day", 86_400_000),
    ("1 week", 604_800_000),
)


def _date_buckets(built: Built) -> Typed:
    """The least readable span that makes no more than so many buckets between two times."""
    if not built.has(3):
        raise Mistake("`BUCKET` of a time takes a span, or how many buckets and both ends", "write `1 hour`", 1)
    ends = [coerced(built.arguments[place], Type.DATETIME, built.env) or built.arguments[place] for place in (2, 3)]
    times = [end.constant for end in ends]
    count = _plain(built, 1)
    if not all(hasattr(time, "timestamp") for time in times) or count < 1:
        raise Mistake("the ends of `BUCKET` are constant times", 'write them as "2024-05-01T00:00:00Z"', 2)
    width_ms = (times[1].timestamp() - times[0].timestamp()) * 1000 / count  # type: ignore[union-attr]
    for name, milliseconds in _STEPS:
        if milliseconds >= width_ms:
            return Typed(start_of(date_of(built, 0), TimeSpan(0, milliseconds, name.split()[1], 1)), Type.DATETIME)
    months = next((months for months in (1, 3, 12) if months * 2_419_200_000 >= width_ms), 12)
    return Typed(start_of(date_of(built, 0), TimeSpan(months)), Type.DATETIME)


BUCKETS: Mapping[str, Function] = {
    "bucket": Function((NUMBER | DATE, NUMBER | SPAN, _DATES | NUMBER, _DATES | NUMBER), _bucket, optional=2),
}
"""Grouping functions."""
