"""`/timelines`: a query, the events that mattered, and what people noted on them."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from bartizan.api.actor import Acting
from bartizan.api.documents import MAX_VERSION, Answer, Asked, Id, Paging, Removed, Said, SaidAnew, Versioned, Writing
from bartizan.api.route import Route, Served, Serving
from bartizan.cases.case import MAX_TEXT_CHARACTERS
from bartizan.cases.timeline_events import MAX_EVENT_ID_CHARACTERS, Event
from bartizan.cases.timelines import MAX_INDICES, MAX_QUERY_CHARACTERS

PATH = "/timelines/{id}"


class EventBody(Answer):
    """An event's place."""

    stream: str = Field(min_length=1, max_length=200)
    id: str = Field(min_length=1, max_length=MAX_EVENT_ID_CHARACTERS)
    """Its `event.id`."""


class TimelineMembers(Asked):
    """What a timeline says."""

    description: str = Field(default="", max_length=MAX_TEXT_CHARACTERS)
    """Plain text: never markup."""
    query: str = Field(default="", max_length=MAX_QUERY_CHARACTERS)
    """Kept as it is, even while it is not whole."""
    language: str = Field(default="kql", min_length=1, max_length=20)
    indices: list[str] = Field(default=["logs-*"], max_length=MAX_INDICES)
    """Patterns of streams."""
    time_from: str = Field(default="", max_length=100)
    """Date or date math, included; empty is no bound."""
    time_to: str = Field(default="", max_length=100)
    """Date or date math, excluded; empty is no bound."""


class NewTimeline(TimelineMembers):
    """A new timeline."""

    title: str = Field(min_length=1, max_length=200)


class TimelineSave(TimelineMembers):
    """What to save: members that are left out stay as they are."""

    version: int = Field(ge=1, le=MAX_VERSION)
    """The version that was read; the answer is 409 if someone saved since."""
    title: str = Field(default="", max_length=200)


class TimelineAnswer(Answer):
    """A timeline without its events."""

    id: str
    title: str
    description: str
    query: str
    language: str
    indices: list[str]
    time_from: str
    time_to: str
    written: Writing


class PinAnswer(Answer):
    """An event that mattered."""

    event: EventBody
    at: datetime
    by: str


class NoteAnswer(Answer):
    """A note."""

    id: str
    event: EventBody | None
    """Null: on the timeline itself."""
    text: str
    """Plain text: never markup."""
    written: Writing


class WholeTimeline(TimelineAnswer):
    """A timeline with its events."""

    pins: list[PinAnswer]
    """In the order they were set."""
    notes: list[NoteAnswer]
    """Oldest first."""


class TimelinesQuery(Paging):
    """Which timelines."""

    text: str = Field(default="", max_length=200)
    """A part of the title."""


class TimelinesAnswer(Answer):
    """Timelines, the last saved first."""

    timelines: list[TimelineAnswer]
    total: int
    """How many there are on all pages."""


class NewNote(Said):
    """A new note."""

    event: EventBody | None = None
    """Null: on the timeline itself."""


class PinQuery(Asked):
    """A pinned event."""

    stream: str = Field(min_length=1, max_length=200)
    event: str = Field(min_length=1, max_length=MAX_EVENT_ID_CHARACTERS)
    """Its `event.id`."""


async def timelines(serving: Serving, asked: Annotated[TimelinesQuery, Query()]) -> TimelinesAnswer:
    """List timelines."""
    store = serving.services.casework.timelines
    return TimelinesAnswer.model_validate(await serving.threads.call(store.find, asked.text, asked.limit, asked.offset))


async def create_timeline(serving: Serving, acting: Acting, asked: NewTimeline) -> TimelineAnswer:
    """Make a timeline."""
    made = await serving.threads.call(serving.services.casework.timelines.create, asked.model_dump(), acting)
    return TimelineAnswer.model_validate(made)


async def timeline(serving: Serving, id: Id) -> WholeTimeline:
    """Read one timeline with its pinned events and notes."""
    return WholeTimeline.model_validate(await serving.threads.call(_whole, serving, id))


def _whole(serving: Served, id: str) -> dict[str, Any]:
    work = serving.services.casework
    found = TimelineAnswer.model_validate(work.timelines.get(id)).model_dump()
    return {**found, "pins": list(work.timeline_events.pins(id)), "notes": list(work.timeline_events.notes(id))}


async def save_timeline(serving: Serving, acting: Acting, id: Id, asked: TimelineSave) -> TimelineAnswer:
    """Save a timeline as someone works on it."""
    changes = asked.model_dump(exclude_unset=True, exclude={"version"})
    store = serving.services.casework.timelines
    return TimelineAnswer.model_validate(await serving.threads.call(store.save, id, changes, acting, asked.version))


async def remove_timeline(serving: Serving, id: Id, asked: Annotated[Versioned, Query()]) -> Removed:
    """Remove a timeline with its pins and notes."""
    await serving.threads.call(serving.services.casework.timelines.delete, id, asked.version)
    return Removed(id=id)


async def pin_event(serving: Serving, acting: Acting, id: Id, asked: EventBody) -> PinAnswer:
    """Pin an event to a timeline; one that is pinned stays as it is."""
    event = Event(asked.stream, asked.id)
    return PinAnswer.model_validate(
        await serving.threads.call(serving.services.casework.timeline_events.pin, id, event, acting)
    )


async def unpin_event(serving: Serving, id: Id, asked: Annotated[PinQuery, Query()]) -> Removed:
    """Take an event's pin away."""
    event = Event(asked.stream, asked.event)
    await serving.threads.call(serving.services.casework.timeline_events.unpin, id, event)
    return Removed(id=asked.event)


async def add_note(serving: Serving, acting: Acting, id: Id, asked: NewNote) -> NoteAnswer:
    """Note something on a timeline or on an event."""
    event = Event(asked.event.stream, asked.event.id) if asked.event else None
    store = serving.services.casework.timeline_events
    return NoteAnswer.model_validate(await serving.threads.call(store.note, id, event, asked.text, acting))


async def change_note(serving: Serving, acting: Acting, id: Id, note: Id, asked: SaidAnew) -> NoteAnswer:
    """Change what a note says."""
    store = serving.services.casework.timeline_events
    return NoteAnswer.model_validate(
        await serving.threads.call(store.change_note, id, note, asked.text, acting, asked.version)
    )


async def remove_note(serving: Serving, id: Id, note: Id, asked: Annotated[Versioned, Query()]) -> Removed:
    """Remove a note."""
    await serving.threads.call(serving.services.casework.timeline_events.remove_note, id, note, asked.version)
    return Removed(id=note)


ROUTES = (
    Route("GET", "/timelines", timelines, TimelinesAnswer),
    Route("POST", "/timelines", create_timeline, TimelineAnswer),
    Route("GET", PATH, timeline, WholeTimeline),
    Route("PATCH", PATH, save_timeline, TimelineAnswer),
    Route("DELETE", PATH, remove_timeline, Removed),
    Route("POST", PATH + "/pins", pin_event, PinAnswer),
    Route("DELETE", PATH + "/pins", unpin_event, Removed),
    Route("POST", PATH + "/notes", add_note, NoteAnswer),
    Route("PATCH", PATH + "/notes/{note}", change_note, NoteAnswer),
    Route("DELETE", PATH + "/notes/{note}", remove_note, Removed),
)
