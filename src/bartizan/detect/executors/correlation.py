"""`correlation`: alerts of several rules about the same entity within a span, in their order or in any.

It reads the stream of alerts: in order it is a sequence, in any order a window in which all of the rules have alerts.
"""

from collections.abc import Iterator

from bartizan.detect.executor import Asking, Chosen, Executor, Hit, Question, Row
from bartizan.detect.executors import sequences
from bartizan.detect.executors.found import field_ref
from bartizan.detect.executors.windows import burst_hits, burst_question
from bartizan.detect.meaning import Knowledge, beside, streams_of
from bartizan.detect.rule import Rule
from bartizan.detect.settings import CorrelationSettings
from bartizan.query import ir
from bartizan.query.correlation.bursts import Burst
from bartizan.query.schema import Schema

RULE = "rule.id"


def _settings(rule: Rule) -> CorrelationSettings:
    assert isinstance(rule.settings, CorrelationSettings)
    return rule.settings


def choose(rule: Rule, schema: Schema, known: Knowledge) -> Chosen:
    """A sequence of alerts, or alerts of all rules in a window."""
    own, chosen = _settings(rule), streams_of(rule, schema)
    also = beside(rule, chosen, known)
    keys = tuple(field_ref(name, chosen) for name in own.by)
    steps = tuple(ir.Step(_alert_of(id, also), keys) for id in own.rules)
    if own.is_ordered:
        return Chosen(sequences.EXECUTOR, ir.Wanted(ir.Sequence(steps, own.span_s * 1000)), chosen)
    holds = ir.Measured("steps", ">=", len(steps))
    return Chosen(EXECUTOR, ir.Wanted(ir.Correlation(steps, own.span_s * 1000, holds)), chosen)


def _alert_of(id: str, also: ir.Expr | None) -> ir.Expr:
    own = ir.Equals(ir.FieldRef(RULE, ir.Kind.KEYWORD), id)
    return own if also is None else ir.And((own, also))


def _plan(asking: Asking) -> list[Question]:
    what = asking.wanted.what
    assert isinstance(what, ir.Correlation)
    return burst_question(asking, Burst(what.steps, what.window_ms, (what.holds,)))


def _hits(asking: Asking, rows: list[Row], more: list[Row]) -> Iterator[Hit]:
    return burst_hits(asking.rule, _settings(asking.rule).by, rows)


EXECUTOR = Executor(span_ms=lambda rule, wanted: _settings(rule).span_s * 1000, plan=_plan, hits=_hits)
