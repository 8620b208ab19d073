"""The cases themselves: made, found, changed, closed."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, delete, exists, func, insert, select

from bartizan.cases.case import LABELS, Case, Reason, Severity, Status, checked, closed_as_it_should_be
from bartizan.cases.history import Action, History
from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Invalid
from bartizan.state.identity import Ids
from bartizan.state.tables import CASE_ALERTS, CASE_LABELS, CASES
from bartizan.state.versions import added, changed, read, removed, require, written_of

MAX_CASES = 100_000


@dataclass(frozen=True, slots=True)
class CaseFilter:
    """Which cases: all that is given must hold."""

    status: tuple[Status, ...] = ()
    severity: tuple[Severity, ...] = ()
    assignee: str | None = None
    tag: str | None = None
    text: str | None = None
    """A part of the title, in any case of letters."""
    alert: str | None = None
    """Id of an alert that is attached."""


@dataclass(frozen=True, slots=True)
class CasePage:
    """Some of the cases that were asked for, the last changed first, and how many there are."""

    cases: tuple[Case, ...]
    total: int


class Cases:
    """Makes, finds and changes cases. A `version` of None takes whatever version there is."""

    def __init__(self, database: Database, history: History, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._history = history
        self._clock = clock
        self._ids = ids

    def create(self, values: Mapping[str, Any], by: str) -> Case:
        """A new, open case; `title` is needed, any other member of `Case` may be given. Raises `Invalid`."""
        empty = {"description": "", "severity": "medium", "status": "open", "reason": None, "assignees": (), "tags": ()}
        found = checked({"title": "", **empty, **values})
        found["reason"] = closed_as_it_should_be(found["status"], found["reason"])
        id, labels = self._ids(), {name: found.pop(name) for name in LABELS}
        with self._database.write() as connection:
            if connection.execute(select(func.count()).select_from(CASES)).scalar_one() >= MAX_CASES:
                raise Invalid(f"there are {MAX_CASES} cases already", hint="remove old ones")
            added(connection, CASES, {"id": id, **found}, by, self._clock)
            _label(connection, id, labels)
            self._history.record(connection, id, by, Action.CREATED, after={**found, **labels})
            return _case(connection, read(connection, CASES, id, "case"))

    def get(self, id: str) -> Case:
        """One case. Raises `Missing`."""
        with self._database.read() as connection:
            return _case(connection, read(connection, CASES, id, "case"))

    def find(self, wanted: CaseFilter = CaseFilter(), limit: int = 100, offset: int = 0) -> CasePage:
        """Cases that a filter lets through."""
        conditions = _conditions(wanted)
        query = select(CASES).where(*conditions).order_by(CASES.c.updated_at.desc(), CASES.c.id)
        with self._database.read() as connection:
            total = connection.execute(select(func.count()).select_from(CASES).where(*conditions)).scalar_one()
            rows = connection.execute(query.limit(limit).offset(offset)).all()
            labels = _labels(connection, [row.id for row in rows])
        return CasePage(tuple(_with_labels(row, labels.get(row.id, ())) for row in rows), total)

    def update(self, id: str, changes: Mapping[str, Any], by: str, version: int | None = None) -> Case:
        """Change some members; a case that is closed needs a `reason`. Raises `Missing`, `Outdated`, `Invalid`."""
        values = checked(changes)
        with self._history.changing(id) as (connection, row):
            require(row, version)
            case = _case(connection, row)
            after = {**values}
            after["reason"] = closed_as_it_should_be(
                values.get("status", case.status), values.get("reason", case.reason)
            )
            after = {name: value for name, value in after.items() if value != getattr(case, name)}
            if not after:
                return case
            _label(connection, id, {name: after[name] for name in LABELS if name in after})
            stored = {name: value for name, value in after.items() if name not in LABELS}
            changed(connection, CASES, row, version, stored, by, self._clock)
            before = {name: getattr(case, name) for name in after}
            self._history.record(connection, id, by, Action.CHANGED, before=before, after=after)
            return _case(connection, read(connection, CASES, id, "case"))

    def delete(self, id: str, version: int | None = None) -> None:
        """Remove a case and all that belongs to it. Raises `Missing`, `Outdated`."""
        with self._history.changing(id) as (connection, row):
            removed(connection, CASES, row, version)


def _conditions(wanted: CaseFilter) -> list[ColumnElement[bool]]:
    found: list[ColumnElement[bool]] = []
    if wanted.status:
        found.append(CASES.c.status.in_(wanted.status))
    if wanted.severity:
        found.append(CASES.c.severity.in_(wanted.severity))
    if wanted.text:
        found.append(func.lower(CASES.c.title).contains(wanted.text.lower(), autoescape=True))
    for kind, value in (("assignee", wanted.assignee), ("tag", wanted.tag)):
        if value is not None:
            label = CASE_LABELS.c
            found.append(exists().where(label.case_id == CASES.c.id, label.kind == kind, label.value == value))
    if wanted.alert is not None:
        attached = CASE_ALERTS.c
        found.append(exists().where(attached.case_id == CASES.c.id, attached.alert_id == wanted.alert))
    return found


def _label(connection: Connection, id: str, labels: Mapping[str, Iterable[str]]) -> None:
    for name, values in labels.items():
        kind = LABELS[name]
        connection.execute(delete(CASE_LABELS).where(CASE_LABELS.c.case_id == id, CASE_LABELS.c.kind == kind))
        if rows := [{"case_id": id, "kind": kind, "value": value} for value in values]:
            connection.execute(insert(CASE_LABELS), rows)


def _labels(connection: Connection, ids: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """Kind and value of every label of these cases."""
    found: dict[str, list[tuple[str, str]]] = {}
    for row in connection.execute(select(CASE_LABELS).where(CASE_LABELS.c.case_id.in_(ids))):
        found.setdefault(row.case_id, []).append((row.kind, row.value))
    return found


def _case(connection: Connection, row: Row[Any]) -> Case:
    return _with_labels(row, _labels(connection, [row.id]).get(row.id, ()))


def _with_labels(row: Row[Any], labels: Iterable[tuple[str, str]]) -> Case:
    pairs = sorted(labels)
    return Case(
        id=row.id,
        title=row.title,
        description=row.description,
        severity=Severity(row.severity),
        status=Status(row.status),
        reason=None if row.reason is None else Reason(row.reason),
        assignees=tuple(value for kind, value in pairs if kind == LABELS["assignees"]),
        tags=tuple(value for kind, value in pairs if kind == LABELS["tags"]),
        written=written_of(row),
    )
