"""Back-fill: rules over what they have missed or once more over what they have seen, slice by slice, stored as ever."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial

from bartizan.detect.backfill import BackfillProgress, Slice, backfilled, slices_due
from bartizan.detect.findings import Finding
from bartizan.detect.ranges import Range
from bartizan.detect.rule import Rule
from bartizan.pipeline.detection import Detected, Detection

Store = Callable[[], list[Detected]]
Storing = Callable[[Store], list[Detected]]
"""Runs what stores findings, in the one place that writes."""


def at_once(store: Store) -> list[Detected]:
    """Store here and now: nobody else writes."""
    return store()


def backfill(
    detection: Detection,
    rules: Sequence[Rule],
    bounds: Range,
    again: bool = False,
    storing: Storing = at_once,
    search: str = "",
) -> Iterator[BackfillProgress]:
    """Evaluate `rules` over the slices of `slices_due`; tells how far it is after each.

    Ending it after any slice leaves the rest to the next time. `search` is the id that statements are cancelled by.
    """
    evaluator = detection.evaluator(detection.tuned().lists)
    evaluator = replace(evaluator, budget=replace(evaluator.budget, search=search))
    planned, wrong = evaluator.planner.plans(rules, evaluator.schema, evaluator.known)
    plans = {plan.rule.id: plan for plan in planned}
    slices = slices_due(detection.engine, detection.ledger, planned, bounds, again)
    told = BackfillProgress(0, len(slices), 0, 0, 0, {one.rule.id: str(one.error) for one in wrong})
    yield told
    for part in slices:
        findings = list(backfilled(evaluator, plans, part))
        told = _added(told, part, storing(partial(_stored, detection, findings)))
        yield told


def _stored(detection: Detection, findings: Iterable[Finding]) -> list[Detected]:
    return list(detection.store(findings))


def _added(told: BackfillProgress, part: Slice, detected: Sequence[Detected]) -> BackfillProgress:
    return replace(
        told,
        done=told.done + 1,
        events=told.events + part.events,
        alerts=told.alerts + sum(len(one.alerts) for one in detected),
        cut=told.cut + sum(max(cut.found - cut.rule.max_alerts, 0) for one in detected for cut in one.cuts),
        failed={**told.failed, **{one.rule.id: str(one.error) for each in detected for one in each.failed}},
    )
