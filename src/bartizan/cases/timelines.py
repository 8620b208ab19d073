"""Timelines: a query, the events that mattered, and what people noted on them. Saved as people work, hence by version:
whoever saves over what he has not seen is told."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Row, func, select

from bartizan.cases.case import MAX_TEXT_CHARACTERS
from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Invalid
from bartizan.state.identity import Ids
from bartizan.state.tables import TIMELINES
from bartizan.state.texts import at_most, line, text
from bartizan.state.versions import Written, added, changed, locked, read, removed, written_of

MAX_TIMELINES = 20_000
MAX_QUERY_CHARACTERS = 200_000
MAX_INDICES = 100
_EMPTY: Mapping[str, Any] = {
    "title": "",
    "description": "",
    "query": "",
    "language": "kql",
    "indices": ("logs-*",),
    "time_from": "",
    "time_to": "",
}


@dataclass(frozen=True, slots=True)
class Timeline:
    """A timeline without its events."""

    id: str
    title: str
    description: str
    query: str
    """Of any length up to a search's, and not checked: it is saved while it is being written."""
    language: str
    indices: tuple[str, ...]
    """Patterns of streams."""
    time_from: str
    """Date or date math, included; empty: no bound."""
    time_to: str
    """Date or date math, excluded; empty: no bound."""
    written: Written


@dataclass(frozen=True, slots=True)
class TimelinePage:
    """Some of the timelines, the last saved first, and how many there are."""

    timelines: tuple[Timeline, ...]
    total: int


class Timelines:
    """Makes, saves and finds timelines."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def create(self, values: Mapping[str, Any], by: str) -> Timeline:
        """A new timeline; `title` is needed. Raises `Invalid`."""
        found = {"id": self._ids(), **_checked({**_EMPTY, **values})}
        with self._database.write() as connection:
            if connection.execute(select(func.count()).select_from(TIMELINES)).scalar_one() >= MAX_TIMELINES:
                raise Invalid(f"there are {MAX_TIMELINES} timelines already", hint="remove old ones")
            added(connection, TIMELINES, found, by, self._clock)
            return _timeline(read(connection, TIMELINES, found["id"], "timeline"))

    def get(self, id: str) -> Timeline:
        """One timeline. Raises `Missing`."""
        with self._database.read() as connection:
            return _timeline(read(connection, TIMELINES, id, "timeline"))

    def find(self, part: str = "", limit: int = 100, offset: int = 0) -> TimelinePage:
        """Timelines whose titles hold a text, in any case of letters."""
        wanted = [func.lower(TIMELINES.c.title).contains(part.lower(), autoescape=True)] if part else []
        query = select(TIMELINES).where(*wanted).order_by(TIMELINES.c.updated_at.desc(), TIMELINES.c.id)
        with self._database.read() as connection:
            total = connection.execute(select(func.count()).select_from(TIMELINES).where(*wanted)).scalar_one()
            rows = connection.execute(query.limit(limit).offset(offset))
            return TimelinePage(tuple(map(_timeline, rows)), total)

    def save(self, id: str, changes: Mapping[str, Any], by: str, version: int) -> Timeline:
        """Change some members of the version that was read. Raises `Missing`, `Outdated`, `Invalid`."""
        values = _checked(changes)
        with self._database.write() as connection:
            row = locked(connection, TIMELINES, id, "timeline")
            changed(connection, TIMELINES, row, version, values, by, self._clock)
            return _timeline(read(connection, TIMELINES, id, "timeline"))

    def delete(self, id: str, version: int | None = None) -> None:
        """Remove it with its pins and notes. Raises `Missing`, `Outdated`."""
        with self._database.write() as connection:
            removed(connection, TIMELINES, locked(connection, TIMELINES, id, "timeline"), version)


def _checked(values: Mapping[str, Any]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    if "title" in values:
        found["title"] = line(values["title"], "title")
    for name, limit in (("description", MAX_TEXT_CHARACTERS), ("query", MAX_QUERY_CHARACTERS)):
        if name in values:
            found[name] = text(values[name], name, limit)
    if "language" in values:
        found["language"] = line(values["language"], "language", 20)
    if "indices" in values:
        found["indices"] = _indices(values["indices"])
    for name in ("time_from", "time_to"):
        if name in values:
            found[name] = line(values[name], name, 100, needed=False)
    return found


def _indices(patterns: Sequence[str]) -> list[str]:
    at_most(patterns, MAX_INDICES, "indices", "patterns")
    return [line(pattern, "indices") for pattern in patterns]


def _timeline(row: Row[Any]) -> Timeline:
    names = ("id", "title", "description", "query", "language", "time_from", "time_to")
    values = {name: getattr(row, name) for name in names}
    return Timeline(**values, indices=tuple(row.indices), written=written_of(row))
