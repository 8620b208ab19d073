"""The range of event time that a preview looks at, and the buckets of its histograms."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from bartizan.detect.arrivals import Span
from bartizan.detect.errors import BadPeriod
from bartizan.query.dates import read_date

MAX_BUCKETS = 60
"""Buckets of a histogram at most: as many as a terminal and a chart show."""

_MINUTE_MS = 60_000
_DAY_MS = 86_400_000
BUCKETS_MS = tuple(
    unit * count
    for unit, counts in ((_MINUTE_MS, (1, 5, 10, 30, 60, 180, 360, 720)), (_DAY_MS, (1, 2, 7, 30, 90, 365)))
    for count in counts
)
"""Lengths of buckets, which people count in."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class Period:
    """Event time from `start_ms` to before `end_ms`, milliseconds since 1970; never empty."""

    start_ms: int
    end_ms: int

    @property
    def span(self) -> Span:
        """As a span."""
        return Span(self.start_ms, self.end_ms)

    @property
    def days(self) -> float:
        """How long it is."""
        return (self.end_ms - self.start_ms) / _DAY_MS

    @property
    def bucket_ms(self) -> int:
        """The shortest of `BUCKETS_MS` of which `MAX_BUCKETS` cover the period; the longest if none does."""
        length_ms = self.end_ms - self.start_ms
        return next((one for one in BUCKETS_MS if length_ms <= one * (MAX_BUCKETS - 1)), BUCKETS_MS[-1])

    @property
    def buckets(self) -> range:
        """The numbers since 1970 of the buckets that cover it."""
        return range(self.start_ms // self.bucket_ms, (self.end_ms - 1) // self.bucket_ms + 1)


def read_period(start: str, end: str, now: datetime) -> Period:
    """The period from one date or date math to another, excluded. Raises `BadPeriod` for what is no date or empty."""
    start_ms, end_ms = (_milliseconds(instant_of(*one, now)) for one in ((start, "from"), (end, "to")))
    if start_ms >= end_ms:
        raise BadPeriod(f"`{start}` is not before `{end}`", where="from", hint="`from` is earlier than `to`")
    return Period(max(start_ms, 0), max(end_ms, 1))


def date_of(milliseconds: int) -> str:
    """An instant as ISO 8601 in UTC, `2026-03-01T10:00:00Z`."""
    return (_EPOCH + timedelta(milliseconds=milliseconds)).isoformat().replace("+00:00", "Z")


def instant_of(text: str, name: str, now: datetime) -> datetime:
    """The start of what a date names; `name` says which it is. Raises `BadPeriod`."""
    read = read_date(text, now)
    if read is None:
        hint = "write 2026-11-24, 2026-11-24T10:00:00Z or now-30d"
        raise BadPeriod(f"`{text}` is no date", where=name, hint=hint)
    return read.start


def _milliseconds(instant: datetime) -> int:
    return int(instant.timestamp() * 1000)
