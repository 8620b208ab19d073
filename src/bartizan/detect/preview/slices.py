"""How many events a period has, and its parts that a shared scan looks at one after the other."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass

from bartizan.detect.arrivals import Span, Window
from bartizan.detect.ledger import BEGINNING
from bartizan.detect.preview.period import Period
from bartizan.engine.base import Engine, Value, rows
from bartizan.engine.statements import fixed
from bartizan.query.budget import Budget, kept

END = "2299-01-01 00:00:00.000"

SLICE_EVENTS = 1_000_000
"""Events of a stream that are looked at in one statement, if time can tell them apart."""

_COUNTS = """
SELECT intDiv(toUnixTimestamp64Milli(`@timestamp`), {bucket_ms: Int64}) AS bucket, count() AS events
FROM {table: Identifier}
WHERE `@timestamp` >= fromUnixTimestamp64Milli({start_ms: Int64}, 'UTC')
    AND `@timestamp` < fromUnixTimestamp64Milli({end_ms: Int64}, 'UTC')
GROUP BY bucket ORDER BY bucket
"""


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a stream in event time, whenever it arrived."""

    window: Window
    events: int


def everything(stream: str, span: Span) -> Window:
    """All that is stored of a span of event time."""
    return Window(stream, BEGINNING, END, span)


def slices_of(engine: Engine, stream: str, period: Period, budget: Budget) -> list[Slice]:
    """The parts of a stream that have events."""
    parameters: dict[str, Value] = {
        "table": stream,
        "bucket_ms": period.bucket_ms,
        "start_ms": period.start_ms,
        "end_ms": period.end_ms,
    }
    with kept(budget):
        found = rows(engine, fixed(_COUNTS), parameters, settings=budget.settings())
    counts = {int(row["bucket"]): int(row["events"]) for row in found}
    return [Slice(everything(stream, span), events) for span, events in _parts(counts, period)]


def _parts(counts: Mapping[int, int], period: Period) -> Iterator[tuple[Span, int]]:
    """Neighbouring buckets together, as long as they have no more than `SLICE_EVENTS`."""
    first, last, events = None, 0, 0
    for number, own in counts.items():
        if first is not None and events + own > SLICE_EVENTS:
            yield _span(first, last, period), events
            first, events = None, 0
        first, last, events = number if first is None else first, number, events + own
    if first is not None:
        yield _span(first, last, period), events


def _span(first: int, last: int, period: Period) -> Span:
    start_ms, end_ms = first * period.bucket_ms, (last + 1) * period.bucket_ms
    return Span(max(start_ms, period.start_ms), min(end_ms, period.end_ms))
