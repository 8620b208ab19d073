"""Evaluates rules over ranges they have not seen, or once more over those they have, slice by slice.

The rules of a slice share one scan; to those that look back, what has arrived until the slice's end is known.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bartizan.detect.alone import Alone, Triggers, run_alone
from bartizan.detect.arrivals import Window
from bartizan.detect.errors import BadPeriod
from bartizan.detect.findings import Finding
from bartizan.detect.gaps import rules_by_stream
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.plan import RulePlan
from bartizan.detect.preview.period import instant_of
from bartizan.detect.ranges import BEGINNING, Range, by_range, holes, within
from bartizan.detect.runner import Evaluator, by_stream, run_window
from bartizan.detect.schedule import Turns
from bartizan.engine.base import READ_ONLY, Engine, Value, rows
from bartizan.engine.literals import date_text
from bartizan.engine.statements import fixed
from bartizan.query.dates import RESOLUTION

END = "2299-01-01 00:00:00.000"
EVER = Range(BEGINNING, END)

SLICE_EVENTS = 200_000
"""Events of a slice, and those that arrived with its last: what a crash repeats at most."""

_SLICES = """
SELECT toString(max(at)) AS until, sum(own) AS events
FROM (
    SELECT at, own, intDiv(sum(own) OVER (ORDER BY at) - 1, {slice: UInt64}) AS part
    FROM (
        SELECT `event.ingested` AS at, count() AS own FROM {table: Identifier}
        WHERE `event.ingested` > {after: DateTime64(3, 'UTC')} AND `event.ingested` <= {until: DateTime64(3, 'UTC')}
        GROUP BY at
    )
)
GROUP BY part ORDER BY until
"""


def read_bounds(start: str, end: str, now: datetime) -> Range:
    """From one date or date math to another, as instants of arrival; empty texts are no bounds. Raises `BadPeriod`."""
    after = date_text(instant_of(start, "from", now) - RESOLUTION) if start else BEGINNING
    until = date_text(instant_of(end, "to", now) - RESOLUTION) if end else END
    if after >= until:
        raise BadPeriod("there is no time between the two dates", where="from", hint="`from` is earlier than `to`")
    return Range(after, until)


@dataclass(frozen=True, slots=True)
class Slice:
    """A part of a stream in ingest order, for some rules."""

    stream: str
    range: Range
    events: int
    rules: tuple[str, ...]
    """Ids."""


@dataclass(frozen=True, slots=True)
class BackfillProgress:
    """How far a back-fill is."""

    done: int
    total: int
    """Slices."""
    events: int
    """Events of the slices that are done."""
    alerts: int
    """New alerts."""
    cut: int
    """Alerts that `max_alerts` cut off."""
    failed: Mapping[str, str]
    """Rules that could not be evaluated over a slice: id to the last reason. What they have not seen stays a gap."""


def slices_due(
    engine: Engine, ledger: DetectionLedger, plans: Iterable[RulePlan], bounds: Range, again: bool
) -> list[Slice]:
    """The slices of what rules have missed among the events that arrived within `bounds`; with `again` of all that they
    have seen, or missed, too. What is newer than a rule's last run is left to the next."""
    found: list[Slice] = []
    for stream, rules in rules_by_stream(plans).items():
        seen = ledger.ranges(stream)
        due = {rule: _due(seen[rule], bounds, again) for rule in rules if seen.get(rule)}
        for one, own in by_range(due).items():
            found += _sliced(engine, stream, one, tuple(own))
    return found


def backfilled(evaluator: Evaluator, plans: Mapping[str, RulePlan], part: Slice) -> Iterator[Finding]:
    """What the rules of a slice find in it; `Scanned` comes after what was found."""
    own = [plans[rule] for rule in part.rules if rule in plans]
    window = Window(part.stream, part.range.after, part.range.until)
    shared = by_stream(plan for plan in own if not plan.is_alone).get(part.stream, [])
    if shared:
        yield from run_window(evaluator, window, shared)
    alone = [Alone(plan, _windows(plan, window)) for plan in own if plan.is_alone]
    yield from run_alone(
        Triggers(evaluator.engine, evaluator.schema), alone, evaluator.known, evaluator.budget, Turns()
    )


def _due(seen: Sequence[Range], bounds: Range, again: bool) -> list[Range]:
    """Never beyond the rule's last run: a range of its own there would leave a hole before it."""
    whole = [Range(BEGINNING, seen[-1].until)] if again else [*holes(seen)]
    return [*within(whole, bounds)]


def _sliced(engine: Engine, stream: str, whole: Range, rules: tuple[str, ...]) -> Iterator[Slice]:
    """Without events there is nothing to do."""
    parameters: dict[str, Value] = {"table": stream, "after": whole.after, "until": whole.until, "slice": SLICE_EVENTS}
    parts = rows(engine, fixed(_SLICES), parameters, settings=READ_ONLY)
    after = whole.after
    for number, part in enumerate(parts, 1):
        until = whole.until if number == len(parts) else part["until"]
        yield Slice(stream, Range(after, until), int(part["events"]), rules)
        after = until


def _windows(plan: RulePlan, window: Window) -> dict[str, Window]:
    """Nothing is new in the rule's other streams. What arrived there until the slice's end is known, or until its
    beginning where the rule asks how time passed."""
    in_time = plan.chosen.executor.in_time(plan.chosen.wanted)
    end = window.after if in_time else window.until
    return {stream: window if stream == window.stream else Window(stream, end, end) for stream in plan.streams}
