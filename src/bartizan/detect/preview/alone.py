"""Rules that look at more than single events, in a preview: each is asked about the whole period at once.

All that is stored counts as new to them, so what they find doesn't depend on when it arrived. They look back before the
period as far as they look at once.
"""

import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace

from bartizan.detect.alone import Alone, Triggers, evaluate
from bartizan.detect.arrivals import Arrivals, Span, during
from bartizan.detect.complete import completeness_of
from bartizan.detect.evaluate import Check
from bartizan.detect.executor import Hit
from bartizan.detect.findings import Cut
from bartizan.detect.plan import RulePlan
from bartizan.detect.preview.period import Period
from bartizan.detect.preview.slices import everything
from bartizan.detect.preview.tally import RuleTally
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator
from bartizan.detect.settings import NewTermsSettings
from bartizan.errors import BartizanError
from bartizan.query.budget import BudgetExceeded, SearchCancelled
from bartizan.query.sequence.arrived import Completeness

MAX_COUNTED = 5_000
"""Alerts of such a rule that are counted: each has its events' fields with it."""


@dataclass(frozen=True, slots=True)
class Due:
    """Rules that ask on their own, and where in the period each has events that it looks for."""

    rules: tuple[Alone, ...]
    spans: Mapping[str, tuple[Span, ...] | BartizanError]
    """By the rule's id."""


def as_previewed(rule: Rule) -> Rule:
    """The rule as it is evaluated: counted on beyond `max_alerts`, suppressed for each run that it would have had."""
    suppression = rule.suppression
    if suppression is not None and suppression.span_s is None:
        suppression = replace(suppression, span_s=max(rule.schedule.every_s, 1))
    return replace(rule, max_alerts=MAX_COUNTED, suppression=suppression)


def due_alone(evaluator: Evaluator, plans: Sequence[RulePlan], period: Period) -> Due:
    """Which of the rules have something to look at: one pass over each stream tells it for all."""
    rules = tuple(Alone(plan, {stream: everything(stream, period.span) for stream in plan.streams}) for plan in plans)
    spans = Triggers(evaluator.engine, evaluator.schema).of(rules)
    found = {rule: _clipped(own, period) if isinstance(own, tuple) else own for rule, own in spans.items()}
    return Due(rules, found)


def count_alone(evaluator: Evaluator, one: Alone, due: Due, tally: RuleTally, period: Period, check: Check) -> None:
    """Add what a rule finds to its tally, or its error. Raises `SearchCancelled`, and what `check` raises for that."""
    try:
        findings = found_alone(evaluator, one, due, period, check)
        tally.is_least = any(isinstance(finding, Cut) for finding in findings)
        tally.add_hits((finding for finding in findings if isinstance(finding, Hit)), period)
    except SearchCancelled:
        raise
    except BartizanError as error:
        tally.error = str(error)


def found_alone(evaluator: Evaluator, one: Alone, due: Due, period: Period, check: Check) -> list[Hit | Cut]:
    """What a rule finds, some of it perhaps outside of the period. Raises what keeps it from being evaluated."""
    found = due.spans.get(one.plan.rule.id, ())
    in_time = one.plan.chosen.executor.in_time(one.plan.chosen.wanted)
    if isinstance(found, BartizanError):
        raise found
    if not found and not (in_time and one.windows):
        return []
    return _evaluated(evaluator, one, found, period, within(evaluator.budget.timeout_s, check))


def within(timeout_s: float, check: Check, seconds: Callable[[], float] = time.monotonic) -> Check:
    """`check`, and that all of a rule's statements together take no longer than one of them may."""
    ends_s = seconds() + timeout_s

    def checked() -> None:
        check()
        if seconds() > ends_s:
            hint = "preview less time; `engine.search_timeout_s` is the bound"
            raise BudgetExceeded(f"the rule took longer than {timeout_s:g} s", hint=hint, out_of_time=True)

    return checked


def _evaluated(
    evaluator: Evaluator, one: Alone, spans: tuple[Span, ...], period: Period, check: Check
) -> list[Hit | Cut]:
    plan = one.plan
    in_time = plan.chosen.executor.in_time(plan.chosen.wanted)
    complete = _complete(evaluator, one, period) if in_time else None
    lies_in = during([Span(max(period.start_ms - _lookback_ms(plan), 0), period.end_ms)])
    arrivals = Arrivals(one.windows, spans, complete, lies_in, since_ms=period.start_ms)
    asking = plan.asking(arrivals, evaluator.known, evaluator.schema)
    return evaluate(evaluator.engine, asking, plan, evaluator.budget, check)


def _complete(evaluator: Evaluator, one: Alone, period: Period) -> Completeness:
    """Until when events are complete, as if nothing had happened after the period."""
    told = completeness_of(evaluator.engine, list(one.windows.values()), is_last=False)
    return replace(told, until_ms=[min(until_ms, float(period.end_ms)) for until_ms in told.until_ms])


def _lookback_ms(plan: RulePlan) -> int:
    settings = plan.rule.settings
    if isinstance(settings, NewTermsSettings):
        return settings.history_s * 1000
    return plan.chosen.executor.span_ms(plan.rule, plan.chosen.wanted)


def _clipped(spans: Sequence[Span], period: Period) -> tuple[Span, ...]:
    clipped = [Span(max(span.start_ms, period.start_ms), min(span.end_ms, period.end_ms)) for span in spans]
    return tuple(span for span in clipped if span.start_ms < span.end_ms)
