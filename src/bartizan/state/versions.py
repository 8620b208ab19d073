"""Documents that several people change: who did it last, and that nobody overwrites what he has not seen."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, Table, delete, insert, select, update

from bartizan.clock import Clock
from bartizan.state.errors import Missing, Outdated

FIRST = 1


@dataclass(frozen=True, slots=True)
class Written:
    """Who made and last changed a document, when, and its version."""

    version: int
    created_at: datetime
    created_by: str
    updated_at: datetime
    updated_by: str


def written_of(row: Row[Any]) -> Written:
    """What a row says of its writing."""
    return Written(row.version, row.created_at, row.created_by, row.updated_at, row.updated_by)


def added(connection: Connection, table: Table, values: Mapping[str, Any], by: str, clock: Clock) -> None:
    """Insert a document in its first version. Raises `Duplicate`."""
    now = clock()
    made = {"version": FIRST, "created_at": now, "created_by": by, "updated_at": now, "updated_by": by}
    connection.execute(insert(table).values(**values, **made))


def read(connection: Connection, table: Table, id: str, what: str) -> Row[Any]:
    """The row by its id. Raises `Missing`."""
    return _one(connection, select(table).where(table.c.id == id), what)


def locked(connection: Connection, table: Table, id: str, what: str) -> Row[Any]:
    """As `read`, and nobody else's to change before the transaction ends."""
    return _one(connection, select(table).where(table.c.id == id).with_for_update(), what)


def _one(connection: Connection, query: Select[Any], what: str) -> Row[Any]:
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Missing(f"there is no {what} by this id", where="id")
    return row


def changed(
    connection: Connection, table: Table, row: Row[Any], version: int | None, values: Mapping[str, Any], by: str,
    clock: Clock,
) -> None:  # fmt: skip
    """Write the next version of what `locked` gave. Raises `Outdated` unless the change is based on the newest version;
    None takes whatever it is."""
    require(row, version)
    made = {"version": row.version + 1, "updated_at": clock(), "updated_by": by}
    connection.execute(update(table).where(table.c.id == row.id).values(**values, **made))


def removed(connection: Connection, table: Table, row: Row[Any], version: int | None) -> None:
    """Delete what `locked` gave. Raises `Outdated`."""
    require(row, version)
    connection.execute(delete(table).where(table.c.id == row.id))


def require(row: Row[Any], version: int | None) -> None:
    """Raise `Outdated` unless a version is the row's; None is any."""
    if version is not None and version != row.version:
        raise Outdated(
            f"version {version} was changed meanwhile, by {row.updated_by}; the newest is {row.version}",
            where="version",
            hint="read it again and repeat the change",
        )
