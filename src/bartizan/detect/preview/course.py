"""What every preview does on its way through a period: its slices, their shared scan, rules on their own, its end."""

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bartizan.detect.plan import Planned, RulePlan
from bartizan.detect.preview.alone import Due, due_alone
from bartizan.detect.preview.period import Period
from bartizan.detect.preview.shared import count_shared
from bartizan.detect.preview.slices import Slice, slices_of
from bartizan.detect.preview.tally import RuleTally
from bartizan.detect.runner import Evaluator, by_stream
from bartizan.query.budget import SearchCancelled

IsCancelled = Callable[[], bool]


def never() -> bool:
    """Nobody cancels it."""
    return False


@dataclass(frozen=True, slots=True)
class Course:
    """A preview on its way; each of its methods raises `SearchCancelled` once it is cancelled."""

    evaluator: Evaluator
    period: Period
    is_cancelled: IsCancelled

    def check(self) -> None:
        """Go on unless it was cancelled."""
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

    def steps(
        self, plans: Iterable[RulePlan], slices: Mapping[str, Sequence[Slice]]
    ) -> list[tuple[Slice, list[Planned]]]:
        """Each slice with the rules that look at single events in it."""
        shared = by_stream(plan for plan in plans if not plan.is_alone)
        return [(part, planned) for stream, planned in shared.items() for part in slices[stream]]

    def count(self, part: Slice, planned: Sequence[Planned], tallies: Mapping[str, RuleTally]) -> None:
        """The shared scan of a slice."""
        self.check()
        evaluator, bucket_ms = self.evaluator, self.period.bucket_ms
        count_shared(evaluator.engine, part.window, planned, tallies, evaluator.schema, bucket_ms, evaluator.budget)

    def due(self, plans: Sequence[RulePlan]) -> Due:
        """What there is to look at for rules that ask on their own."""
        self.check()
        return due_alone(self.evaluator, plans, self.period) if plans else Due((), {})
