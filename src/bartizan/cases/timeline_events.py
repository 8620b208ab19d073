"""What a timeline says about single events: pins and notes, by the event's stream and id."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Table, delete, func, insert, select

from bartizan.cases.case import MAX_TEXT_CHARACTERS
from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Invalid, Missing
from bartizan.state.identity import Ids
from bartizan.state.tables import TIMELINE_NOTES, TIMELINE_PINS, TIMELINES
from bartizan.state.texts import line, text
from bartizan.state.versions import Written, added, changed, locked, read, removed, written_of

MAX_PINS = 2000
MAX_NOTES = 2000
"""Of a timeline."""
MAX_EVENT_ID_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Event:
    """An event's place: `event.id` within its stream."""

    stream: str
    id: str


@dataclass(frozen=True, slots=True)
class Pin:
    """An event that mattered."""

    event: Event
    at: datetime
    by: str


@dataclass(frozen=True, slots=True)
class Note:
    """What someone noted on an event, or without one on the timeline."""

    id: str
    event: Event | None
    text: str
    written: Written


class TimelineEvents:
    """Pins and notes of timelines."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def pin(self, timeline_id: str, event: Event, by: str) -> Pin:
        """Pin an event; one that is pinned stays as it is. Raises `Missing`, `Invalid`."""
        event = _checked(event)
        with self._database.write() as connection:
            locked(connection, TIMELINES, timeline_id, "timeline")
            row = connection.execute(select(TIMELINE_PINS).where(*_pinned(timeline_id, event))).one_or_none()
            if row is not None:
                return _pin(row)
            _bounded(connection, TIMELINE_PINS, timeline_id, MAX_PINS, "pinned events")
            pin = Pin(event, self._clock(), by)
            values = {"stream": event.stream, "event_id": event.id, "at": pin.at, "by": by}
            connection.execute(insert(TIMELINE_PINS).values(timeline_id=timeline_id, **values))
            return pin

    def unpin(self, timeline_id: str, event: Event) -> None:
        """Take a pin away. Raises `Missing`."""
        with self._database.write() as connection:
            if not connection.execute(delete(TIMELINE_PINS).where(*_pinned(timeline_id, event))).rowcount:
                raise Missing("this event is not pinned", where="event")

    def pins(self, timeline_id: str) -> tuple[Pin, ...]:
        """A timeline's pins, in the order they were set. Raises `Missing`."""
        query = select(TIMELINE_PINS).where(TIMELINE_PINS.c.timeline_id == timeline_id)
        with self._database.read() as connection:
            read(connection, TIMELINES, timeline_id, "timeline")
            rows = connection.execute(query.order_by(TIMELINE_PINS.c.at, TIMELINE_PINS.c.event_id))
            return tuple(map(_pin, rows))

    def note(self, timeline_id: str, event: Event | None, said: str, by: str) -> Note:
        """Note something. Raises `Missing`, `Invalid`."""
        event = _checked(event) if event else None
        values = {"id": self._ids(), "timeline_id": timeline_id, "text": _text(said)}
        values |= {"stream": event.stream, "event_id": event.id} if event else {}
        with self._database.write() as connection:
            locked(connection, TIMELINES, timeline_id, "timeline")
            _bounded(connection, TIMELINE_NOTES, timeline_id, MAX_NOTES, "notes")
            added(connection, TIMELINE_NOTES, values, by, self._clock)
            return _note(read(connection, TIMELINE_NOTES, values["id"], "note"))

    def notes(self, timeline_id: str) -> tuple[Note, ...]:
        """A timeline's notes, oldest first. Raises `Missing`."""
        query = select(TIMELINE_NOTES).where(TIMELINE_NOTES.c.timeline_id == timeline_id)
        with self._database.read() as connection:
            read(connection, TIMELINES, timeline_id, "timeline")
            rows = connection.execute(query.order_by(TIMELINE_NOTES.c.created_at, TIMELINE_NOTES.c.id))
            return tuple(map(_note, rows))

    def change_note(self, timeline_id: str, id: str, said: str, by: str, version: int | None = None) -> Note:
        """Change what a note says. Raises `Missing`, `Outdated`, `Invalid`."""
        said = _text(said)
        with self._database.write() as connection:
            row = _note_of(connection, timeline_id, id)
            changed(connection, TIMELINE_NOTES, row, version, {"text": said}, by, self._clock)
            return _note(read(connection, TIMELINE_NOTES, id, "note"))

    def remove_note(self, timeline_id: str, id: str, version: int | None = None) -> None:
        """Remove a note. Raises `Missing`, `Outdated`."""
        with self._database.write() as connection:
            removed(connection, TIMELINE_NOTES, _note_of(connection, timeline_id, id), version)


def _checked(event: Event) -> Event:
    return Event(line(event.stream, "stream"), line(event.id, "event_id", MAX_EVENT_ID_CHARACTERS))


def _text(said: str) -> str:
    return text(said, "text", MAX_TEXT_CHARACTERS, needed=True)


def _bounded(connection: Connection, table: Table, timeline_id: str, limit: int, what: str) -> None:
    count = select(func.count()).select_from(table).where(table.c.timeline_id == timeline_id)
    if connection.execute(count).scalar_one() >= limit:
        raise Invalid(f"the timeline has {limit} {what} already")


def _pinned(timeline_id: str, event: Event) -> tuple[ColumnElement[bool], ...]:
    pin = TIMELINE_PINS.c
    return pin.timeline_id == timeline_id, pin.stream == event.stream, pin.event_id == event.id


def _note_of(connection: Connection, timeline_id: str, id: str) -> Row[Any]:
    row = locked(connection, TIMELINE_NOTES, id, "note")
    if row.timeline_id != timeline_id:
        raise Missing("there is no note by this id", where="id")
    return row


def _pin(row: Row[Any]) -> Pin:
    return Pin(Event(row.stream, row.event_id), row.at, row.by)


def _note(row: Row[Any]) -> Note:
    event = None if row.stream is None else Event(row.stream, row.event_id)
    return Note(row.id, event, row.text, written_of(row))
