"""`eql` sequences and samples: events that follow each other, or one of each kind, with the same values of fields."""

from collections.abc import Iterator, Mapping
from dataclasses import replace
from typing import Any

from bartizan.detect.arrivals import Arrivals, instant, merged
from bartizan.detect.executor import Asking, Executor, Hit, Question, Row
from bartizan.detect.executors.found import MAX_EVENTS, asked, most, shared
from bartizan.detect.meaning import fields_of
from bartizan.detect.rule import Rule
from bartizan.detect.settings import HOUR_S, EqlSettings
from bartizan.query import ir
from bartizan.query.query_fields import ECS_FIELDS
from bartizan.query.sequence.arrived import Arrived
from bartizan.query.sequence.evaluate import evaluation
from bartizan.query.sequence.settings import MAX_SEQUENCES

_SEQUENCE = "event.sequence"


def _span_ms(rule: Rule, wanted: ir.Wanted) -> int:
    """How long a sequence may be: `maxspan`, or what the rule says where the query says nothing."""
    if isinstance(wanted.what, ir.Sequence) and wanted.what.maxspan_ms is not None:
        return wanted.what.maxspan_ms
    return 1000 * (rule.settings.span_s if isinstance(rule.settings, EqlSettings) else HOUR_S)


def _plan(asking: Asking) -> list[Question]:
    what, span_ms = asking.wanted.what, _span_ms(asking.rule, asking.wanted)
    assert isinstance(what, ir.Sequence | ir.Sample)
    fields = fields_of(asking.rule)
    tiebreaker = fields.tiebreaker if fields.tiebreaker != ECS_FIELDS.tiebreaker else _SEQUENCE
    arrivals = asking.arrivals.with_time(span_ms)
    around_ms = 2 * span_ms if arrivals.complete else span_ms
    settings = replace(
        asked(asking, arrivals.known(around_ms, around_ms, fields.timestamp)),
        timestamp=fields.timestamp,
        tiebreaker=tiebreaker if tiebreaker in asking.schema.columns else None,
        keeps=(*asking.wanted.keeps, ir.Keep(min(most(asking.rule), MAX_SEQUENCES), newest=False)),
        arrived=_arrived(asking, arrivals, around_ms) if isinstance(what, ir.Sequence) else None,
    )
    if isinstance(what, ir.Sequence) and what.maxspan_ms is None:
        what = replace(what, maxspan_ms=span_ms)
    return [evaluation(asking.schema, what, settings)]


def _arrived(asking: Asking, arrivals: Arrivals, around_ms: int) -> Arrived:
    """What is new. Whether an event is missing takes all events a sequence's length before and after: twice as much is
    read as for a sequence that is there."""
    views = merged(span.around(around_ms, around_ms) for span in arrivals.spans)
    return Arrived(_after_ms(asking), arrivals.complete, [(span.start_ms, span.end_ms) for span in views])


def _after_ms(asking: Asking) -> tuple[int, ...]:
    windows = asking.arrivals.windows
    return tuple(int(instant(windows[stream].after).timestamp() * 1000) for stream in asking.schema.streams)


def _hits(asking: Asking, rows: list[Row], more: list[Row]) -> Iterator[Hit]:
    timestamp = fields_of(asking.rule).timestamp
    for row in rows:
        events: list[Mapping[str, Any]] = row["events"]
        ids = tuple(str(event["event.id"]) for event in events)
        yield Hit(
            asking.rule,
            _identity(asking, row, ids),
            at=str(events[-1][timestamp]),
            start=str(events[0][timestamp]),
            fields=shared(events),
            events=ids[:MAX_EVENTS],
            count=len(events),
        )


def _identity(asking: Asking, row: Row, ids: tuple[str, ...]) -> tuple[str, ...]:
    """A sequence is its events in their order; a sample's are an example, so it is its keys and the day."""
    if isinstance(asking.wanted.what, ir.Sequence):
        return ("sequence", *ids)
    return ("sample", *(key or "" for key in row["keys"]), str(row["events"][-1]["@timestamp"])[:10])


def _can_lack_events(wanted: ir.Wanted) -> bool:
    return isinstance(wanted.what, ir.Sequence) and any(step.is_missing for step in wanted.what.steps)


EXECUTOR = Executor(span_ms=_span_ms, plan=_plan, hits=_hits, in_time=_can_lack_events)
