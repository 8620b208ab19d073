"""Observables of a case: addresses, names, digests and the like that may turn up elsewhere."""

import hashlib
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bartizan.cases.case import MAX_TEXT_CHARACTERS
from bartizan.cases.history import Action, History
from bartizan.cases.observable_values import ObservableType, normal
from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Duplicate, Invalid, Missing
from bartizan.state.identity import Ids
from bartizan.state.tables import CASE_OBSERVABLES, CASES
from bartizan.state.texts import text
from bartizan.state.versions import Written, added, changed, locked, read, removed, written_of

MAX_OBSERVABLES = 5000
"""Observables of a case."""


@dataclass(frozen=True, slots=True)
class Observable:
    """Something observed."""

    id: str
    case_id: str
    type: ObservableType
    value: str
    """In the form that `normal` gives."""
    description: str
    written: Written


class Observables:
    """Adds, changes and finds observables."""

    def __init__(self, database: Database, history: History, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._history = history
        self._clock = clock
        self._ids = ids

    def add(self, case_id: str, type: ObservableType, value: str, description: str, by: str) -> Observable:
        """A new observable. Raises `Missing`, `Invalid`, and `Duplicate` when the case has it."""
        value = normal(type, value)
        shown = {"type": type.value, "value": value, "description": _description(description)}
        id, digest = self._ids(), _digest(type, value)
        of_case = CASE_OBSERVABLES.c.case_id == case_id
        with self._history.changing(case_id) as (connection, _):
            count = connection.execute(select(func.count()).select_from(CASE_OBSERVABLES).where(of_case)).scalar_one()
            if count >= MAX_OBSERVABLES:
                raise Invalid(f"the case has {MAX_OBSERVABLES} observables already")
            if connection.execute(
                select(CASE_OBSERVABLES.c.id).where(of_case, CASE_OBSERVABLES.c.digest == digest)
            ).first():
                raise Duplicate("the case has this observable already", where="value")
            row = {"id": id, "case_id": case_id, "digest": digest, **shown}
            added(connection, CASE_OBSERVABLES, row, by, self._clock)
            self._history.record(connection, case_id, by, Action.OBSERVABLE_ADDED, subject=id, after=shown)
            return _observable(read(connection, CASE_OBSERVABLES, id, "observable"))

    def all(self, case_id: str) -> tuple[Observable, ...]:
        """A case's observables, in the order they were added. Raises `Missing`."""
        query = select(CASE_OBSERVABLES).where(CASE_OBSERVABLES.c.case_id == case_id)
        with self._database.read() as connection:
            read(connection, CASES, case_id, "case")
            rows = connection.execute(query.order_by(CASE_OBSERVABLES.c.created_at, CASE_OBSERVABLES.c.id))
            return tuple(map(_observable, rows))

    def elsewhere(self, type: ObservableType, value: str, limit: int = 100) -> tuple[Observable, ...]:
        """The same observable in every case that has it, the newest first. Raises `Invalid`."""
        digest = _digest(type, normal(type, value))
        query = select(CASE_OBSERVABLES).where(CASE_OBSERVABLES.c.digest == digest)
        with self._database.read() as connection:
            rows = connection.execute(query.order_by(CASE_OBSERVABLES.c.created_at.desc()).limit(limit))
            return tuple(map(_observable, rows))

    def update(self, case_id: str, id: str, description: str, by: str, version: int | None = None) -> Observable:
        """Change its description; another value is another observable. Raises `Missing`, `Outdated`, `Invalid`."""
        values = {"description": _description(description)}
        with self._history.changing(case_id) as (connection, _):
            row = _of_case(connection, case_id, id)
            changed(connection, CASE_OBSERVABLES, row, version, values, by, self._clock)
            before = {"description": row.description}
            self._history.record(
                connection, case_id, by, Action.OBSERVABLE_CHANGED, subject=id, before=before, after=values
            )
            return _observable(read(connection, CASE_OBSERVABLES, id, "observable"))

    def delete(self, case_id: str, id: str, by: str, version: int | None = None) -> None:
        """Take it away. Raises `Missing`, `Outdated`."""
        with self._history.changing(case_id) as (connection, _):
            row = _of_case(connection, case_id, id)
            removed(connection, CASE_OBSERVABLES, row, version)
            before = {"type": row.type, "value": row.value, "description": row.description}
            self._history.record(connection, case_id, by, Action.OBSERVABLE_REMOVED, subject=id, before=before)


def _description(written: str) -> str:
    return text(written, "description", MAX_TEXT_CHARACTERS)


def _digest(type: ObservableType, value: str) -> str:
    return hashlib.sha256(f"{type.value}\0{value}".encode()).hexdigest()


def _of_case(connection: Connection, case_id: str, id: str) -> Row[Any]:
    row = locked(connection, CASE_OBSERVABLES, id, "observable")
    if row.case_id != case_id:
        raise Missing("there is no observable by this id", where="id")
    return row


def _observable(row: Row[Any]) -> Observable:
    return Observable(row.id, row.case_id, ObservableType(row.type), row.value, row.description, written_of(row))
