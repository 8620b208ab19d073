"""`threshold`: at least so many events with the same values of some fields within a span of time."""

from collections.abc import Iterator

from bartizan.detect.executor import Asking, Executor, Hit, Question, Row
from bartizan.detect.executors.found import field_ref
from bartizan.detect.executors.windows import burst_hits, burst_question
from bartizan.detect.rule import Rule
from bartizan.detect.settings import ThresholdSettings
from bartizan.query import ir
from bartizan.query.correlation.bursts import Burst


def _settings(rule: Rule) -> ThresholdSettings:
    assert isinstance(rule.settings, ThresholdSettings)
    return rule.settings


def _plan(asking: Asking) -> list[Question]:
    own = _settings(asking.rule)
    assert isinstance(asking.wanted.what, ir.Expr)
    holds = [ir.Measured("count", ">=", own.count)]
    if own.cardinality:
        field = field_ref(own.cardinality.field, asking.schema)
        holds.append(ir.Measured("distinct", ">=", own.cardinality.count, (field,)))
    step = ir.Step(asking.wanted.what, tuple(field_ref(name, asking.schema) for name in own.fields))
    return burst_question(asking, Burst((step,), own.span_s * 1000, tuple(holds)), each_value=True)


def _hits(asking: Asking, rows: list[Row], more: list[Row]) -> Iterator[Hit]:
    return burst_hits(asking.rule, _settings(asking.rule).fields, rows)


EXECUTOR = Executor(span_ms=lambda rule, wanted: _settings(rule).span_s * 1000, plan=_plan, hits=_hits)
