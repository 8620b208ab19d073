"""Tries rules of others as they would run here: each is planned, and its statements run on an empty stream that has
every field it asks for."""

import math
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from bartizan.detect.alone import evaluate
from bartizan.detect.arrivals import Arrivals, Span, Window
from bartizan.detect.errors import RuleError
from bartizan.detect.imported import Imported
from bartizan.detect.ledger import BEGINNING
from bartizan.detect.meaning import Knowledge
from bartizan.detect.plan import RulePlan, plan_rule
from bartizan.detect.rule import Rule
from bartizan.detect.scan import scan
from bartizan.detect.settings import IndicatorSettings, MachineLearningSettings, ThresholdSettings
from bartizan.detect.spans import spans
from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError
from bartizan.query.budget import Budget
from bartizan.query.empty_stream import BASE, AskedFields, empty_stream, used_types
from bartizan.query.ir import Kind
from bartizan.query.language import language_of
from bartizan.query.schema import Schema
from bartizan.query.sequence.arrived import Completeness

BUDGET = Budget(timeout_s=30)
"""What a rule may take on an empty stream."""

MAX_ROUNDS = 8
"""Most times that a rule is planned to see which fields it asks for."""

_STREAM = "logs-empty-default"
_WINDOW = Window(_STREAM, BEGINNING, "2299-01-01 00:00:00.000")
_COMPLETE = Completeness([0, 1], [0.0, math.inf])
"""Nothing was complete, and now everything is."""
_WITH_FIELD_NODES = ("kql", "lucene", "eql", "esql")
"""Languages whose AST tells what fields are compared with."""


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a rule: it can run (`ok`), can run but for what `message` says (`note`), or can't."""

    id: str
    type: str
    where: str
    outcome: Literal["ok", "note", "failed"]
    message: str = ""
    """One sentence, with line and column in the query where it has a place."""


@dataclass(frozen=True, slots=True)
class Trial:
    """What rules are tried with."""

    engine: Engine
    registry: Registry
    now: datetime
    jobs: frozenset[str] = frozenset()
    """Names of the anomaly jobs that exist."""


def check_rules(rules: Iterable[Imported | RuleError], trial: Trial) -> Iterator[Checked]:
    """Each rule's outcome, in order."""
    for rule in rules:
        if isinstance(rule, RuleError):
            yield Checked("", "", rule.where, "failed", _sentence(rule, at=""))
        else:
            yield _checked(rule, trial)


def _checked(one: Imported, trial: Trial) -> Checked:
    rule = one.rule
    try:
        unknown_jobs = _unknown_jobs(rule, trial)
        if not unknown_jobs:
            run_empty(rule, trial)
    except BartizanError as error:
        return Checked(rule.id, rule.type, one.where, "failed", _sentence(error))
    note = "; ".join([*one.notes, *unknown_jobs])
    return Checked(rule.id, rule.type, one.where, "note" if note else "ok", note)


def _unknown_jobs(rule: Rule, trial: Trial) -> list[str]:
    if not isinstance(rule.settings, MachineLearningSettings):
        return []
    unknown = [job for job in rule.settings.jobs if job not in trial.jobs]
    return (
        [f"it reads the results of the anomaly job `{'`, `'.join(unknown)}`, which is unknown here"] if unknown else []
    )


def run_empty(rule: Rule, trial: Trial) -> None:
    """Plan the rule and run what it asks on an empty stream. Raises a `BartizanError` for what can't run."""
    rule, known = _reading(rule), Knowledge(trial.now, read_instead=(_STREAM,))
    columns = _columns(rule, trial, known)
    schema = Schema({_STREAM: columns}, trial.registry, "missing")
    with empty_stream(_STREAM, columns, trial.engine):
        plan = plan_rule(rule, schema, known)
        planned = list(plan.by_stream.values())
        if plan.is_alone:
            spans(trial.engine, _WINDOW, planned, schema)
            evaluate(trial.engine, plan.asking(_arrivals(plan), known, schema), plan, BUDGET)
        else:
            list(scan(trial.engine, _WINDOW, planned, schema))


def _reading(rule: Rule) -> Rule:
    """The rule, reading the empty stream alone."""
    own = rule.settings
    if isinstance(own, IndicatorSettings):
        own = replace(own, index=(_STREAM,))
    return replace(rule, index=(_STREAM,), settings=own)


def _arrivals(plan: RulePlan) -> Arrivals:
    span_ms = max(plan.chosen.executor.span_ms(plan.rule, plan.chosen.wanted), 1)
    return Arrivals(dict.fromkeys(plan.streams, _WINDOW), (Span(0, span_ms),), _COMPLETE)


def _columns(rule: Rule, trial: Trial, known: Knowledge) -> dict[str, str]:
    """Columns for all that the rule asks for; what only a later part names is found in a later round."""
    uses, columns = _uses(rule), dict(BASE)
    for _ in range(MAX_ROUNDS):
        noting = AskedFields({_STREAM: columns}, trial.registry)
        with suppress(BartizanError):
            _ask(rule, noting, known)
        found = noting.columns_asked(uses)
        if not found:
            break
        columns |= found
    return columns


def _uses(rule: Rule) -> Mapping[str, Kind]:
    return used_types(language_of(rule.language).parse(rule.query)) if rule.language in _WITH_FIELD_NODES else {}


def _ask(rule: Rule, noting: AskedFields, known: Knowledge) -> None:
    for name in _fields_beside(rule):
        noting.resolve(name)
    plan = plan_rule(rule, noting, known)
    if plan.chosen.executor.plan is not None:
        plan.chosen.executor.plan(plan.asking(_arrivals(plan), known, noting))


def _fields_beside(rule: Rule) -> Iterator[str]:
    """Fields that a rule names beside its query."""
    yield from rule.suppression.by if rule.suppression else ()
    if isinstance(rule.settings, ThresholdSettings):
        yield from rule.settings.fields
    if isinstance(rule.settings, IndicatorSettings):
        for pairs in rule.settings.match:
            yield from (name for pair in pairs for name in (pair.field, pair.indicator))


def _sentence(error: BartizanError, at: str | None = None) -> str:
    """What an error says on one line: place, message, way out."""
    place = error.where if at is None else at
    told = f"{place}: {error.message}" if place else error.message
    return f"{told}; {error.hint}" if error.hint else told
