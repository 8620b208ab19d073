"""What a Sigma file asks for: the events of its one rule, or the correlation over its rules.

Source: sigmahq.io/docs/meta/correlations.html. Time windows slide: each ends with an event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from bartizan.query import ir
from bartizan.query.errors import QuerySyntaxError, UnknownField
from bartizan.query.schema import Schema
from bartizan.query.sigma.correlation import CorrelationKind, RuleExpression, SigmaCorrelation, Threshold
from bartizan.query.sigma.logsource import source_of
from bartizan.query.sigma.lower import Placeholders, lower_rule
from bartizan.query.sigma.rule import DetectionRule, SigmaDocument, read_rules
from bartizan.query.sigma.together import together
from bartizan.query.span import Span

_OPERATORS: Mapping[str, str] = {"lt": "<", "lte": "<=", "gt": ">", "gte": ">=", "eq": "=", "neq": "!="}
_FUNCTIONS: Mapping[CorrelationKind, str] = {
    CorrelationKind.EVENT_COUNT: "count",
    CorrelationKind.VALUE_COUNT: "distinct",
    CorrelationKind.VALUE_SUM: "sum",
    CorrelationKind.VALUE_AVG: "avg",
    CorrelationKind.VALUE_MEDIAN: "percentile",
    CorrelationKind.VALUE_PERCENTILE: "percentile",
    CorrelationKind.TEMPORAL: "steps",
}


@dataclass(frozen=True, slots=True)
class _Context:
    correlation: SigmaCorrelation
    rules: tuple[DetectionRule, ...]
    schema: Schema

    def fault(self, message: str, key: str, hint: str = "") -> QuerySyntaxError:
        span = self.correlation.document.span("correlation", key)
        return QuerySyntaxError(message, self.correlation.document.text, span, hint=hint)


def sigma_to_wanted(text: str, schema: Schema, now: datetime) -> ir.Wanted:
    """What the file `text` asks for. Raises `QuerySyntaxError` and its kin with the place."""
    documents = read_rules(text)
    correlations = [one for one in documents if isinstance(one, SigmaCorrelation)]
    rules = [one for one in documents if isinstance(one, DetectionRule)]
    if len(correlations) == 1:
        return correlation_to_wanted(correlations[0], rules, schema, now)
    if correlations or len(rules) != 1:
        message = "the file has neither one rule nor one correlation"
        raise QuerySyntaxError(message, text, Span(0, 1), hint="leave out what isn't meant")
    return ir.Wanted(lower_rule(rules[0], schema, now).expr)


def correlation_to_wanted(
    correlation: SigmaCorrelation,
    rules: Sequence[SigmaDocument],
    schema: Schema,
    now: datetime,
    placeholders: Placeholders | None = None,
) -> ir.Wanted:
    """What a correlation over some of `rules` asks for."""
    named = {name: rule for rule in rules for name in (rule.id, rule.name) if name}
    context = _Context(correlation, _named_rules(correlation, named), schema)
    steps = tuple(_step(context, place, now, placeholders) for place in range(len(context.rules)))
    window_ms = correlation.timespan_s * 1000
    if correlation.kind is CorrelationKind.TEMPORAL_ORDERED:
        return ir.Wanted(_in_order(context, steps, window_ms))
    return ir.Wanted(ir.Correlation(steps, window_ms, _holds(context)))


def _named_rules(correlation: SigmaCorrelation, named: Mapping[str, SigmaDocument]) -> tuple[DetectionRule, ...]:
    found = []
    for name in correlation.rules:
        rule = named.get(name)
        if not isinstance(rule, DetectionRule):
            message = f"`{name}` is no rule of the file" if rule is None else f"`{name}` is a correlation itself"
            span = correlation.document.span("correlation", "rules")
            hint = "put the rules it names into the file, as documents of their own"
            raise QuerySyntaxError(message, correlation.document.text, span, hint=hint)
        found.append(rule)
    return tuple(found)


def _step(context: _Context, place: int, now: datetime, placeholders: Placeholders | None) -> ir.Step:
    rule = context.rules[place]
    keys = tuple(_field(context, name, place, "group-by") for name in context.correlation.group_by)
    return ir.Step(lower_rule(rule, context.schema, now, placeholders).expr, keys)


def _field(context: _Context, name: str, place: int, key: str) -> ir.FieldRef:
    """A field of a rule: what its alias stands for, in the names of its log source."""
    rule, reference = context.rules[place], context.correlation.rules[place]
    aliased = dict(context.correlation.aliases).get(name)
    own = source_of(rule.logsource).field(dict(aliased)[reference] if aliased else name, context.schema.registry)
    found = context.schema.resolve(own)
    if found is None:
        span = context.correlation.document.span("correlation", key)
        text = context.correlation.document.text
        raise UnknownField(own, text, span, suggestion=context.schema.nearest(own))
    return ir.FieldRef(own, found.kind)


def _in_order(context: _Context, steps: tuple[ir.Step, ...], window_ms: int) -> ir.Sequence:
    if len(steps) < 2:
        raise context.fault("one rule has no order", "rules", "name at least two")
    condition = context.correlation.condition
    if not isinstance(condition, Threshold) or (condition.operator, condition.value) != ("gte", len(steps)):
        raise context.fault("`temporal_ordered` wants all of its rules", "condition", "leave out the condition")
    return ir.Sequence(steps, window_ms)


def _holds(context: _Context) -> ir.Measured | ir.Seen | ir.Together:
    condition = context.correlation.condition
    if isinstance(condition, RuleExpression):
        return together(condition.text, context.correlation)
    refs = tuple(_field(context, name, 0, "condition") for name in condition.fields)
    measured = ir.Measured(_FUNCTIONS[context.correlation.kind], _OPERATORS[condition.operator], condition.value, refs)
    return measured if condition.percentile is None else replace(measured, percentile=float(condition.percentile))
