"""What is new to a rule: a range of each stream it reads in ingest order, and where in event time that lies.

A rule that looks at more than one event reads, beside the new events, those around them in event time that were there
before. What it reads is given as conditions of the IR, one for each stream.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from bartizan.engine.base import Value
from bartizan.query import ir
from bartizan.query.sequence.arrived import Completeness

INGESTED = ir.FieldRef("event.ingested", ir.Kind.DATE)
TIMESTAMP = "@timestamp"
EVERY = ir.Constant(True)
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_LAST = datetime(2299, 12, 31, tzinfo=UTC)
"""The end of what `DateTime64(3)` can hold (clickhouse.com, data type DateTime64)."""
_FOREVER_MS = int(_LAST.timestamp() * 1000)


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """Event time from `start_ms` to before `end_ms`, milliseconds since 1970."""

    start_ms: int
    end_ms: int

    def around(self, before_ms: int, after_ms: int) -> "Span":
        """The span with so much more on both sides."""
        return Span(self.start_ms - before_ms, self.end_ms + after_ms)


@dataclass(frozen=True, slots=True)
class Window:
    """A range of a stream in ingest order: after one instant, up to and including another (ClickHouse date texts)."""

    stream: str
    after: str
    until: str
    event_time: Span | None = None
    """When events must have happened to be looked for, for previews; None takes all."""

    def parameters(self) -> dict[str, Value]:
        """The range as bound parameters."""
        own: dict[str, Value] = {"after": self.after, "until": self.until}
        if self.event_time is None:
            return own
        return {**own, "start_ms": self.event_time.start_ms, "end_ms": self.event_time.end_ms}

    @property
    def new(self) -> ir.Expr:
        """Events of the range."""
        return ir.Range(INGESTED, ir.Bound(instant(self.after), False), ir.Bound(instant(self.until), True))

    @property
    def known(self) -> ir.Expr:
        """Events up to the end of the range."""
        return ir.Range(INGESTED, None, ir.Bound(instant(self.until), True))

    @property
    def before(self) -> ir.Expr:
        """Events that were there before the range."""
        return ir.Range(INGESTED, None, ir.Bound(instant(self.after), True))


@dataclass(frozen=True, slots=True)
class Arrivals:
    """What is new to a rule."""

    windows: Mapping[str, Window]
    """The range of each stream that the rule reads."""
    spans: tuple[Span, ...]
    """Where the new events lie that the rule looks for."""
    complete: Completeness | None = None
    """Until when events were and are complete, for rules that time can make find something."""
    only: ir.Expr = EVERY
    """The events that count at all, for trials and previews."""
    since_ms: int = 0
    """From when on what is found counts, for previews: what lies before is there to look back at."""

    def with_time(self, span_ms: int) -> "Arrivals":
        """The same with what time alone can decide: since events were complete the last time, and so long before."""
        if self.complete is None:
            return self
        start_ms, end_ms = self.complete.until_ms[0], min(self.complete.before(float("inf")), _FOREVER_MS)
        passed = Span(max(int(start_ms) - span_ms, 0), int(end_ms) + 1)
        return replace(self, spans=merged([*self.spans, passed]))

    def known(self, before_ms: int, after_ms: int, timestamp: str = TIMESTAMP) -> dict[str, ir.Expr]:
        """Events around the new ones, those included, that have arrived."""
        near = during([span.around(before_ms, after_ms) for span in self.spans], timestamp)
        return {stream: ir.And((window.known, near, self.only)) for stream, window in self.windows.items()}

    def new(self) -> dict[str, ir.Expr]:
        """The new events."""
        return {stream: ir.And((window.new, self.only)) for stream, window in self.windows.items()}

    def before(self, before_ms: int, timestamp: str = TIMESTAMP) -> dict[str, ir.Expr]:
        """Events that were there before, from so long before the first new one on."""
        start_ms = min((span.start_ms for span in self.spans), default=0) - before_ms
        later = during([Span(start_ms, _FOREVER_MS)], timestamp)
        return {stream: ir.And((window.before, later, self.only)) for stream, window in self.windows.items()}


def during(spans: Iterable[Span], timestamp: str = TIMESTAMP) -> ir.Expr:
    """Events within one of `spans`."""
    field = ir.FieldRef(timestamp, ir.Kind.DATE)
    return ir.any_of(
        [
            ir.Range(field, ir.Bound(_instant_of(span.start_ms), True), ir.Bound(_instant_of(span.end_ms), False))
            for span in merged(spans)
        ]
    )


def merged(spans: Iterable[Span]) -> tuple[Span, ...]:
    """The same time in as few spans as can be, in order."""
    found: list[Span] = []
    for span in sorted(spans):
        if found and span.start_ms <= found[-1].end_ms:
            found[-1] = Span(found[-1].start_ms, max(found[-1].end_ms, span.end_ms))
        else:
            found.append(span)
    return tuple(found)


def bucket_spans(buckets: Sequence[int], span_ms: int) -> tuple[Span, ...]:
    """The time of whole spans, given by their numbers since 1970."""
    return merged(Span(number * span_ms, (number + 1) * span_ms) for number in buckets)


def milliseconds(text: str) -> int:
    """The instant of a ClickHouse date text, milliseconds since 1970."""
    return int(instant(text).timestamp() * 1000)


def instant(text: str) -> datetime:
    """The instant of a ClickHouse date text in UTC."""
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def _instant_of(milliseconds: int) -> datetime:
    return min(max(_EPOCH + timedelta(milliseconds=max(milliseconds, 0)), _EPOCH), _LAST)
