"""What an alert stands on: the events, or the alerts and then their events, read from their streams by id."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from bartizan.ecs.document import document
from bartizan.engine.base import Engine, rows
from bartizan.query import ir
from bartizan.query.budget import Budget, kept
from bartizan.query.compile import Within, compile_events
from bartizan.query.schema import Schema

ID, KIND, EVENTS = "event.id", "event.kind", "alert.events"

MAX_DEPTH = 5
"""Levels of alerts over alerts that are followed."""

MAX_ANCESTORS = 1_000


@dataclass(frozen=True, slots=True)
class Ancestor:
    """An event or alert that an alert stands on."""

    depth: int
    """1 for what it stands on itself, 2 for what that stands on."""
    document: dict[str, Any]
    """As ECS has it."""


@dataclass(frozen=True, slots=True)
class Ancestors:
    """All of them, level by level."""

    ancestors: list[Ancestor]
    missing: list[str]
    """Ids that no stream has (any more)."""
    is_cut: bool
    """Whether there are more than are given: `MAX_ANCESTORS`, or deeper than `MAX_DEPTH`."""


def ancestors(engine: Engine, schema: Schema, events: Sequence[str], budget: Budget) -> Ancestors:
    """The ancestors of an alert whose `alert.events` are given; each once, whatever stands on it."""
    found: list[Ancestor] = []
    missing: list[str] = []
    seen: set[str] = set()
    level = list(dict.fromkeys(events))
    is_cut = False
    for depth in range(1, MAX_DEPTH + 1):
        asked = level[: MAX_ANCESTORS - len(seen)]
        is_cut = is_cut or len(asked) < len(level)
        if not asked:
            break
        seen.update(asked)
        documents = _events(engine, schema, asked, budget)
        found += [Ancestor(depth, one) for one in documents.values()]
        missing += [id for id in asked if id not in documents]
        below = (id for one in documents.values() for id in one.get("alert", {}).get("events", ()))
        level = [id for id in dict.fromkeys(below) if id not in seen]
    else:
        is_cut = is_cut or bool(level)
    return Ancestors(found, missing, is_cut)


def _events(engine: Engine, schema: Schema, ids: Sequence[str], budget: Budget) -> dict[str, dict[str, Any]]:
    streams = [stream for stream, columns in schema.streams.items() if ID in columns]
    wanted = ir.Wanted(ir.In(ir.FieldRef(ID, ir.Kind.KEYWORD), tuple(ids)))
    ready = compile_events(wanted, schema.only(streams), Within(limit=2 * MAX_ANCESTORS))
    values = {name: bound.value for name, bound in ready.params.items()}
    with kept(budget):
        found = rows(engine, ready.tree, values, settings=budget.settings())
    return {row[ID]: document(row, schema.registry) for row in found}
