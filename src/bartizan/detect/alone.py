"""Rules that ask the engine on their own: whether there is something new for each, then what it finds."""

from collections import defaultdict
from collections.abc import Container, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from bartizan.detect.arrivals import Arrivals, Span, Window, merged
from bartizan.detect.choosing import choose
from bartizan.detect.complete import completeness_of
from bartizan.detect.evaluate import Check, answered, unchecked
from bartizan.detect.executor import Asking, Hit
from bartizan.detect.findings import Cut, Finding, RuleFailed, Scanned
from bartizan.detect.halves import in_halves
from bartizan.detect.meaning import Knowledge
from bartizan.detect.plan import Planned, RulePlan
from bartizan.detect.schedule import Turns
from bartizan.detect.spans import spans
from bartizan.detect.suppress import suppressed
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError
from bartizan.query.budget import Budget
from bartizan.query.schema import Schema
from bartizan.query.sequence.arrived import Completeness


@dataclass(frozen=True, slots=True)
class Alone:
    """A rule and what it has not seen yet of each of its streams."""

    plan: RulePlan
    windows: Mapping[str, Window]

    @property
    def is_due(self) -> bool:
        """Whether something has arrived."""
        return any(window.after < window.until for window in self.windows.values())


@dataclass(frozen=True, slots=True)
class Triggers:
    """Tells where there is something new for rules, in one pass for all of them."""

    engine: Engine
    schema: Schema
    is_last: bool = False
    """Whether nothing more will arrive."""

    def of(self, due: Sequence[Alone]) -> dict[str, tuple[Span, ...] | BartizanError]:
        """By the rule's id: spans of event time, or why that can't be told."""
        found: dict[str, list[Span]] = defaultdict(list)
        failed: dict[str, BartizanError] = {}
        for window, planned in _by_window(due).items():
            chosen = choose(self.engine, window, planned, self.schema)
            for plan, told in zip(chosen, self._spans(window, chosen), strict=True):
                if isinstance(told, BartizanError):
                    failed[plan.rule.id] = told
                else:
                    found[plan.rule.id] += told
        return {**{rule: merged(own) for rule, own in found.items()}, **failed}

    def _spans(self, window: Window, planned: Sequence[Planned]) -> list[tuple[Span, ...] | BartizanError]:
        """As `spans`; of a rule at fault why."""
        return in_halves(
            planned, lambda part: [*spans(self.engine, window, part, self.schema)], lambda plan, error: error
        )


def run_alone(new: Triggers, due: Sequence[Alone], known: Knowledge, budget: Budget, turns: Turns) -> Iterator[Finding]:
    """Evaluate each of the rules; the windows follow what was found in all of them."""
    complete = _Completed(new.engine, new.is_last)
    unseen: set[str] = set()
    triggered = new.of(due)
    for one in due:
        rule = one.plan.rule
        found = triggered.get(rule.id, ())
        in_time = one.plan.chosen.executor.in_time(one.plan.chosen.wanted)
        try:
            if isinstance(found, BartizanError):
                raise found
            if (found or in_time) and turns.is_left(one.plan):
                unseen.add(rule.id)
            elif found or in_time:
                until = complete.of(one.windows) if in_time else None
                asking = one.plan.asking(Arrivals(one.windows, found, until), known, new.schema)
                yield from evaluate(new.engine, asking, one.plan, budget)
        except BartizanError as error:
            unseen.add(rule.id)
            yield RuleFailed(rule, error)
    if seen := _seen(due, unseen):
        yield Scanned(seen)


def evaluate(
    engine: Engine, asking: Asking, plan: RulePlan, budget: Budget, check: Check = unchecked
) -> list[Hit | Cut]:
    """What the rule finds, at most as many as it may raise alerts for. Raises what asking the engine raises."""
    rule = asking.rule
    hits = list(answered(engine, asking, plan.chosen.executor, budget, check))
    if rule.suppression is not None:
        hits = suppressed(hits, rule.suppression)
    cut = [Cut(rule, len(hits))] if len(hits) > rule.max_alerts else []
    return [*hits[: rule.max_alerts], *cut]


def _seen(due: Iterable[Alone], unseen: Container[str]) -> dict[Window, tuple[str, ...]]:
    windows: dict[Window, list[str]] = defaultdict(list)
    for one in due:
        if one.plan.rule.id not in unseen:
            for window in one.windows.values():
                if window.after < window.until:
                    windows[window].append(one.plan.rule.id)
    return {window: tuple(rules) for window, rules in windows.items()}


def _by_window(due: Sequence[Alone]) -> dict[Window, list[Planned]]:
    found: dict[Window, list[Planned]] = defaultdict(list)
    for one in due:
        for stream, window in one.windows.items():
            if window.after < window.until and stream in one.plan.by_stream:
                found[window].append(one.plan.by_stream[stream])
    return found


@dataclass(slots=True)
class _Completed:
    """Until when events are complete, asked once for the same windows."""

    engine: Engine
    is_last: bool
    known: dict[frozenset[Window], Completeness] = field(default_factory=dict)

    def of(self, windows: Mapping[str, Window]) -> Completeness:
        """For rules that have these windows."""
        key = frozenset(windows.values())
        if key not in self.known:
            self.known[key] = completeness_of(self.engine, sorted(key, key=lambda one: one.stream), self.is_last)
        return self.known[key]
