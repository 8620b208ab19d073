"""Date literals name intervals, as Elasticsearch rounds them."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.query.dates import read_date

NOW = datetime(2024, 3, 31, 10, 20, 30, 400_000, tzinfo=UTC)


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2024", "2024-01-01T00:00:00.000", "2024-12-31T23:59:59.999"),
        ("2024-02", "2024-02-01T00:00:00.000", "2024-02-29T23:59:59.999"),
        ("2024-02-29", "2024-02-29T00:00:00.000", "2024-02-29T23:59:59.999"),
        ("2024-02-29T10", "2024-02-29T10:00:00.000", "2024-02-29T10:59:59.999"),
        ("2024-02-29T10:11Z", "2024-02-29T10:11:00.000", "2024-02-29T10:11:59.999"),
        ("2024-02-29T10:11:12", "2024-02-29T10:11:12.000", "2024-02-29T10:11:12.999"),
        ("2024-02-29T10:11:12.5Z", "2024-02-29T10:11:12.500", "2024-02-29T10:11:12.500"),
        ("2024-02-29T10:11:12.123456789+01:30", "2024-02-29T08:41:12.123", "2024-02-29T08:41:12.123"),
        ("1709203272000", "2024-02-29T10:41:12.000", "2024-02-29T10:41:12.000"),
        ("now", "2024-03-31T10:20:30.400", "2024-03-31T10:20:30.400"),
        ("now-1M", "2024-02-29T10:20:30.400", "2024-02-29T10:20:30.400"),
        ("now-30d/d", "2024-03-01T00:00:00.000", "2024-03-01T23:59:59.999"),
        ("now/w", "2024-03-25T00:00:00.000", "2024-03-31T23:59:59.999"),
        ("now/y+1h", "2024-01-01T01:00:00.000", "2025-01-01T00:59:59.999"),
        ("2023-01-31||+1M", "2023-02-28T00:00:00.000", "2023-02-28T23:59:59.999"),
        ("9999", "2299-12-31T23:59:59.999", "2299-12-31T23:59:59.999"),
    ],
)
def test_reads(text: str, start: str, end: str) -> None:
    interval = read_date(text, NOW)
    assert interval is not None
    shown = [
        moment.isoformat(timespec="milliseconds").removesuffix("+00:00") for moment in (interval.start, interval.end)
    ]
    assert shown == [start, end]


@pytest.mark.parametrize(
    "text", ["", "now+", "now-1", "now-1x", "2024-13-01", "2024-02-30", "noww", "24-01-01", "٢٠٢٤"]
)
def test_refuses(text: str) -> None:
    assert read_date(text, NOW) is None


@given(st.one_of(st.text(), st.from_regex(r"now([+-]\d{1,6}[yMwdhms]|/[yMwdhms])*", fullmatch=True)))
def test_never_fails(text: str) -> None:
    interval = read_date(text, NOW)
    assert interval is None or interval.start <= interval.end
