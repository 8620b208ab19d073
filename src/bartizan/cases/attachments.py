"""Attachments of a case. A row is written after its file and removed before it: what a crash between the two leaves is
a file that nothing refers to, never an attachment without one."""

from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO

from sqlalchemy import Connection, Row, delete, func, insert, select

from bartizan.cases.attachment_files import AttachmentFiles, safe_name, sha256_of
from bartizan.cases.history import Action, History
from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Duplicate, Invalid, Missing
from bartizan.state.identity import Ids
from bartizan.state.tables import CASE_ATTACHMENTS, CASES
from bartizan.state.versions import locked, read

MAX_ATTACHMENTS = 100
"""Attachments of a case."""


@dataclass(frozen=True, slots=True)
class Attachment:
    """A file that someone added to a case; its content is nobody's to run or show as a page."""

    id: str
    name: str
    """A safe file name."""
    size_bytes: int
    sha256: str
    at: datetime
    by: str


class Attachments:
    """Adds, reads and removes attachments."""

    def __init__(self, database: Database, files: AttachmentFiles, history: History, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._files = files
        self._history = history
        self._clock = clock
        self._ids = ids

    def add(self, case_id: str, name: str, source: Path, by: str) -> Attachment:
        """Keep a copy of a file. Raises `Missing`, `Invalid` for one too large, `Duplicate` when the case has the same
        content, `AttachmentUnavailable`."""
        digest = sha256_of(source)
        made = Attachment(self._ids(), safe_name(name), source.stat().st_size, digest, self._clock(), by)
        of_case = CASE_ATTACHMENTS.c.case_id == case_id
        with self._history.changing(case_id) as (connection, _):
            known = connection.execute(
                select(CASE_ATTACHMENTS).where(of_case, CASE_ATTACHMENTS.c.sha256 == digest)
            ).first()
            if known is not None:
                raise Duplicate(f"the case has this content already, as `{known.name}`", where="body")
            count = select(func.count()).select_from(CASE_ATTACHMENTS).where(of_case)
            if connection.execute(count).scalar_one() >= MAX_ATTACHMENTS:
                raise Invalid(f"the case has {MAX_ATTACHMENTS} attachments already")
            self._files.put(case_id, source, digest)
            values = {name: getattr(made, name) for name in Attachment.__slots__}
            connection.execute(insert(CASE_ATTACHMENTS).values(case_id=case_id, **values))
            shown = {"name": made.name, "size_bytes": made.size_bytes, "sha256": digest}
            self._history.record(connection, case_id, by, Action.ATTACHMENT_ADDED, subject=made.id, after=shown)
        return made

    def all(self, case_id: str) -> tuple[Attachment, ...]:
        """A case's attachments, in the order they were added. Raises `Missing`."""
        query = select(CASE_ATTACHMENTS).where(CASE_ATTACHMENTS.c.case_id == case_id)
        with self._database.read() as connection:
            read(connection, CASES, case_id, "case")
            rows = connection.execute(query.order_by(CASE_ATTACHMENTS.c.at, CASE_ATTACHMENTS.c.id))
            return tuple(map(_attachment, rows))

    def open(self, case_id: str, id: str) -> tuple[Attachment, BinaryIO]:
        """An attachment and its content. Raises `Missing`, `AttachmentLost`, `AttachmentUnavailable`."""
        with self._database.read() as connection:
            row = read(connection, CASE_ATTACHMENTS, id, "attachment")
        if row.case_id != case_id:
            raise Missing("there is no attachment by this id", where="id")
        return _attachment(row), self._files.open(case_id, row.sha256)

    def delete(self, case_id: str, id: str, by: str) -> None:
        """Remove it and its file. Raises `Missing`."""
        with self._history.changing(case_id) as (connection, _):
            row = locked(connection, CASE_ATTACHMENTS, id, "attachment")
            if row.case_id != case_id:
                raise Missing("there is no attachment by this id", where="id")
            connection.execute(delete(CASE_ATTACHMENTS).where(CASE_ATTACHMENTS.c.id == id))
            before = {"name": row.name, "size_bytes": row.size_bytes, "sha256": row.sha256}
            self._history.record(connection, case_id, by, Action.ATTACHMENT_REMOVED, subject=id, before=before)
        with self._history.changing(case_id) as (connection, _):  # the same content may have been added again meanwhile
            if not _is_kept(connection, case_id, row.sha256):
                self._files.remove(case_id, row.sha256)

    def forget(self, case_id: str) -> None:
        """Remove the files of a case that is gone."""
        self._files.remove_all(case_id)


def _is_kept(connection: Connection, case_id: str, digest: str) -> bool:
    query = select(CASE_ATTACHMENTS.c.id).where(
        CASE_ATTACHMENTS.c.case_id == case_id, CASE_ATTACHMENTS.c.sha256 == digest
    )
    return connection.execute(query).first() is not None


def _attachment(row: Row[Any]) -> Attachment:
    return Attachment(row.id, row.name, row.size_bytes, row.sha256, row.at, row.by)
