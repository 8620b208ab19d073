"""What a rule looks for: its query, Kibana's filters beside it and its exceptions, as one thing wanted of the IR."""

from collections.abc import Callable
from dataclasses import dataclass, field, replace
from datetime import datetime

from bartizan.detect.exceptions import Lists, excepted
from bartizan.detect.rule import Rule
from bartizan.detect.settings import EqlSettings
from bartizan.query import ir
from bartizan.query.compile import checked_wanted, to_ir, to_wanted
from bartizan.query.index_patterns import select_streams
from bartizan.query.query_fields import ECS_FIELDS, QueryFields
from bartizan.query.schema import Schema

_ALERTS = "alerts-"
_ALERT_PATTERNS = (_ALERTS, ".alerts-", ".internal.alerts-", ".siem-signals")
"""Beginnings of the patterns that mean alerts, ours and those of Elastic's rules."""


@dataclass(frozen=True, slots=True)
class Knowledge:
    """What rules are understood with."""

    now: datetime
    lists: Lists = field(default_factory=dict)
    """Value lists by name, for exceptions."""
    read_instead: tuple[str, ...] | None = None
    """Streams that ES|QL reads in the place of those that its `FROM` names, for trials."""


def streams_of(rule: Rule, schema: Schema) -> Schema:
    """The schema of the streams that the rule's index patterns select; there may be none."""
    chosen = [
        stream
        for stream in select_streams(rule.index, schema.streams)
        if not stream.startswith(_ALERTS) or reads_alerts(rule)
    ]
    return schema.only(chosen, rule.unknown_fields)


def reads_alerts(rule: Rule) -> bool:
    """Whether the rule names streams of alerts: `*` doesn't, or alerts would raise alerts without an end."""
    return any(pattern.lstrip("-").startswith(_ALERT_PATTERNS) for pattern in rule.index)


def fields_of(rule: Rule) -> QueryFields:
    """The fields that the rule's language gives parts to."""
    return rule.settings.fields if isinstance(rule.settings, EqlSettings) else ECS_FIELDS


def wanted_of(rule: Rule, chosen: Schema, known: Knowledge) -> ir.Wanted:
    """What the rule's query asks for on the streams of `chosen`, exceptions left out. Raises a `QueryError` for a query
    that is wrong, `RuleError` for an exception that is."""
    found = to_wanted(rule.query, rule.language, chosen, known.now, fields_of(rule))
    also = beside(rule, chosen, known)
    if also is None:
        return found
    return checked_wanted(_each(found, lambda expr: ir.And((expr, also))), rule.query, chosen)


def beside(rule: Rule, chosen: Schema, known: Knowledge) -> ir.Expr | None:
    """What events fulfil beside the rule's query: its filters, and that no exception holds; None for nothing."""
    items: list[ir.Expr] = []
    if rule.filters:
        items.append(to_ir(rule.filters, "dsl", chosen, known.now))
    left_out = excepted(rule.exceptions, chosen, known.lists, known.now)
    if left_out is not None:
        items.append(ir.Not(left_out))
    return ir.And(tuple(items)) if items else None


def any_event(wanted: ir.Wanted) -> ir.Expr:
    """What an event fulfils that can make something be found that was not before."""
    match wanted.what:
        case ir.Sequence(steps) | ir.Sample(steps) | ir.Correlation(steps):
            return ir.any_of([step.predicate for step in steps])
        case expr:
            return expr


def _each(wanted: ir.Wanted, change: Callable[[ir.Expr], ir.Expr]) -> ir.Wanted:
    match wanted.what:
        case ir.Sequence(steps, maxspan_ms, until):
            last = None if until is None else replace(until, predicate=change(until.predicate))
            return replace(wanted, what=ir.Sequence(_steps(steps, change), maxspan_ms, last))
        case ir.Sample(steps):
            return replace(wanted, what=ir.Sample(_steps(steps, change)))
        case ir.Correlation(steps, window_ms, holds):
            return replace(wanted, what=ir.Correlation(_steps(steps, change), window_ms, holds))
        case expr:
            return replace(wanted, what=change(expr))


def _steps(steps: tuple[ir.Step, ...], change: Callable[[ir.Expr], ir.Expr]) -> tuple[ir.Step, ...]:
    return tuple(replace(step, predicate=change(step.predicate)) for step in steps)
