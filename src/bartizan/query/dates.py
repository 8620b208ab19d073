"""Date literals: ISO 8601 of any precision, epoch milliseconds, and Elasticsearch's date math (`now-30d/d`).

A literal names an interval, not an instant (`2024-01-02` is that whole day); what a bound means follows from it:
`>=` its start, `>` after its end, `<` before its start, `<=` its end. Source: Elasticsearch's range query.
"""

import calendar
import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

RESOLUTION = timedelta(milliseconds=1)
"""Events carry milliseconds, so an interval ends one before the next begins."""

EARLIEST = datetime(1900, 1, 1, tzinfo=UTC)
LATEST = datetime(2299, 12, 31, 23, 59, 59, 999000, tzinfo=UTC)
"""What ClickHouse's `DateTime64(3)` holds; literals beyond are moved to the nearer end."""

_ISO = re.compile(
    r"(?P<year>\d{4})(?:-(?P<month>\d{2})(?:-(?P<day>\d{2})"
    r"(?:[T ](?:(?P<hour>\d{2})(?::(?P<minute>\d{2})(?::(?P<second>\d{2})(?:[.,](?P<fraction>\d{1,9}))?)?)?)?"
    r"(?P<zone>Z|[+-]\d{2}(?::?\d{2})?)?)?)?)?",
    re.ASCII,
)
_EPOCH_MS = re.compile(r"-?\d{5,15}", re.ASCII)
_MATH = re.compile(r"([+-])(\d{1,6})([yMwdhHms])|/([yMwdhHms])", re.ASCII)
_UNITS = {"y": "year", "M": "month", "w": "week", "d": "day", "h": "hour", "H": "hour", "m": "minute", "s": "second"}
_STEPS = {"week": timedelta(weeks=1), "day": timedelta(days=1), "hour": timedelta(hours=1)} | {
    "minute": timedelta(minutes=1),
    "second": timedelta(seconds=1),
    "instant": RESOLUTION,
}


@dataclass(frozen=True, slots=True)
class Interval:
    """From `start` to `end`, both included, in UTC."""

    start: datetime
    end: datetime


def read_date(text: str, now: datetime) -> Interval | None:
    """The interval that `text` names, with `now` as the present; None if it is no date."""
    try:
        interval = _read(text.strip(), now)
    except (ValueError, OverflowError):
        return None
    return interval and Interval(_clamp(interval.start), _clamp(interval.end))


def _read(text: str, now: datetime) -> Interval | None:
    if text.startswith("now"):
        anchor: tuple[datetime, str] | None = now.astimezone(UTC), "instant"
        math = text[3:]
    else:
        written, _, math = text.partition("||")
        anchor = _anchor(written)
    return None if anchor is None else _calculate(_clamp(anchor[0]), anchor[1], math)


def _anchor(text: str) -> tuple[datetime, str] | None:
    """The first instant that `text` names, and how wide what it names is."""
    if _EPOCH_MS.fullmatch(text):
        return datetime(1970, 1, 1, tzinfo=UTC) + timedelta(milliseconds=int(text)), "instant"
    found = _ISO.fullmatch(text)
    if found is None:
        return None
    given = found.groupdict()
    numbers = [int(given[unit] or least) for unit, least in zip(_PARTS, (1, 1, 1, 0, 0, 0), strict=True)]
    microseconds = int(((given["fraction"] or "0") + "000000")[:6])
    year, month, day, hour, minute, second = numbers
    local = datetime(year, month, day, hour, minute, second, microseconds, tzinfo=UTC)
    width = "instant" if given["fraction"] else [unit for unit in _PARTS if given[unit]][-1]
    return local - _offset(given["zone"]), width


_PARTS = ("year", "month", "day", "hour", "minute", "second")


def _offset(zone: str | None) -> timedelta:
    if zone in (None, "Z"):
        return timedelta()
    assert zone is not None
    digits = zone[1:].replace(":", "")
    offset = timedelta(hours=int(digits[:2]), minutes=int(digits[2:] or 0))
    return -offset if zone[0] == "-" else offset


def _calculate(start: datetime, width: str, math: str) -> Interval | None:
    position = 0
    while position < len(math):
        step = _MATH.match(math, position)
        if step is None:
            return None
        sign, count, unit, rounded = step.groups()
        if rounded:
            width = _UNITS[rounded]
            start = _floor(start, width)
        else:
            start = _move(start, _UNITS[unit], int(count) if sign == "+" else -int(count))
        position = step.end()
    return Interval(start, _move(start, width, 1) - RESOLUTION)


def _floor(moment: datetime, unit: str) -> datetime:
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0)
    match unit:
        case "year":
            return day.replace(month=1, day=1)
        case "month":
            return day.replace(day=1)
        case "week":
            return day - timedelta(days=day.weekday())
        case "day":
            return day
        case "hour":
            return moment.replace(minute=0, second=0, microsecond=0)
        case "minute":
            return moment.replace(second=0, microsecond=0)
        case _:
            return moment.replace(microsecond=0)


def _move(moment: datetime, unit: str, count: int) -> datetime:
    if unit in _STEPS:
        return moment + _STEPS[unit] * count
    months = moment.year * 12 + moment.month - 1 + count * (12 if unit == "year" else 1)
    year, month = divmod(months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return moment.replace(year=year, month=month + 1, day=min(moment.day, last_day))


def _clamp(moment: datetime) -> datetime:
    return min(max(moment, EARLIEST), LATEST)
