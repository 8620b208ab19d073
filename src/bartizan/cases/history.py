"""Every change of a case: who did what when, and how it was before. Written in the transaction of the change."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import Connection, Row, func, insert, select, update

from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Invalid
from bartizan.state.tables import CASE_CHANGES, CASES
from bartizan.state.versions import locked, read

MAX_CHANGES = 20_000
"""Changes of a case; with that many it takes no more."""


class Action(StrEnum):
    """What was done."""

    CREATED = "created"
    CHANGED = "changed"
    COMMENT_ADDED = "comment_added"
    COMMENT_CHANGED = "comment_changed"
    COMMENT_REMOVED = "comment_removed"
    ALERT_ATTACHED = "alert_attached"
    ALERT_DETACHED = "alert_detached"
    OBSERVABLE_ADDED = "observable_added"
    OBSERVABLE_CHANGED = "observable_changed"
    OBSERVABLE_REMOVED = "observable_removed"
    ATTACHMENT_ADDED = "attachment_added"
    ATTACHMENT_REMOVED = "attachment_removed"


@dataclass(frozen=True, slots=True)
class Change:
    """One change."""

    number: int
    """From 1, without gaps."""
    at: datetime
    by: str
    action: Action
    subject: str
    """Id of the comment, alert, observable or attachment; empty for the case itself."""
    before: Any
    """The members that changed, as they were; None for what was added."""
    after: Any
    """As they became; None for what was removed."""


@dataclass(frozen=True, slots=True)
class ChangePage:
    """Some of a case's changes, newest first, and how many there are."""

    changes: tuple[Change, ...]
    total: int


class History:
    """Records and reads changes."""

    def __init__(self, database: Database, clock: Clock) -> None:
        self._database = database
        self._clock = clock

    @contextmanager
    def changing(self, case_id: str) -> Iterator[tuple[Connection, Row[Any]]]:
        """A transaction in which the case is nobody else's to change. Raises `Missing`."""
        with self._database.write() as connection:
            yield connection, locked(connection, CASES, case_id, "case")

    def record(
        self,
        connection: Connection,
        case_id: str,
        by: str,
        action: Action,
        *,
        subject: str = "",
        before: Any = None,
        after: Any = None,
    ) -> None:
        """Write down a change within `changing`. Raises `Invalid` when there are too many."""
        last = select(func.max(CASE_CHANGES.c.number)).where(CASE_CHANGES.c.case_id == case_id)
        number = (connection.execute(last).scalar() or 0) + 1
        if number > MAX_CHANGES:
            raise Invalid(f"the case was changed {MAX_CHANGES} times", hint="go on in a new case")
        now = self._clock()
        values = {"case_id": case_id, "number": number, "at": now, "by": by, "action": action.value}
        connection.execute(insert(CASE_CHANGES).values(**values, subject=subject, before=before, after=after))
        connection.execute(update(CASES).where(CASES.c.id == case_id).values(updated_at=now, updated_by=by))

    def of(self, case_id: str, limit: int = 100, offset: int = 0, subject: str | None = None) -> ChangePage:
        """Changes of a case, or of one comment, alert, observable or attachment of it. Raises `Missing`."""
        wanted = [CASE_CHANGES.c.case_id == case_id]
        if subject is not None:
            wanted.append(CASE_CHANGES.c.subject == subject)
        query = select(CASE_CHANGES).where(*wanted).order_by(CASE_CHANGES.c.number.desc())
        with self._database.read() as connection:
            read(connection, CASES, case_id, "case")
            total = connection.execute(select(func.count()).select_from(CASE_CHANGES).where(*wanted)).scalar_one()
            found = connection.execute(query.limit(limit).offset(offset)).all()
        return ChangePage(tuple(map(_change, found)), total)


def _change(row: Row[Any]) -> Change:
    return Change(row.number, row.at, row.by, Action(row.action), row.subject, row.before, row.after)
