"""Tries Elastic's rules as an import would meet them: each query is compiled, and run on an empty stream that has every
field it asks for."""

import json
from collections.abc import Iterable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, Literal

from bartizan.detect.elastic.rule import ElasticRule
from bartizan.detect.errors import RuleError
from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError
from bartizan.query.budget import Budget
from bartizan.query.empty_stream import BASE, AskedFields, empty_stream, used_types
from bartizan.query.errors import QueryError
from bartizan.query.language import language_of
from bartizan.query.query_fields import ECS_FIELDS
from bartizan.query.schema import Schema
from bartizan.query.search import Search, prepared, search

BUDGET = Budget(timeout_s=30)
"""What a query may take on an empty stream."""

MAX_ROUNDS = 8
"""Most times that a query is compiled to see which fields it asks for."""

_STREAM = "logs-empty-default"


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


def check_rules(rules: Iterable[ElasticRule | RuleError], trial: Trial) -> Iterator[Checked]:
    """Each rule's outcome, in order."""
    for rule in rules:
        if isinstance(rule, RuleError):
            yield Checked("", "", rule.where, "failed", _sentence(rule, at=""))
        else:
            yield _checked(rule, trial)


def _checked(rule: ElasticRule, trial: Trial) -> Checked:
    try:
        note = _note(rule, trial) if rule.type == "machine_learning" else _tried(rule, trial)
    except BartizanError as error:
        return Checked(rule.id, rule.type, rule.where, "failed", _sentence(error))
    return Checked(rule.id, rule.type, rule.where, "note" if note else "ok", note)


def _note(rule: ElasticRule, trial: Trial) -> str:
    unknown = [job for job in rule.jobs if job not in trial.jobs]
    return f"it reads the results of the anomaly job `{'`, `'.join(unknown)}`, which is unknown here" if unknown else ""


def _tried(rule: ElasticRule, trial: Trial) -> str:
    fields = replace(ECS_FIELDS, event_category=rule.event_category)
    _try(Search(rule.query, rule.language, (_STREAM,), fields=fields, streams=(_STREAM,)), trial)
    _try_filters(rule.filters, trial)
    if rule.indicators:
        _try(Search(rule.indicators.query, rule.indicators.language, (_STREAM,)), trial)
        _try_filters(rule.indicators.filters, trial)
    return ""


def _try_filters(filters: tuple[Mapping[str, Any], ...], trial: Trial) -> None:
    if filters:
        _try(Search(json.dumps(filters), "dsl", (_STREAM,)), trial)


def _try(asked: Search, trial: Trial) -> None:
    columns = _columns(asked, trial)
    with empty_stream(_STREAM, columns, trial.engine):
        search(trial.engine, Schema({_STREAM: columns}, trial.registry, "missing"), asked, trial.now, BUDGET)


def _columns(asked: Search, trial: Trial) -> dict[str, str]:
    """Columns for all that the query asks for; what only a later part names is found in a later round."""
    uses, columns = used_types(language_of(asked.language).parse(asked.query)), dict(BASE)
    for _ in range(MAX_ROUNDS):
        noting = AskedFields({_STREAM: columns}, trial.registry)
        with suppress(QueryError):
            prepared(noting, asked, trial.now)
        found = noting.columns_asked(uses)
        if not found:
            break
        columns |= found
    return columns


def _sentence(error: BartizanError, at: str | None = None) -> str:
    """What an error says on one line: place, message, way out."""
    place = error.where if at is None else at
    told = f"{place}: {error.message}" if place else error.message
    return f"{told}; {error.hint}" if error.hint else told
