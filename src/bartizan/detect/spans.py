"""Where in event time there are new events for rules that look at more than one event: one pass over a stream for all
of them. Without any, a rule needn't be looked at on its own.

Events are first gathered by short intervals of time, each telling which rules look for something in it; spans of rules
are made of whole intervals. A set of spans for each rule and event would take more time than the conditions.
"""

from collections.abc import Iterator, Sequence
from math import gcd
from typing import Any

from sqlglot import exp

from bartizan.detect.arrivals import TIMESTAMP, Span, Window, bucket_spans
from bartizan.detect.plan import Planned
from bartizan.detect.window_sql import Conditions, conditions, together
from bartizan.engine.base import READ_ONLY, Engine, rows
from bartizan.query.schema import Schema
from bartizan.query.sql import call, column, named, number

MAX_SPANS = 2_000
"""Spans of event time that are told apart for a rule; more are given as one from the first to the last."""

_INTERVAL = "interval"


def spans(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> list[tuple[Span, ...]]:
    """For each of the rules, where in event time the window has events that it looks for."""
    found: dict[str, tuple[Span, ...]] = {}
    for part in together(planned):
        asked = conditions(window, part, schema)
        told = rows(engine, _query(asked, [*map(_length_ms, part)]), asked.parameters, settings=READ_ONLY)[0]
        found |= {plan.rule.id: _spans_of(told[_name(place)], _length_ms(plan)) for place, plan in enumerate(part)}
    return [found[plan.rule.id] for plan in planned]


def _length_ms(plan: Planned) -> int:
    return max(plan.span_ms, 1)


def _query(asked: Conditions, lengths_ms: Sequence[int]) -> exp.Select:
    interval_ms = gcd(*lengths_ms)
    time_ms = call("toUnixTimestamp64Milli", column(TIMESTAMP))
    interval = named(call("intDiv", time_ms, number(interval_ms)), _INTERVAL)
    has = (named(call("max", one.copy()), _name(place)) for place, one in enumerate(asked.each))
    gathered = asked.matching(interval, *has).group_by(column(_INTERVAL))
    told = _told([length_ms // interval_ms for length_ms in lengths_ms])
    return exp.select(*told).from_(gathered.subquery(alias="_gathered", copy=False))


def _told(intervals: Sequence[int]) -> Iterator[exp.Expression]:
    """For each rule the numbers of its spans, which are so many intervals long, up to `MAX_SPANS`; the first; the last.

    Division of the intervals' numbers rounds to 0 as that of the times does, so the spans are the same.
    """
    for place, length in enumerate(intervals):
        span, has = call("intDiv", column(_INTERVAL), number(length)), column(_name(place))
        most = exp.ParameterizedAgg(this="groupUniqArrayIf", expressions=[number(MAX_SPANS + 1)], params=[span, has])
        ends = (call(name, span.copy(), has.copy()) for name in ("minIf", "maxIf"))
        yield named(call("tuple", most, *ends), _name(place))


def _name(place: int) -> str:
    return f"rule {place}"


def _spans_of(found: Sequence[Any], length_ms: int) -> tuple[Span, ...]:
    numbers, first, last = found
    if len(numbers) > MAX_SPANS:
        return (Span(int(first) * length_ms, (int(last) + 1) * length_ms),)
    return bucket_spans([int(one) for one in numbers], length_ms)
