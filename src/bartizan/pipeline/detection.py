"""Runs the rules over what is stored, and stores the alerts they raise."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import TYPE_CHECKING, Any

from bartizan.alerts.store import AlertStore
from bartizan.clock import Clock, SteadyClock, steady_clock
from bartizan.detect.document import alert_of
from bartizan.detect.exceptions import Lists
from bartizan.detect.executor import Hit
from bartizan.detect.findings import Cut, Finding, RuleFailed, Scanned
from bartizan.detect.gaps import Coverage, coverage_of
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.meaning import Knowledge, reads_alerts
from bartizan.detect.outcomes import Outcomes
from bartizan.detect.planner import Planner
from bartizan.detect.rulebook import Rulebook
from bartizan.detect.runner import Evaluator, run_due
from bartizan.detect.schedule import Round, TimeShare, is_due
from bartizan.detect.tuning import Tuned, Tuning
from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine
from bartizan.engine.literals import date_text
from bartizan.query.budget import Budget
from bartizan.query.search import stored_schema
from bartizan.state.outcome import NEW

if TYPE_CHECKING:  # with SQLAlchemy, which takes a quarter of a second and `scan` doesn't need
    from bartizan.pipeline.membership import Membership

MAX_PASSES = 5
"""Times that the rules run one after the other while there are new alerts and rules that read them."""


@dataclass(frozen=True, slots=True)
class Detected:
    """What a run of the rules came to."""

    alerts: Sequence[Mapping[str, Any]] = ()
    """Alerts that are new, stored."""
    cuts: Sequence[Cut] = ()
    """Rules that found more than they may raise alerts for."""
    failed: Sequence[RuleFailed] = ()


@dataclass(frozen=True, slots=True)
class Detection:
    """Runs the rules that are due and stores what they find: one at a time per store."""

    engine: Engine
    rulebook: Rulebook
    registry: Registry
    ledger: DetectionLedger
    alerts: AlertStore
    clock: Clock
    budget: Budget = field(default_factory=Budget)
    """What a rule that asks the engine on its own may take."""
    planner: Planner = field(default_factory=Planner)
    membership: "Membership | None" = None
    """This process among the servers that keep the store together; None: there are no others."""
    tuning: Tuning | None = None
    """What people have set beside the rules' files; None runs them as they are."""
    steady: SteadyClock = steady_clock

    outcomes: Outcomes = field(default_factory=Outcomes)
    """How each rule's runs went."""
    put_off: dict[str, int] = field(default_factory=dict)
    """Rules that something is new to but whose turn has not come: id to least seconds between runs."""

    def run(
        self, is_last: bool = False, before_ms: int | None = None, alone_s: float | None = None
    ) -> Iterator[Detected]:
        """Evaluate what arrived since the last run, but not from the instant `before_ms` (milliseconds since 1970) on,
        at which something arrived that is not loaded yet: streams are looked at up to one instant. `is_last` says that
        nothing more will arrive. After `alone_s` seconds, rules that ask the engine on their own are left for the next
        run, but for those whose alerts are to be soon. Rules that read alerts see those of this run too.

        Where servers keep the store together, this one's share of the rules looks as far as all of them have stored.
        """
        if self.membership is not None:
            before_ms = self.membership.look()
        share = None if alone_s is None else TimeShare(alone_s, self.steady)
        round = Round(self.clock(), self.outcomes.read(), share=share)
        try:
            yield from self._passes(round, is_last, before_ms)
        finally:
            self.outcomes.note(round.after)
        self.put_off.clear()
        self.put_off.update(round.put_off)
        self.ledger.fold(date_text(round.now))

    def is_due(self, now: datetime) -> bool:
        """Whether a rule that was put off, or failed, is to run now, new events or not; or other servers have news."""
        if self.membership is not None and self.membership.has_news:
            return True
        known = self.outcomes.known
        waiting = {**{id: 0 for id, outcome in known.items() if outcome.failures}, **self.put_off}
        own = ((id, every_s) for id, every_s in waiting.items() if id in self.rulebook.rules and self._owns(id))
        return any(is_due(known.get(id, NEW), every_s, now) for id, every_s in own)

    def failing(self) -> dict[str, str]:
        """Rules that could not run the last time, as far as this process has read: id to reason."""
        known = self.outcomes.known
        return {id: known[id].last_error for id in self.rulebook.rules if id in known and known[id].failures}

    def tuned(self) -> Tuned:
        """The rules as people have set them."""
        return self.tuning.applied(self.rulebook, self.clock()) if self.tuning else Tuned(list(self.rulebook), {})

    def evaluator(self, lists: Lists) -> Evaluator:
        """What rules are evaluated with, as it is now, on any thread: it plans anew."""
        schema = stored_schema(self.engine, self.registry)
        return Evaluator(self.engine, schema, Knowledge(self.clock(), lists), self.budget)

    def store(self, findings: Iterable[Finding]) -> Iterator[Detected]:
        """Store what rules find. A window is written down after its alerts are stored, so a crash between the two
        evaluates it again, which adds nothing."""
        found = _Found()
        for finding in findings:
            match finding:
                case Hit():
                    found.hits.append(finding)
                case Cut():
                    found.cuts.append(finding)
                case RuleFailed():
                    found.failed.append(finding)
                case Scanned(seen):
                    new = self.alerts.add([alert_of(hit, self.registry) for hit in found.hits]) if found.hits else []
                    self.ledger.record(seen, date_text(self.clock()))
                    yield Detected(new, found.cuts, found.failed)
                    found = _Found()
        if found.failed:
            yield Detected(failed=found.failed)

    def coverage(self) -> Coverage:
        """What the rules have not seen of what is stored."""
        tuned = self.tuned()
        evaluator = self.evaluator(tuned.lists)
        plans, _ = evaluator.planner.plans(tuned.rules, evaluator.schema, evaluator.known)
        return coverage_of(self.engine, self.ledger, plans)

    def _passes(self, round: Round, is_last: bool, before_ms: int | None) -> Iterator[Detected]:
        tuned = self.tuned()
        rules = [rule for rule in tuned.rules if self._owns(rule.id)]
        for _ in range(MAX_PASSES):
            has_new = False
            for detected in self._run(round, Tuned(rules, tuned.lists), is_last, before_ms):
                has_new = has_new or bool(detected.alerts)
                yield detected
            rules = [rule for rule in rules if reads_alerts(rule)] if has_new else []
            if not rules:
                break

    def _owns(self, rule: str) -> bool:
        return self.membership is None or self.membership.owns(rule)

    def _run(self, round: Round, tuned: Tuned, is_last: bool, before_ms: int | None) -> Iterator[Detected]:
        taken = round.taken(tuned.rules)
        anew = self.evaluator(tuned.lists)
        is_shared = self.membership is not None
        evaluator = replace(anew, is_last=is_last, before_ms=before_ms, is_shared=is_shared, planner=self.planner)
        findings = run_due(evaluator, self.ledger, taken, round)
        yield from self.store(_noted(findings, round))
        for rule in taken:
            round.recover(rule.id)


def _noted(findings: Iterable[Finding], round: Round) -> Iterator[Finding]:
    """The same, each rule's outcome noted."""
    for finding in findings:
        if isinstance(finding, RuleFailed):
            round.fail(finding.rule.id, str(finding.error))
        yield finding
        if isinstance(finding, Scanned):
            for rule in {rule for rules in finding.seen.values() for rule in rules}:
                round.succeed(rule)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found since the last window was done."""

    hits: list[Hit] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    failed: list[RuleFailed] = field(default_factory=list)
