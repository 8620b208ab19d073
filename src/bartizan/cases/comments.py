"""Comments on a case. What one said before it was changed stays in the case's history."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, func, select

from bartizan.cases.case import MAX_TEXT_CHARACTERS
from bartizan.cases.history import Action, History
from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Invalid, Missing
from bartizan.state.identity import Ids
from bartizan.state.tables import CASE_COMMENTS, CASES
from bartizan.state.texts import text
from bartizan.state.versions import Written, added, changed, locked, read, removed, written_of

MAX_COMMENTS = 1000
"""Comments on a case."""


@dataclass(frozen=True, slots=True)
class Comment:
    """What someone wrote; it is data, never markup."""

    id: str
    text: str
    written: Written


class Comments:
    """Adds, changes and reads comments."""

    def __init__(self, database: Database, history: History, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._history = history
        self._clock = clock
        self._ids = ids

    def add(self, case_id: str, said: str, by: str) -> Comment:
        """A new comment. Raises `Missing`, `Invalid`."""
        id, said = self._ids(), text(said, "text", MAX_TEXT_CHARACTERS, needed=True)
        count = select(func.count()).where(CASE_COMMENTS.c.case_id == case_id)
        with self._history.changing(case_id) as (connection, _):
            if connection.execute(count).scalar_one() >= MAX_COMMENTS:
                raise Invalid(f"the case has {MAX_COMMENTS} comments already")
            added(connection, CASE_COMMENTS, {"id": id, "case_id": case_id, "text": said}, by, self._clock)
            self._history.record(connection, case_id, by, Action.COMMENT_ADDED, subject=id, after={"text": said})
            return _comment(read(connection, CASE_COMMENTS, id, "comment"))

    def all(self, case_id: str) -> tuple[Comment, ...]:
        """A case's comments, oldest first. Raises `Missing`."""
        query = select(CASE_COMMENTS).where(CASE_COMMENTS.c.case_id == case_id)
        with self._database.read() as connection:
            read(connection, CASES, case_id, "case")
            rows = connection.execute(query.order_by(CASE_COMMENTS.c.created_at, CASE_COMMENTS.c.id))
            return tuple(map(_comment, rows))

    def update(self, case_id: str, id: str, said: str, by: str, version: int | None = None) -> Comment:
        """Change what it says. Raises `Missing`, `Outdated`, `Invalid`."""
        said = text(said, "text", MAX_TEXT_CHARACTERS, needed=True)
        with self._history.changing(case_id) as (connection, _):
            row = _of_case(connection, case_id, id)
            changed(connection, CASE_COMMENTS, row, version, {"text": said}, by, self._clock)
            texts = {"before": {"text": row.text}, "after": {"text": said}}
            self._history.record(connection, case_id, by, Action.COMMENT_CHANGED, subject=id, **texts)
            return _comment(read(connection, CASE_COMMENTS, id, "comment"))

    def delete(self, case_id: str, id: str, by: str, version: int | None = None) -> None:
        """Remove it; the history keeps what it said. Raises `Missing`, `Outdated`."""
        with self._history.changing(case_id) as (connection, _):
            row = _of_case(connection, case_id, id)
            removed(connection, CASE_COMMENTS, row, version)
            self._history.record(connection, case_id, by, Action.COMMENT_REMOVED, subject=id, before={"text": row.text})


def _of_case(connection: Connection, case_id: str, id: str) -> Row[Any]:
    row = locked(connection, CASE_COMMENTS, id, "comment")
    if row.case_id != case_id:
        raise Missing("there is no comment by this id", where="id")
    return row


def _comment(row: Row[Any]) -> Comment:
    return Comment(row.id, row.text, written_of(row))
