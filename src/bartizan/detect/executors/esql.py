"""`esql`: each row of a table is an alert.

A query whose rows are events is asked about new events. One that groups events is asked about whole spans of event
time, each once everything in it has arrived and again when something arrives late. The alert of a span is told from
others by its row's texts, addresses and dates, which are what rows are grouped by, while counts grow.
"""

from collections.abc import Iterable, Iterator, Mapping

from bartizan.detect.arrivals import Span, during
from bartizan.detect.executor import Asking, Chosen, Executor, Hit, Question, Row, Statement
from bartizan.detect.executors.found import date_of, event_hit, events_by_id
from bartizan.detect.meaning import Knowledge, beside
from bartizan.detect.rule import Rule
from bartizan.detect.settings import EsqlSettings
from bartizan.query import ir
from bartizan.query.esql.compile import compile_esql
from bartizan.query.esql.spans import NAME as SPAN
from bartizan.query.schema import Schema
from bartizan.query.table import CompiledTable, Reading

_ID = "_id"
_METADATA = ("_id", "_index", "_version", "_source", "_ignored", "_score")
MAX_SPANS = 10_000
"""Spans that one run asks about; what lies before them has been asked about when it arrived."""


def choose(rule: Rule, schema: Schema, known: Knowledge) -> Chosen:
    """The executor of the query, by whether its rows are events."""
    compiled = _compiled(rule, _lenient(rule, schema, schema.streams), known, {})
    own = _lenient(rule, schema, compiled.streams)
    wanted = ir.Wanted(compiled.necessary or ir.Constant(True))
    is_event = not compiled.is_grouped and any(column.name == _ID for column in compiled.columns)
    return Chosen(BY_EVENT if is_event else BY_SPAN, wanted, own)


def _lenient(rule: Rule, schema: Schema, streams: Iterable[str]) -> Schema:
    return schema.only(streams, rule.unknown_fields)


def _compiled(
    rule: Rule, schema: Schema, known: Knowledge, within: Mapping[str, ir.Expr], span_ms: int = 0
) -> CompiledTable:
    also = beside(rule, schema, known)
    both = within if also is None else {stream: ir.And((expr, also)) for stream, expr in within.items()}
    return compile_esql(
        rule.query, schema, known.now, Reading(within=both, streams=known.read_instead, span_ms=span_ms)
    )


def _events(asking: Asking) -> list[Question]:
    table = _compiled(asking.rule, asking.schema, asking.known, asking.arrivals.new())
    return [Statement(table.tree, table.params, table=table)]


def _their_events(asking: Asking, rows: list[Row]) -> Statement | None:
    return events_by_id(asking, [str(row[_ID]) for row in rows if row[_ID]])


def _event_hits(asking: Asking, rows: list[Row], events: list[Row]) -> Iterator[Hit]:
    by_id = {str(row["_event"]["event.id"]): row["_event"] for row in events}
    for row in rows:
        if event := by_id.get(str(row[_ID])):
            computed = {name: value for name, value in row.items() if name not in _METADATA}
            yield event_hit(asking.rule, {**event, **computed})


def _spans(asking: Asking) -> list[Question]:
    """One statement about all spans that are due."""
    due, span_ms = _due(asking), _span_ms(asking.rule, asking.wanted)
    if not due:
        return []
    lies_in = ir.And((during(due), asking.arrivals.only))
    within = {stream: ir.And((window.known, lies_in)) for stream, window in asking.arrivals.windows.items()}
    table = _compiled(asking.rule, asking.schema, asking.known, within, span_ms)
    return [Statement(table.tree, table.params, table=table)]


def _due(asking: Asking) -> list[Span]:
    """Whole spans in which something arrived, and those that have become complete."""
    span_ms = _span_ms(asking.rule, asking.wanted)
    complete = asking.arrivals.complete
    assert complete is not None
    was_ms, is_ms = complete.until_ms[0], complete.before(float("inf"))
    numbers = {
        number
        for span in asking.arrivals.spans
        for number in range(span.start_ms // span_ms, -(-span.end_ms // span_ms))
        if (number + 1) * span_ms <= is_ms
    }
    if was_ms > 0 and is_ms < _FOREVER_MS:
        first = max(int(was_ms // span_ms), int(is_ms // span_ms) - MAX_SPANS)
        numbers.update(range(first, int(is_ms // span_ms)))
    return [Span(number * span_ms, (number + 1) * span_ms) for number in sorted(numbers)]


_FOREVER_MS = 10**13


def _span_hits(asking: Asking, rows: list[Row], more: list[Row]) -> Iterator[Hit]:
    span_ms = _span_ms(asking.rule, asking.wanted)
    for row in rows:
        span = Span(int(row[SPAN]) * span_ms, (int(row[SPAN]) + 1) * span_ms)
        fields = {name: value for name, value in row.items() if name not in (*_METADATA, SPAN)}
        told = [f"{name}={value}" for name, value in fields.items() if not isinstance(value, int | float)]
        yield Hit(
            asking.rule,
            ("table", str(span.start_ms), *told),
            at=date_of(span.end_ms - 1),
            start=date_of(span.start_ms),
            fields=fields,
        )


def _span_ms(rule: Rule, wanted: ir.Wanted) -> int:
    return 1000 * (rule.settings if isinstance(rule.settings, EsqlSettings) else EsqlSettings()).span_s


BY_EVENT = Executor(span_ms=lambda rule, wanted: 3_600_000, plan=_events, hits=_event_hits, follow_up=_their_events)
BY_SPAN = Executor(span_ms=_span_ms, plan=_spans, hits=_span_hits, in_time=lambda wanted: True)
