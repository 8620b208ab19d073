"""Periods as people write them, and the buckets of their histograms."""

from datetime import UTC, datetime

import pytest

from bartizan.detect.errors import BadPeriod
from bartizan.detect.preview.period import MAX_BUCKETS, Period, date_of, read_period

NOW = datetime(2026, 3, 1, 12, 30, tzinfo=UTC)
MINUTE_MS, HOUR_MS, DAY_MS = 60_000, 3_600_000, 86_400_000


@pytest.mark.parametrize(
    ("start", "end", "bucket_ms"),
    [
        ("now-10m", "now", MINUTE_MS),
        ("now-1h", "now", 5 * MINUTE_MS),
        ("now-24h", "now", 30 * MINUTE_MS),
        ("now-7d", "now", 3 * HOUR_MS),
        ("now-30d", "now", DAY_MS),
        ("now-90d", "now", 2 * DAY_MS),
        ("1970-01-01", "2299-01-01", 365 * DAY_MS),
    ],
)
def test_buckets_are_lengths_that_people_count_in(start: str, end: str, bucket_ms: int) -> None:
    period = read_period(start, end, NOW)
    assert period.bucket_ms == bucket_ms
    assert len(period.buckets) <= MAX_BUCKETS or bucket_ms == 365 * DAY_MS
    assert period.buckets[0] * bucket_ms <= period.start_ms < (period.buckets[0] + 1) * bucket_ms
    assert period.buckets[-1] * bucket_ms < period.end_ms <= (period.buckets[-1] + 1) * bucket_ms


def test_a_day_is_a_day() -> None:
    period = read_period("2026-02-01", "2026-02-02", NOW)
    assert (date_of(period.start_ms), period.days) == ("2026-02-01T00:00:00Z", 1.0)
    assert Period(0, 1).buckets == range(1)


@pytest.mark.parametrize(
    ("start", "end", "where", "said"),
    [
        ("yesterday", "now", "from", "`yesterday` is no date"),
        ("now-1d", "'; DROP", "to", "is no date"),
        ("now", "now-1d", "from", "is not before"),
        ("now", "now", "from", "is not before"),
    ],
)
def test_what_is_no_period_is_told(start: str, end: str, where: str, said: str) -> None:
    with pytest.raises(BadPeriod) as told:
        read_period(start, end, NOW)
    assert told.value.where == where
    assert said in told.value.message
