"""Evaluates rules over a past period without and with exceptions, and tells what these would hide. Nothing is written.

Of rules on single events the shared scan counts the events that the exceptions hold for. Rules on several events are
evaluated twice: with fewer events a group can vanish, or become another one.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace

from bartizan.detect.alone import Alone
from bartizan.detect.plan import Planned, RulePlan
from bartizan.detect.planner import Planner
from bartizan.detect.preview.alone import Due, as_previewed, found_alone
from bartizan.detect.preview.course import Course, IsCancelled, never
from bartizan.detect.preview.held import Counted, condition_of, covered, held_of, stored_by_id, stored_on_events
from bartizan.detect.preview.hidden import HiddenPreview
from bartizan.detect.preview.hiding import Hiding, hidden_preview
from bartizan.detect.preview.period import Period
from bartizan.detect.preview.proposed import Trials, with_exceptions
from bartizan.detect.preview.result import Progress
from bartizan.detect.preview.slices import Slice
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator
from bartizan.errors import BartizanError
from bartizan.query import ir
from bartizan.query.budget import SearchCancelled


def hidden_by(
    evaluator: Evaluator, trials: Trials, period: Period, is_cancelled: IsCancelled = never
) -> Iterator[Progress | HiddenPreview]:
    """How far it is again and again, at the end what the exceptions would hide. A rule that can't be evaluated is told
    in its own.

    Raises `SearchCancelled` once `is_cancelled` says so, between two statements.
    """
    hidings = {one.rule.id: Hiding(one.rule, one.exceptions) for one in trials.tried}
    run = _Run(evaluator, period, is_cancelled, hidings)
    without = run.planned([one.rule for one in trials.tried])
    having = run.planned([with_exceptions(one) for one in trials.tried])
    plans = [plan for id, plan in without.items() if id in having]
    slices = run.sliced({stream for plan in plans for stream in plan.streams})
    yield from run.evaluated(plans, having, slices)
    events = sum(one.events for parts in slices.values() for one in parts)
    own = {id: hiding.exceptions for id, hiding in hidings.items()}
    held_for = covered(evaluator, held_of(plans, own), period)
    yield hidden_preview(hidings.values(), period, events, held_for, evaluator, trials.off)


@dataclass(frozen=True, slots=True)
class _Run(Course):
    hidings: Mapping[str, Hiding]

    def planned(self, rules: Sequence[Rule]) -> dict[str, RulePlan]:
        """The plans of the rules that can be evaluated; the others have their error."""
        plans, failed = Planner().plans(map(as_previewed, rules), self.evaluator.schema, self.evaluator.known)
        for one in failed:
            self.hidings[one.rule.id].error = str(one.error)
        return {plan.rule.id: plan for plan in plans}

    def evaluated(
        self, plans: Sequence[RulePlan], having: Mapping[str, RulePlan], slices: Mapping[str, list[Slice]]
    ) -> Iterator[Progress]:
        """Evaluate all, step by step."""
        steps, alone = self.steps(plans, slices), [plan for plan in plans if plan.is_alone]
        done, total, events = 0, len(steps) + len(alone), 0
        yield Progress(done, total, events)
        for part, planned in steps:
            self._shared(part, planned)
            done, events = done + 1, events + part.events
            yield Progress(done, total, events)
        self._stored([plan for plan in plans if not plan.is_alone])
        before = self.due(alone)
        after = self.due([having[plan.rule.id] for plan in alone])
        for one, other in zip(before.rules, after.rules, strict=True):
            self._alone(one, before, other, after)
            done += 1
            yield Progress(done, total, events)
        self._stored_by_id(alone)

    def _shared(self, part: Slice, planned: Sequence[Planned]) -> None:
        """A slice, all that the rules find in it and what of it the exceptions hold for."""
        held = [one for plan in planned if (one := self._narrowed(part.window.stream, plan)) is not None]
        self.count(part, planned, {id: hiding.before for id, hiding in self.hidings.items()})
        self.count(part, held, {id: hiding.hidden for id, hiding in self.hidings.items()})

    def _narrowed(self, stream: str, planned: Planned) -> Planned | None:
        """The rule on the events that its exceptions hold for; None if there can be none."""
        hiding = self.hidings[planned.rule.id]
        schema = self.evaluator.schema.only([stream], planned.rule.unknown_fields)
        holds = condition_of(self.evaluator, schema, hiding.exceptions, stream)
        return None if holds == ir.Constant(False) else replace(planned, expr=ir.And((planned.expr, holds)))

    def _alone(self, one: Alone, before: Due, other: Alone, after: Due) -> None:
        hiding = self.hidings[one.plan.rule.id]
        try:
            self.check()
            was = found_alone(self.evaluator, one, before, self.period, self.check)
            self.check()
            hiding.compare(was, found_alone(self.evaluator, other, after, self.period, self.check), self.period)
        except SearchCancelled:
            raise
        except BartizanError as error:
            hiding.error = str(error)

    def _stored(self, plans: Sequence[RulePlan]) -> None:
        """The stored alerts of rules on single events, which the exceptions hold for as they do for the events."""
        for held in held_of(plans, {id: hiding.exceptions for id, hiding in self.hidings.items()}):
            self.check()
            try:
                counted = stored_on_events(self.evaluator, held, self.period)
            except SearchCancelled:
                raise
            except BartizanError as error:
                self._fail(held.rules, error)
            else:
                self._add_stored(counted)

    def _stored_by_id(self, plans: Sequence[RulePlan]) -> None:
        """The stored alerts of rules on several events, which are those that are not found any more."""
        rules = [plan.rule.id for plan in plans]
        try:
            self._add_stored(stored_by_id(self.evaluator, {id for rule in rules for id in self.hidings[rule].gone}))
        except SearchCancelled:
            raise
        except BartizanError as error:
            self._fail(rules, error)

    def _add_stored(self, counted: Mapping[str, Counted]) -> None:
        for id, own in counted.items():
            self.hidings[id].stored += own

    def _fail(self, rules: Iterable[str], error: BartizanError) -> None:
        for id in rules:
            self.hidings[id].error = str(error)
