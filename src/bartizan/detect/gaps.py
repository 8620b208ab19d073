"""Which events rules have not seen: holes in what the ledger shows, and what is newer than a rule's last run."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass

from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.plan import RulePlan
from bartizan.detect.ranges import BEGINNING, Range, by_range, holes
from bartizan.engine.base import READ_ONLY, Engine, rows
from bartizan.engine.statements import fixed

_COUNT = """
SELECT count() AS events FROM {table: Identifier}
WHERE `event.ingested` > {after: DateTime64(3, 'UTC')} AND `event.ingested` <= {until: DateTime64(3, 'UTC')}
"""


@dataclass(frozen=True, slots=True)
class Unseen:
    """A range of a stream, in the order in which events arrived, that some rules have not seen."""

    stream: str
    after: str
    """ClickHouse date text, excluded."""
    until: str
    """Included."""
    events: int
    rules: tuple[str, ...]
    """Ids."""


@dataclass(frozen=True, slots=True)
class Coverage:
    """What rules have not seen of the streams that they read."""

    gaps: tuple[Unseen, ...]
    """Ranges with events before a rule's last run."""
    behind: tuple[Unseen, ...]
    """Ranges with events after it, which the next runs will look at."""


def coverage_of(engine: Engine, ledger: DetectionLedger, plans: Iterable[RulePlan]) -> Coverage:
    """What the rules have not seen, of all that is stored."""
    gaps: list[Unseen] = []
    behind: list[Unseen] = []
    for stream, rules in rules_by_stream(plans).items():
        seen = ledger.ranges(stream)
        gaps += _with_events(engine, stream, by_range({rule: [*holes(seen.get(rule, ()))] for rule in rules}))
        behind += _with_events(engine, stream, by_range(_newer(seen, rules, ledger.last_ingested(stream))))
    return Coverage(tuple(gaps), tuple(behind))


def rules_by_stream(plans: Iterable[RulePlan]) -> dict[str, list[str]]:
    """The ids of the rules that read each stream."""
    found: dict[str, list[str]] = defaultdict(list)
    for plan in plans:
        for stream in plan.streams:
            found[stream].append(plan.rule.id)
    return dict(sorted(found.items()))


def _newer(seen: Mapping[str, tuple[Range, ...]], rules: Iterable[str], last: str | None) -> dict[str, list[Range]]:
    if last is None:
        return {}
    ends = {rule: seen[rule][-1].until if seen.get(rule) else BEGINNING for rule in rules}
    return {rule: [Range(end, last)] for rule, end in ends.items() if end < last}


def _with_events(engine: Engine, stream: str, ranges: Mapping[Range, list[str]]) -> Iterator[Unseen]:
    query = fixed(_COUNT)
    for one, rules in ranges.items():
        parameters = {"table": stream, "after": one.after, "until": one.until}
        events = int(rows(engine, query, parameters, settings=READ_ONLY)[0]["events"])
        if events:
            yield Unseen(stream, one.after, one.until, events, tuple(rules))
