"""Which rules run now: those that ask the engine on their own each `schedule.every_s` at most and, where a run of the
rules may take so long only, those first that haven't run for longest; those that failed after a pause that grows.
Nothing is lost meanwhile: a rule's watermark stays where it is.

The clock may jump: what lies further ahead than it can is due.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta

from bartizan.clock import SteadyClock
from bartizan.detect.plan import RulePlan
from bartizan.detect.rule import Rule
from bartizan.state.outcome import NEW, Outcome

FIRST_RETRY_S = 60
"""Seconds until a rule that failed is tried again; twice as many after each further failure."""
MAX_RETRY_S = 3600
"""Seconds between tries at most."""


def is_due(outcome: Outcome, every_s: int, now: datetime) -> bool:
    """Whether a rule with this past runs now; `every_s` is the least time between two runs of it."""
    if not retries(outcome, now):
        return False
    if outcome.last_run is None or outcome.failures or not every_s:
        return True
    return not timedelta(0) <= now - outcome.last_run < timedelta(seconds=every_s)


def retries(outcome: Outcome, now: datetime) -> bool:
    """Whether it isn't waiting after a failure."""
    if outcome.next_try is None:
        return True
    return not timedelta(0) < outcome.next_try - now <= timedelta(seconds=MAX_RETRY_S)


def succeeded(outcome: Outcome, now: datetime) -> Outcome:
    """The outcome after a run that went well."""
    return Outcome(last_run=now, last_success=now)


def failed(outcome: Outcome, error: str, now: datetime) -> Outcome:
    """The outcome after a run that failed."""
    pause_s = min(FIRST_RETRY_S * 2 ** min(outcome.failures, 16), MAX_RETRY_S)
    return Outcome(now, outcome.last_success, outcome.failures + 1, error, now + timedelta(seconds=pause_s))


MAX_AT_ONCE = 16
"""Rules that ask on their own which are looked at in a run where their time is short: to see whether there is something
new for a rule takes a few milliseconds too."""


@dataclass(slots=True)
class TimeShare:
    """What rules that ask on their own may take of a run; the clock starts with the first of them."""

    seconds: float
    """After these, no further rule is begun."""
    steady: SteadyClock
    _until_s: float | None = None
    _taken: int = 0

    def takes(self) -> bool:
        """Whether one more rule is looked at."""
        self._taken += 1
        return self._taken <= MAX_AT_ONCE

    def is_over(self) -> bool:
        """Whether the time is over."""
        if self._until_s is None:
            self._until_s = self.steady() + self.seconds
        return self.steady() >= self._until_s


class Turns:
    """Whose turn it is: every rule's."""

    def is_due(self, plan: RulePlan) -> bool:
        """Whether a rule that something is new to is looked at."""
        return True

    def is_left(self, plan: RulePlan) -> bool:
        """Whether a rule that is about to ask the engine on its own is left for the next run."""
        return False


@dataclass(slots=True)
class Round(Turns):
    """One run of the rules: takes those that are due by `before`, notes in `after` how it went."""

    now: datetime
    before: Mapping[str, Outcome]
    """Outcomes by rule id, as they were before the run."""
    after: dict[str, Outcome] = field(default_factory=dict)
    """Those of the rules that ran."""
    share: TimeShare | None = None
    """None lets all take what they take."""
    put_off: dict[str, int] = field(default_factory=dict)
    """Rules that something is new to but whose turn has not come: id to `every_s`."""
    failing: set[str] = field(default_factory=set)
    """Rules that failed in this run."""

    def taken(self, rules: Iterable[Rule]) -> list[Rule]:
        """The rules that are looked at, the one that hasn't run for longest first. A rule isn't while it waits after a
        failure, and not again in the run it failed in."""
        taken = (rule for rule in rules if rule.id not in self.failing)
        return sorted((rule for rule in taken if retries(self._past(rule), self.now)), key=self._last_run)

    def is_due(self, plan: RulePlan) -> bool:
        """Whether a rule that something is new to is evaluated."""
        due = is_due(self._past(plan.rule), plan.every_s, self.now)
        if due and plan.every_s and self.share is not None:
            due = self.share.takes()
        if not due:
            self.put_off[plan.rule.id] = plan.every_s
        return due

    def is_left(self, plan: RulePlan) -> bool:
        """Those that take part in each run never are: alerts of theirs are to be soon."""
        if not plan.every_s or self.share is None or not self.share.is_over():
            return False
        self.put_off[plan.rule.id] = plan.every_s
        return True

    def _past(self, rule: Rule) -> Outcome:
        return self.before.get(rule.id, NEW)

    def _last_run(self, rule: Rule) -> datetime:
        return self._past(rule).last_run or datetime.min.replace(tzinfo=UTC)

    def fail(self, rule: str, error: str) -> None:
        """Note that a rule failed."""
        self.failing.add(rule)
        self.after[rule] = failed(self.before.get(rule, NEW), error, self.now)

    def succeed(self, rule: str) -> None:
        """Note that a rule was evaluated."""
        if rule not in self.failing:
            self.after[rule] = succeeded(self.before.get(rule, NEW), self.now)

    def recover(self, rule: str) -> None:
        """Note that a rule that failed before could run, if nothing was new to it."""
        had = self.after.get(rule) or self.before.get(rule, NEW)
        if had.failures and rule not in self.failing:
            self.after[rule] = replace(had, failures=0, last_error="", next_try=None)
