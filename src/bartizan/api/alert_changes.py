"""`/alerts/changes`: alerts changed one by one or many at once, what came of it, and what was before."""

from contextlib import suppress
from dataclasses import asdict
from typing import Annotated, Any, Literal

import orjson
from fastapi import Response
from pydantic import BaseModel, ConfigDict, Field, model_validator

from bartizan.alerts.change_sets import ChangeSet
from bartizan.alerts.selection import Selection, select_alerts
from bartizan.alerts.workflow import MAX_NAME_CHARS, MAX_NAMES, MAX_NOTE_CHARS, NOTES, Change, change_of
from bartizan.api.alerts import Id, found_alert
from bartizan.api.route import JsonResponse, Route, Served, Serving
from bartizan.api.search import MAX_QUERY_CHARACTERS, instant_of
from bartizan.errors import BartizanError

ACTOR = "api"
"""Who changes alerts over HTTP: there is one key."""

MAX_IDS = 10_000

Names = Annotated[
    list[Annotated[str, Field(min_length=1, max_length=MAX_NAME_CHARS)]], Field(default=[], max_length=MAX_NAMES)
]


class AlertChange(BaseModel):
    """What is to become of alerts; what is not given stays."""

    model_config = ConfigDict(extra="forbid")

    status: Literal["open", "acknowledged", "closed"] | None = None
    closed_reason: Literal["false_positive", "true_positive", "benign", "duplicate", "other"] | None = None
    """Needed to close."""
    assign: Names
    unassign: Names
    tag: Names
    untag: Names
    note: str = Field(default="", max_length=MAX_NOTE_CHARS)

    def change(self) -> Change:
        """As the workflow has it. Raises `ChangeRefused`."""
        return change_of(self.model_dump())


class BulkChange(BaseModel):
    """Alerts, by their ids or by a query, and what is to become of them."""

    model_config = ConfigDict(extra="forbid")

    change: AlertChange
    ids: list[Annotated[str, Field(max_length=100)]] | None = Field(default=None, max_length=MAX_IDS)
    query: str | None = Field(default=None, max_length=MAX_QUERY_CHARACTERS)
    """`*` is every alert."""
    language: str = Field(default="kql", max_length=20)
    time_from: str = Field(default="", alias="from", max_length=100)
    """Date or date math (`now-7d`), included."""
    time_to: str = Field(default="", alias="to", max_length=100)
    """Date or date math, excluded."""
    building_blocks: bool = False
    """Whether the query finds alerts that are there for other rules alone."""

    @model_validator(mode="after")
    def _one_of(self) -> "BulkChange":
        if (self.ids is None) == (self.query is None):
            raise ValueError("give ids or a query")
        return self


class AlertNote(BaseModel):
    """A note."""

    model_config = ConfigDict(extra="forbid")

    text: str = Field(min_length=1, max_length=MAX_NOTE_CHARS)


class Undo(BaseModel):
    """What there is to say about an undo: nothing; an empty object."""

    model_config = ConfigDict(extra="forbid")


class AlertChangeSet(BaseModel):
    """A change of many alerts as it stands; counts are of alerts, exact at its end."""

    id: str
    asked_at: str
    actor: str
    change: dict[str, Any] | None
    """Null for one that undoes another."""
    undoes: str
    """The change set that it undoes."""
    selection: dict[str, Any] | None
    state: Literal["running", "cancelling", "cancelled", "done", "failed"]
    matched: int
    missing: int
    """Ids that no alert has."""
    changed: int
    unchanged: int
    kept: int
    """Fields that were left, because another change of them was asked for since."""
    batches: int
    batches_done: int
    error: str


class AlertChangeSets(BaseModel):
    """Change sets, the newest first."""

    change_sets: list[AlertChangeSet]


class HistoryEntry(BaseModel):
    """One field of an alert that changed."""

    change: str
    """Id of the change set."""
    at: str
    actor: str
    field: str
    before: str | list[str] | None
    """Null for a note."""
    after: str | list[str]


class AlertHistory(BaseModel):
    """Every change of an alert, the newest first."""

    history: list[HistoryEntry]


class WrittenNote(BaseModel):
    """A note that someone wrote."""

    at: str
    actor: str
    text: str


class AlertNotes(BaseModel):
    """An alert's notes, the newest first."""

    notes: list[WrittenNote]


async def change_alert(serving: Serving, id: Id, asked: AlertChange) -> Response:
    """Change one alert.

    The answer is the alert as it is then.
    """
    await serving.threads.call(_change_one, serving, id, asked.change())
    return JsonResponse(orjson.dumps(await serving.threads.call(found_alert, serving, id)))


async def change_alerts(serving: Serving, asked: BulkChange) -> Response:
    """Change many alerts.

    The alerts are those that match now; they are changed after the answer, which says where to look how far it is.
    """
    change = asked.change.change()
    return _accepted(serving, await serving.threads.search(_begin, serving, asked, change))


async def change_sets(serving: Serving) -> Response:
    """List the newest change sets."""
    found = await serving.threads.call(serving.services.alert_changes.latest)
    return JsonResponse(orjson.dumps({"change_sets": [asdict(one) for one in found]}))


async def change_set(serving: Serving, id: Id) -> Response:
    """Read how a change set stands."""
    return JsonResponse(orjson.dumps(await serving.threads.call(serving.services.alert_changes.get, id)))


async def cancel_change_set(serving: Serving, id: Id) -> Response:
    """Cancel a change set that runs.

    What it has changed stays; it can be undone.
    """
    cancelled = await serving.threads.call(serving.services.alert_changes.cancel, id)
    return JsonResponse(orjson.dumps(cancelled), 202)


async def undo_change_set(serving: Serving, id: Id, _: Undo) -> Response:
    """Undo a change set.

    Fields that were changed again since are left and counted (`kept`), notes stay.
    """
    return _accepted(serving, await serving.threads.call(serving.services.alert_changes.begin_undo, id, ACTOR))


async def alert_history(serving: Serving, id: Id) -> Response:
    """Read an alert's history."""
    found = await serving.threads.call(serving.services.alert_changes.history, id)
    return JsonResponse(orjson.dumps({"history": found}))


async def alert_notes(serving: Serving, id: Id) -> Response:
    """Read an alert's notes."""
    return await serving.threads.call(_notes, serving, id)


async def add_alert_note(serving: Serving, id: Id, note: AlertNote) -> Response:
    """Add a note to an alert."""
    await serving.threads.call(_change_one, serving, id, Change(note=note.text))
    return await serving.threads.call(_notes, serving, id)


def _change_one(serving: Served, id: str, change: Change) -> ChangeSet:
    found_alert(serving, id)
    changes = serving.services.alert_changes
    begun = changes.begin([id], change, ACTOR)
    try:
        return changes.finish(begun.id)
    except BartizanError:
        with suppress(BartizanError):  # who is told that it failed will not expect it to go on at the next start
            changes.cancel(begun.id)
        raise


def _begin(serving: Served, asked: BulkChange, change: Change) -> ChangeSet:
    changes = serving.services.alert_changes
    if asked.query is None:
        return changes.begin(asked.ids or [], change, ACTOR)
    services, now = serving.services, serving.services.clock()
    times = instant_of(asked.time_from, "from", now), instant_of(asked.time_to, "to", now)
    wanted = Selection(asked.query, asked.language, *times, asked.building_blocks)
    table, budget = services.alerts.table, services.limits.search
    ids = select_alerts(services.engine, services.schema(), table, wanted, now, budget)
    return changes.begin(ids, change, ACTOR, wanted.said())


def _accepted(serving: Served, change_set: ChangeSet) -> Response:
    serving.changes.submit(change_set.id)
    return JsonResponse(orjson.dumps(change_set), 202)


def _notes(serving: Served, id: str) -> Response:
    history = serving.services.alert_changes.history(id)
    notes = [{"at": row["at"], "actor": row["actor"], "text": row["after"]} for row in history if row["field"] == NOTES]
    return JsonResponse(orjson.dumps({"notes": notes}))


ROUTES = (
    Route("POST", "/alerts/changes", change_alerts, AlertChangeSet, status=202),
    Route("GET", "/alerts/changes", change_sets, AlertChangeSets),
    Route("GET", "/alerts/changes/{id}", change_set, AlertChangeSet),
    Route("DELETE", "/alerts/changes/{id}", cancel_change_set, AlertChangeSet, status=202),
    Route("POST", "/alerts/changes/{id}/undo", undo_change_set, AlertChangeSet, status=202),
    Route("PATCH", "/alerts/{id}", change_alert, dict[str, Any]),
    Route("GET", "/alerts/{id}/history", alert_history, AlertHistory),
    Route("GET", "/alerts/{id}/notes", alert_notes, AlertNotes),
    Route("POST", "/alerts/{id}/notes", add_alert_note, AlertNotes),
)
