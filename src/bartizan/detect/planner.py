"""Plans of rules, kept for as long as they mean the same: planning hundreds of rules takes seconds, more than a round
of detection has.

A plan depends on the rule, the columns of the streams and, where the rule speaks of it, the present: such a plan is
made anew each minute. What is wrong with a rule depends on the rule and the streams alone.
"""

import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from bartizan.detect.findings import RuleFailed
from bartizan.detect.meaning import Knowledge
from bartizan.detect.plan import RulePlan, plan_rule
from bartizan.detect.rule import Rule
from bartizan.detect.settings import IndicatorSettings
from bartizan.errors import BartizanError
from bartizan.query.schema import Schema

PRESENT_S = 60
"""Seconds for which what a query calls `now` may stay the same."""

_PRESENT = re.compile(r"\bnow\b", re.IGNORECASE)
"""What every language calls the present."""


@dataclass(frozen=True, slots=True)
class _Kept:
    rule: Rule
    planned: RulePlan | RuleFailed
    until: datetime | None
    """When it is to be made anew; None is never."""


@dataclass(slots=True)
class Planner:
    """Plans rules; one for a store. Not for several threads."""

    _kept: dict[str, _Kept] = field(default_factory=dict)
    _streams: Mapping[str, Mapping[str, str]] = field(default_factory=dict)

    def plans(self, rules: Iterable[Rule], schema: Schema, known: Knowledge) -> tuple[list[RulePlan], list[RuleFailed]]:
        """Every rule on the streams that it reads; rules whose query is wrong are given back with their error."""
        if self._streams != schema.streams:
            self._kept.clear()
            self._streams = schema.streams
        found = [self._plan(rule, schema, known) for rule in rules]
        return (
            [one for one in found if isinstance(one, RulePlan)],
            [one for one in found if isinstance(one, RuleFailed)],
        )

    def _plan(self, rule: Rule, schema: Schema, known: Knowledge) -> RulePlan | RuleFailed:
        kept = self._kept.get(rule.id)
        if kept is not None and kept.rule == rule and _holds(kept, known.now):
            return kept.planned
        try:
            planned: RulePlan | RuleFailed = plan_rule(rule, schema, known)
        except BartizanError as error:
            planned = RuleFailed(rule, error)
        if not _can_change(rule, known):
            is_of_now = isinstance(planned, RulePlan) and _speaks_of_the_present(rule)
            until = known.now + timedelta(seconds=PRESENT_S) if is_of_now else None
            self._kept[rule.id] = _Kept(rule, planned, until)
        return planned


def _holds(kept: _Kept, now: datetime) -> bool:
    """The clock may jump back as well."""
    return kept.until is None or timedelta(0) < kept.until - now <= timedelta(seconds=PRESENT_S)


def _can_change(rule: Rule, known: Knowledge) -> bool:
    """Whether the plan may be another one at any time: exceptions expire, and value lists are changed."""
    expires = any(one.expires_at is not None and one.is_valid(known.now) for one in rule.exceptions)
    return expires or any(entry.operator in ("in_list", "nested") for one in rule.exceptions for entry in one.entries)


def _speaks_of_the_present(rule: Rule) -> bool:
    texts = [rule.query, rule.filters]
    if isinstance(rule.settings, IndicatorSettings):
        texts.append(rule.settings.query)
    return any(map(_PRESENT.search, texts))
