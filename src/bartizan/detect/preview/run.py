"""Evaluates rules over a past period: one shared scan for those that look at single events, in slices, then each of the
others. Nothing is written."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass

from bartizan.detect.plan import RulePlan
from bartizan.detect.planner import Planner
from bartizan.detect.preview.alone import as_previewed, count_alone
from bartizan.detect.preview.course import Course, IsCancelled, never
from bartizan.detect.preview.period import Period
from bartizan.detect.preview.result import Preview, Progress
from bartizan.detect.preview.slices import Slice
from bartizan.detect.preview.tally import RuleTally, preview_of
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator


def previewed(
    evaluator: Evaluator,
    rules: Sequence[Rule],
    period: Period,
    is_cancelled: IsCancelled = never,
    off: Collection[str] = (),
) -> Iterator[Progress | Preview]:
    """How far it is again and again, at the end the preview. A rule that can't be evaluated is told in its own; `off`
    are ids of rules that are switched off, which is told too.

    Raises `SearchCancelled` once `is_cancelled` says so, between two statements.
    """
    own = {rule.id: rule for rule in rules}
    plans, failed = Planner().plans(map(as_previewed, own.values()), evaluator.schema, evaluator.known)
    tallies = {id: RuleTally(rule, is_off=id in off) for id, rule in own.items()}
    for one in failed:
        tallies[one.rule.id].error = str(one.error)
    for plan in plans:
        tallies[plan.rule.id].streams = frozenset(plan.streams)
    run = _Run(evaluator, period, is_cancelled, tallies)
    slices = run.sliced({stream for plan in plans for stream in plan.streams})
    yield from run.evaluated(plans, slices)
    events = {stream: sum(one.events for one in parts) for stream, parts in slices.items()}
    yield preview_of(tallies.values(), period, events, evaluator.schema.registry)


@dataclass(frozen=True, slots=True)
class _Run(Course):
    tallies: dict[str, RuleTally]

    def evaluated(self, plans: Sequence[RulePlan], slices: dict[str, list[Slice]]) -> Iterator[Progress]:
        """Evaluate all, step by step."""
        steps, alone = self.steps(plans, slices), [plan for plan in plans if plan.is_alone]
        done, total, events = 0, len(steps) + len(alone), 0
        yield Progress(done, total, events)
        for part, planned in steps:
            self.count(part, planned, self.tallies)
            done, events = done + 1, events + part.events
            yield Progress(done, total, events)
        due = self.due(alone)
        for one in due.rules:
            self.check()
            tally = self.tallies[one.plan.rule.id]
            count_alone(self.evaluator, one, due, tally, self.period, self.check)
            done += 1
            yield Progress(done, total, events)
