"""The shared scan: one pass over a stream for all rules that read it, giving each event that matches with its rules.

A predicate costs its analysis whatever the data (about a millisecond), so rules that can't match are left out first:
the distinct values of a few columns of the range tell which. For rules that look at more than one event, another pass
tells where in event time there are new events for them: without any they needn't be looked at on their own.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp, parse_one

from bartizan.detect.arrivals import TIMESTAMP, Span, Window, bucket_spans
from bartizan.detect.findings import Cut
from bartizan.detect.plan import CHOOSING_FIELDS, Planned
from bartizan.engine.base import READ_ONLY, Engine, Value, rows
from bartizan.query.binder import Binder
from bartizan.query.compile import predicate
from bartizan.query.schema import Schema
from bartizan.query.sql import call, column, named

MATCHED = "rule.number"
"""Column of a scan's rows: which of the scan's rules the event matches."""

_TEXTS = ("String", "LowCardinality(String)")
"""Types of columns whose values rules can be chosen by."""

MAX_VALUES = 20_000
"""Distinct combinations of the choosing columns that are looked at; with more, every rule is scanned for."""

MAX_SPANS = 2_000
"""Spans of event time that are told apart for a rule; more are given as one from the first to the last."""

_RANGE = """
`event.ingested` > {after: DateTime64(3, 'UTC')} AND `event.ingested` <= {until: DateTime64(3, 'UTC')}
"""

_EVENT_TIME = """
`@timestamp` >= fromUnixTimestamp64Milli({start_ms: Int64}, 'UTC')
    AND `@timestamp` < fromUnixTimestamp64Milli({end_ms: Int64}, 'UTC')
"""


@dataclass(frozen=True, slots=True)
class Match:
    """An event and a rule that it matches."""

    planned: Planned
    row: Mapping[str, Any]


def choose(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> list[Planned]:
    """The rules that can match in the window, by the values that are present in it."""
    columns = schema.streams[window.stream]
    fields = [field for field in CHOOSING_FIELDS if columns.get(field) in _TEXTS]
    if not fields or not any(plan.required for plan in planned):
        return list(planned)
    query = _from(window.stream).select(*map(column, fields)).where(_range(window)).distinct().limit(MAX_VALUES + 1)
    present = rows(engine, query, window.parameters(), settings=READ_ONLY)
    if len(present) > MAX_VALUES:
        return list(planned)
    return [plan for plan in planned if any(_possible(plan, values) for values in present)]


def scan(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> Iterator[Match | Cut]:
    """Every match in the window, at most `max_alerts` for each rule, then a `Cut` for each rule that had more."""
    if not planned:
        return
    predicates, parameters = predicates_of(window, planned, schema)
    limit = max(plan.rule.max_alerts for plan in planned)
    counts = [0] * len(planned)
    for row in rows(engine, _scan_query(window, predicates, limit), parameters, settings=READ_ONLY):
        number = row.pop(MATCHED) - 1
        counts[number] += 1
        if counts[number] <= planned[number].rule.max_alerts:
            yield Match(planned[number], row)
    full = [number for number, count in enumerate(counts) if count >= planned[number].rule.max_alerts]
    if full:
        yield from _cuts(engine, window, [planned[n] for n in full], [predicates[n] for n in full], parameters)


def spans(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> list[tuple[Span, ...]]:
    """For each of the rules, where in event time the window has events that it looks for."""
    if not planned:
        return []
    predicates, parameters = predicates_of(window, planned, schema)
    time_ms = call("toUnixTimestamp64Milli", column(TIMESTAMP))
    shown: list[exp.Expression] = []
    for number, (plan, holds) in enumerate(zip(planned, predicates, strict=True)):
        bucket = call("intDiv", time_ms.copy(), exp.Literal.number(max(plan.span_ms, 1)))
        most = exp.Literal.number(MAX_SPANS + 1)
        numbers = exp.ParameterizedAgg(this="groupUniqArrayIf", expressions=[most], params=[bucket, holds.copy()])
        ends = [call(name, bucket.copy(), holds.copy()) for name in ("minIf", "maxIf")]
        shown.append(named(call("tuple", numbers, *ends), f"rule {number}"))
    query = _from(window.stream).select(*shown)
    query.set("prewhere", exp.PreWhere(this=exp.and_(_range(window), exp.or_(*(p.copy() for p in predicates)))))
    found = rows(engine, query, parameters, settings=READ_ONLY)[0]
    return [_spans_of(found[f"rule {number}"], plan.span_ms) for number, plan in enumerate(planned)]


def _spans_of(found: Sequence[Any], span_ms: int) -> tuple[Span, ...]:
    numbers, first, last = found
    if len(numbers) > MAX_SPANS:
        return (Span(int(first) * span_ms, (int(last) + 1) * span_ms),)
    return bucket_spans([int(number) for number in numbers], max(span_ms, 1))


def predicates_of(
    window: Window, planned: Sequence[Planned], schema: Schema
) -> tuple[list[exp.Expression], dict[str, Value]]:
    """What each of the rules asks of an event, as conditions, and what they and the window bind."""
    binder, narrow = Binder("r"), schema.narrow(window.stream)
    predicates: list[exp.Expression] = [predicate(plan.expr, narrow, binder) for plan in planned]
    return predicates, {name: parameter.value for name, parameter in binder.params.items()} | window.parameters()


def matching(window: Window, predicates: Sequence[exp.Expr]) -> exp.Select:
    """A row for each event of the window and predicate that it fulfils; `MATCHED` is the predicate's number, from 1."""
    numbered = [
        exp.Mul(this=exp.paren(p.copy()), expression=exp.Literal.number(n)) for n, p in enumerate(predicates, 1)
    ]
    matched = exp.func("arrayFilter", _is_set(), exp.Array(expressions=numbered))
    query = _from(window.stream).select(exp.func("arrayJoin", matched).as_(MATCHED, quoted=True))
    any_of = exp.or_(*(p.copy() for p in predicates))
    query.set("prewhere", exp.PreWhere(this=exp.and_(_range(window), any_of)))
    return query


def _scan_query(window: Window, predicates: Sequence[exp.Expr], limit: int) -> exp.Select:
    """Only the columns in predicates are read for events that match nothing: PREWHERE is evaluated first."""
    query = matching(window, predicates).select("*")
    query.set("limit", exp.Limit(expression=exp.Literal.number(limit + 1), expressions=[column(MATCHED)]))
    return query


def _cuts(
    engine: Engine,
    window: Window,
    planned: Sequence[Planned],
    predicates: Sequence[exp.Expr],
    parameters: Mapping[str, Value],
) -> Iterator[Cut]:
    counts = [exp.func("countIf", p.copy()).as_(f"rule {n}", quoted=True) for n, p in enumerate(predicates)]
    query = _from(window.stream).select(*counts).where(_range(window))
    counted = rows(engine, query, parameters, settings=READ_ONLY)[0]
    for number, plan in enumerate(planned):
        if counted[f"rule {number}"] > plan.rule.max_alerts:
            yield Cut(plan.rule, counted[f"rule {number}"])


def _possible(plan: Planned, values: Mapping[str, str]) -> bool:
    return all(values[field] in wanted for field, wanted in plan.required.items() if field in values)


def _is_set() -> exp.Lambda:
    number = exp.to_identifier("n")
    return exp.Lambda(this=exp.NEQ(this=number, expression=exp.Literal.number(0)), expressions=[number.copy()])


def _range(window: Window) -> exp.Expr:
    arrived = parse_one(_RANGE, dialect="clickhouse")
    return arrived if window.event_time is None else exp.and_(arrived, parse_one(_EVENT_TIME, dialect="clickhouse"))


def _from(stream: str) -> exp.Select:
    return exp.Select().from_(exp.Table(this=exp.to_identifier(stream, quoted=True)))
