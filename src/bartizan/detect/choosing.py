"""Chooses the rules that can match in a window, and the events among which some of them can.

A predicate costs its analysis whatever the data (about a millisecond), and its evaluation for every event. The values
that a few columns have in the window tell which rules are worth it there, and most rules look for what few events do.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from bartizan.detect.arrivals import Window
from bartizan.detect.plan import Only, Planned
from bartizan.detect.window_sql import from_stream, in_window
from bartizan.engine.base import READ_ONLY, Engine, rows
from bartizan.query.possible import is_possible
from bartizan.query.schema import Schema
from bartizan.query.sql import call, column, named

FIELDS = ("data_stream.dataset", "event.provider", "event.action")
"""Columns whose values in a window are looked at."""

MAX_KINDS = 2_000
"""Distinct combinations of these that are looked at; with more, every rule is scanned for."""

RARE = 0.25
"""A rule that can match at most this share of the events is looked for among these only."""

_TEXTS = ("String", "LowCardinality(String)")
"""Types of columns whose values rules can be chosen by."""

_COUNT = "count"


@dataclass(frozen=True, slots=True)
class _Kind:
    """Events with the same values, and how many there are."""

    values: Mapping[str, str]
    count: int


def choose(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> list[Planned]:
    """The rules that can match in the window; of the rare ones it is told which events they can match."""
    columns = schema.streams[window.stream]
    fields = [field for field in FIELDS if columns.get(field) in _TEXTS]
    kinds = _kinds(engine, window, fields) if fields and planned else None
    if kinds is None:
        return list(planned)
    total = sum(kind.count for kind in kinds)
    chosen: list[Planned] = []
    rare: dict[int, list[_Kind]] = {}
    for plan in planned:
        possible = [kind for kind in kinds if is_possible(plan.expr, kind.values)]
        if possible and sum(kind.count for kind in possible) <= RARE * total:
            rare[len(chosen)] = possible
        if possible:
            chosen.append(plan)
    only = _only(fields, kinds, [kind for own in rare.values() for kind in own])
    return [replace(plan, only=only) if number in rare else plan for number, plan in enumerate(chosen)]


def _kinds(engine: Engine, window: Window, fields: Sequence[str]) -> list[_Kind] | None:
    """What is in the window; None if that is too much to look at."""
    shown = [named(column(field), field) for field in fields]
    query = from_stream(window.stream).select(*shown, named(call("count"), _COUNT)).where(in_window(window))
    query = query.group_by(*map(column, fields)).limit(MAX_KINDS + 1)
    present = rows(engine, query, window.parameters(), settings=READ_ONLY)
    if len(present) > MAX_KINDS:
        return None
    return [_Kind({field: row[field] for field in fields}, int(row[_COUNT])) for row in present]


def _only(fields: Iterable[str], kinds: Sequence[_Kind], rare: Sequence[_Kind]) -> Only | None:
    """The field by which the fewest events are looked at for the rare rules; None if that leaves no event out."""
    found = [Only(field, tuple(sorted({kind.values[field] for kind in rare}))) for field in fields] if rare else []
    best = min(found, key=lambda only: _covered(only, kinds), default=None)
    return None if best is None or _covered(best, kinds) == sum(kind.count for kind in kinds) else best


def _covered(only: Only, kinds: Iterable[_Kind]) -> int:
    return sum(kind.count for kind in kinds if kind.values[only.field] in only.values)
