"""Evaluates rules over a past period: one shared scan for those that look at single events, in slices, then each of the
others. Nothing is written."""

from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass, replace

from bartizan.detect.plan import Planned, RulePlan
from bartizan.detect.planner import Planner
from bartizan.detect.preview.alone import Due, as_previewed, count_alone, due_alone
from bartizan.detect.preview.period import Period
from bartizan.detect.preview.result import Preview, Progress
from bartizan.detect.preview.shared import count_shared
from bartizan.detect.preview.slices import Slice, slices_of
from bartizan.detect.preview.tally import RuleTally, preview_of
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator, by_stream
from bartizan.query.budget import SearchCancelled

IsCancelled = Callable[[], bool]


def never() -> bool:
    """Nobody cancels it."""
    return False


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
    run = _Run(evaluator, period, tallies, is_cancelled)
    slices = run.sliced({stream for plan in plans for stream in plan.streams})
    yield from run.evaluated(plans, slices)
    events = {stream: sum(one.events for one in parts) for stream, parts in slices.items()}
    yield preview_of(tallies.values(), period, events, evaluator.schema.registry)


@dataclass(frozen=True, slots=True)
class _Run:
    evaluator: Evaluator
    period: Period
    tallies: dict[str, RuleTally]
    is_cancelled: IsCancelled

    def check(self) -> None:
        """Raises `SearchCancelled` if it was cancelled."""
        if self.is_cancelled():
            raise SearchCancelled("the preview was cancelled")

    def sliced(self, streams: set[str]) -> dict[str, list[Slice]]:
        """The slices of each stream."""
        found: dict[str, list[Slice]] = defaultdict(list)
        cheap = replace(self.evaluator.budget, max_rows=0)  # only times are read
        for stream in sorted(streams):
            self.check()
            found[stream] = slices_of(self.evaluator.engine, stream, self.period, cheap)
        return found

    def evaluated(self, plans: Sequence[RulePlan], slices: dict[str, list[Slice]]) -> Iterator[Progress]:
        """Evaluate all, step by step."""
        shared = by_stream(plan for plan in plans if not plan.is_alone)
        steps = [(one, planned) for stream, planned in shared.items() for one in slices[stream]]
        alone = [plan for plan in plans if plan.is_alone]
        done, total, events = 0, len(steps) + len(alone), 0
        yield Progress(done, total, events)
        for part, planned in steps:
            self._shared(part, planned)
            done, events = done + 1, events + part.events
            yield Progress(done, total, events)
        self.check()
        due = due_alone(self.evaluator, alone, self.period) if alone else Due((), {})
        for one in due.rules:
            self.check()
            tally = self.tallies[one.plan.rule.id]
            count_alone(self.evaluator, one, due, tally, self.period, self.check)
            done += 1
            yield Progress(done, total, events)

    def _shared(self, part: Slice, planned: Sequence[Planned]) -> None:
        self.check()
        evaluator, bucket_ms = self.evaluator, self.period.bucket_ms
        count_shared(
            evaluator.engine, part.window, planned, self.tallies, evaluator.schema, bucket_ms, evaluator.budget
        )
