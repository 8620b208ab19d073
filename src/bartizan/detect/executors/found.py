"""What the executors share: how events are asked for, and the hit that one event or a group of them is."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from sqlglot import exp

from bartizan.detect.arrivals import TIMESTAMP
from bartizan.detect.executor import Asking, Hit, Row, Statement
from bartizan.detect.rule import Rule
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.schema import Schema
from bartizan.query.sequence.branches import PLACE, branches_of, key_columns, rows_of
from bartizan.query.sequence.order import ID
from bartizan.query.sequence.settings import Asked
from bartizan.query.sql import column

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_OWN = ("event.original", "event.id", "event.ingested", "@timestamp", "event.created", "event.sequence", "event.hash")
"""Fields that are of one event alone, even where those of several are equal."""

MAX_EVENTS = 100
"""Ids of events that an alert names."""

MAX_GROUPS = 10_000
"""Most that a rule with suppression looks at in one run: these are put together before any cut."""


def most(rule: Rule) -> int:
    """How many rows a rule's statement gives: one more than it may raise alerts for, so that a cut shows."""
    return max(rule.max_alerts + 1, MAX_GROUPS) if rule.suppression else rule.max_alerts + 1


def asked(asking: Asking, within: Mapping[str, ir.Expr], each_value: bool = False) -> Asked:
    """How the rule's streams are read: the events of `within`."""
    return Asked(streams=tuple(asking.schema.streams), within=within, each_value=each_value)


def field_ref(name: str, schema: Schema) -> ir.FieldRef:
    """A field as its values are; one that nobody knows is a keyword."""
    field = schema.resolve(name)
    return ir.FieldRef(name, field.kind if field else ir.Kind.KEYWORD)


def events_by_id(asking: Asking, ids: Sequence[str]) -> Statement | None:
    """The rule's events with these ids, as `_event`; None for none."""
    if not ids:
        return None
    settings, binder = asked(asking, {}), Binder()
    step = ir.Step(ir.In(ir.FieldRef(ID, ir.Kind.KEYWORD), tuple(ids)))
    branches = branches_of([step], asking.schema, settings, binder)
    if not branches:
        return None
    rows = rows_of(branches, key_columns(branches), 1, settings, binder, lambda own: {})
    tree = exp.Select(expressions=[*map(column, PLACE)]).from_(rows.subquery(alias="_rows", copy=False))
    return Statement(tree, binder.params, settings)


def event_hit(rule: Rule, row: Row) -> Hit:
    """The hit that one event is."""
    id, at = str(row["event.id"]), str(row[TIMESTAMP])
    return Hit(rule, (id,), at, at, row, (id,))


def shared(events: Sequence[Row]) -> dict[str, Any]:
    """The fields that all events have with the same value, but those that are an event's own."""
    first, *others = events
    return {
        name: value
        for name, value in first.items()
        if name not in _OWN and value not in (None, "", []) and all(other.get(name) == value for other in others)
    }


def keys_of(row: Row, names: Iterable[str]) -> dict[str, str]:
    """The values of a group's key columns `_k0`, `_k1` and so on, by the names of their fields."""
    found = {name: row[f"_k{at}"] for at, name in enumerate(names)}
    return {name: str(value) for name, value in found.items() if value not in (None, "")}


def date_of(milliseconds: Any) -> str:
    """Milliseconds since 1970 as a date in ISO 8601 (ClickHouse gives 64-bit integers as text)."""
    at = _EPOCH + timedelta(milliseconds=int(milliseconds))
    return at.isoformat(timespec="milliseconds").replace("+00:00", "Z")
