"""Runs the rules that are due over what arrived since each one's watermark.

Rules that look at single events share one scan of a stream. The others are first asked, in one scan too, whether and
where there is something new for them; only then each of them asks the engine on its own.
"""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bartizan.detect.alone import Alone, Triggers, run_alone
from bartizan.detect.arrivals import Window
from bartizan.detect.choosing import choose
from bartizan.detect.executor import Hit
from bartizan.detect.executors.found import event_hit
from bartizan.detect.findings import Cut, Finding, RuleFailed, Scanned
from bartizan.detect.halves import in_halves
from bartizan.detect.ledger import BEGINNING, DetectionLedger
from bartizan.detect.meaning import Knowledge
from bartizan.detect.plan import Planned, RulePlan
from bartizan.detect.planner import Planner
from bartizan.detect.rule import Rule
from bartizan.detect.scan import Match, scan
from bartizan.detect.schedule import Turns
from bartizan.engine.base import Engine
from bartizan.engine.literals import date_text_of
from bartizan.query.budget import Budget
from bartizan.query.schema import Schema


@dataclass(frozen=True, slots=True)
class Evaluator:
    """What rules are evaluated with."""

    engine: Engine
    schema: Schema
    """Of all streams."""
    known: Knowledge
    budget: Budget
    """What a rule that asks on its own may take."""
    is_last: bool = False
    """Whether nothing more will arrive, so that what is missing now is missing."""
    planner: Planner = field(default_factory=Planner)
    before_ms: int | None = None
    """Events from this instant of arrival on are left for the next run (milliseconds since 1970)."""

    is_shared: bool = False
    """Whether other servers add alerts too, which then wait for each other as logs do."""

    def until(self, stream: str, last: str | None) -> str | None:
        """Up to which instant of arrival a stream is looked at; `last` is its newest. This process' own alerts wait for
        nothing."""
        if last is None or self.before_ms is None or (stream.startswith("alerts-") and not self.is_shared):
            return last
        return min(last, date_text_of(self.before_ms - 1))


def by_stream(plans: Iterable[RulePlan]) -> dict[str, list[Planned]]:
    """The rules on each stream."""
    found: dict[str, list[Planned]] = defaultdict(list)
    for plan in plans:
        for stream, planned in plan.by_stream.items():
            found[stream].append(planned)
    return found


def run_due(
    evaluator: Evaluator, ledger: DetectionLedger, rules: Sequence[Rule], turns: Turns | None = None
) -> Iterator[Finding]:
    """Evaluate each rule over what it has not seen yet. `Scanned` comes after what was found in its window.

    The rules that ask on their own do so in their order, those first that take part in each run, when it is their turn.
    """
    turns = turns or Turns()
    plans, failed = evaluator.planner.plans(rules, evaluator.schema, evaluator.known)
    yield from failed
    until = {stream: evaluator.until(stream, ledger.last_ingested(stream)) for stream in evaluator.schema.streams}
    seen = {stream: ledger.watermarks(stream) for stream, last in until.items() if last is not None}
    for stream, planned in by_stream(plan for plan in plans if not plan.is_alone).items():
        last = until[stream]
        for after, due in _by_watermark(planned, seen.get(stream, {})).items():
            if last is not None and after < last:
                yield from run_window(evaluator, Window(stream, after, last), due)
    alone = (Alone(plan, _windows(plan, until, seen)) for plan in plans if plan.is_alone)
    due_alone = sorted((one for one in alone if one.is_due and turns.is_due(one.plan)), key=_is_put_off)
    new = Triggers(evaluator.engine, evaluator.schema, evaluator.is_last)
    yield from run_alone(new, due_alone, evaluator.known, evaluator.budget, turns)


def _is_put_off(one: Alone) -> bool:
    return one.plan.every_s > 0


def _windows(
    plan: RulePlan, until: Mapping[str, str | None], seen: Mapping[str, Mapping[str, str]]
) -> dict[str, Window]:
    """What each stream of the plan has that the rule has not seen; an empty stream has nothing."""
    windows = {}
    for stream in plan.streams:
        last = until.get(stream) or BEGINNING
        windows[stream] = Window(stream, seen.get(stream, {}).get(plan.rule.id, BEGINNING), last)
    return windows


def run_window(evaluator: Evaluator, window: Window, planned: Sequence[Planned]) -> Iterator[Finding]:
    """One shared scan; only the rules that can't run are left out of it."""
    chosen = choose(evaluator.engine, window, planned, evaluator.schema)
    found = _found(evaluator, window, chosen)
    failed = {finding.rule.id for finding in found if isinstance(finding, RuleFailed)}
    yield from found
    yield Scanned({window: tuple(plan.rule.id for plan in planned if plan.rule.id not in failed)})


def _found(evaluator: Evaluator, window: Window, planned: Sequence[Planned]) -> list[Hit | Cut | RuleFailed]:
    """What a shared scan finds; only the rules at fault are left out of it."""

    def ask(part: Sequence[Planned]) -> list[Hit | Cut | RuleFailed]:
        found = scan(evaluator.engine, window, part, evaluator.schema)
        return [event_hit(one.planned.rule, one.row) if isinstance(one, Match) else one for one in found]

    return in_halves(planned, ask, lambda plan, error: RuleFailed(plan.rule, error))


def _by_watermark(planned: Sequence[Planned], watermarks: Mapping[str, str]) -> dict[str, list[Planned]]:
    due: dict[str, list[Planned]] = defaultdict(list)
    for plan in planned:
        due[watermarks.get(plan.rule.id, BEGINNING)].append(plan)
    return due
