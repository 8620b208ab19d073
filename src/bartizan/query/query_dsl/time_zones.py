"""Dates of a range in a time zone: what a literal without one means, and where `now/d` begins."""

import re
from datetime import UTC, datetime, timedelta, timezone, tzinfo
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from bartizan.query.dates import Interval, read_date
from bartizan.query.operators import UnfitValue

_OFFSET = re.compile(r"([+-])(\d{2}):?(\d{2})?", re.ASCII)
_OWN_ZONE = re.compile(r"T[\d:.,]*(?:Z|[+-]\d{2}(?::?\d{2})?)$|^-?\d{5,15}$", re.ASCII)
_NAME = re.compile(r"[A-Za-z][\w+-]*(?:/[\w+-]+){0,2}", re.ASCII)


def read_zone(name: str) -> tzinfo | None:
    """The zone of an offset (`+01:00`) or a name (`Europe/Berlin`); None if it is neither."""
    if name in ("Z", "UTC"):
        return UTC
    found = _OFFSET.fullmatch(name)
    if found:
        distance = timedelta(hours=int(found[2]), minutes=int(found[3] or 0))
        return timezone(-distance if found[1] == "-" else distance) if distance < timedelta(hours=24) else None
    try:
        return ZoneInfo(name) if _NAME.fullmatch(name) else None
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def in_zone(text: str, operator: str, zone: tzinfo, now: datetime) -> str:
    """The instant in UTC with which `operator text` compares. Raises `UnfitValue`.

    A literal with a zone of its own, and epoch milliseconds, keep their meaning.
    """
    anchor, _, math = text.partition("||")
    if _OWN_ZONE.search(anchor):
        if math:
            raise UnfitValue("date math on a literal with a zone of its own", "leave `time_zone` out")
        return text
    local = read_date(text, now.astimezone(zone).replace(tzinfo=UTC))
    return text if local is None else _end(local, operator, zone)


def _end(local: Interval, operator: str, zone: tzinfo) -> str:
    moment = local.end if operator in (">", "<=") else local.start
    try:
        shifted = moment.replace(tzinfo=zone).astimezone(UTC)
    except OverflowError:
        shifted = moment
    return shifted.isoformat(timespec="milliseconds").replace("+00:00", "Z")
