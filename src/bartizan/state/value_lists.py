"""Value lists: many values under a name, which conditions of exceptions refer to.

Values belong to a *generation*. A replacing import fills the next one batch by batch and makes it count at its end, so
whoever reads meanwhile reads the old list whole, and an import that was killed changed nothing.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from sqlalchemy import Connection, Row, delete, func, select, update

from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Invalid, Missing
from bartizan.state.identity import Ids
from bartizan.state.list_values import Rejected, ValueType, read_value, read_values
from bartizan.state.tables import LIST_VALUES, VALUE_LISTS
from bartizan.state.texts import name, text
from bartizan.state.upsert import insert_texts
from bartizan.state.versions import Written, added, changed, locked, read, removed, require, written_of

MAX_LISTS = 1000
MAX_VALUES = 1_000_000
"""Values of a list."""
MAX_TOLD = 100
"""Rejected lines that an import names; all are counted."""
MAX_DESCRIPTION_CHARACTERS = 10_000
_BATCH = 20_000
"""Values written in one transaction: other writers wait for no more."""


@dataclass(frozen=True, slots=True)
class ValueList:
    """A value list, without its values."""

    id: str
    name: str
    type: ValueType
    description: str
    size: int
    """How many values it has."""
    written: Written


@dataclass(slots=True)
class Imported:
    """What came of an import."""

    added: int = 0
    """Values that were not there before."""
    known: int = 0
    """Values that were there, or came twice."""
    rejected: int = 0
    """Lines that hold no value of the list's type."""
    first_rejected: list[Rejected] = field(default_factory=list)
    """At most `MAX_TOLD` of them."""


class ValueLists:
    """Makes, fills and reads value lists."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def create(self, named: str, type: ValueType, description: str, by: str) -> ValueList:
        """A new, empty list. Raises `Invalid`, and `Duplicate` when there is one by this name."""
        values: dict[str, Any] = {
            "id": self._ids(),
            "name": name(named),
            "type": type.value,
            "description": text(description, "description", MAX_DESCRIPTION_CHARACTERS),
            "generation": 0,
            "size": 0,
        }
        with self._database.write() as connection:
            if connection.execute(select(func.count()).select_from(VALUE_LISTS)).scalar_one() >= MAX_LISTS:
                raise Invalid(f"there are {MAX_LISTS} value lists already")
            added(connection, VALUE_LISTS, values, by, self._clock)
            return _list(read(connection, VALUE_LISTS, values["id"], "value list"))

    def lists(self) -> tuple[ValueList, ...]:
        """All lists, by name."""
        with self._database.read() as connection:
            return tuple(map(_list, connection.execute(select(VALUE_LISTS).order_by(VALUE_LISTS.c.name))))

    def get(self, id: str) -> ValueList:
        """One list. Raises `Missing`."""
        with self._database.read() as connection:
            return _list(read(connection, VALUE_LISTS, id, "value list"))

    def named(self, named: str) -> ValueList:
        """The list by its name. Raises `Missing`."""
        with self._database.read() as connection:
            row = connection.execute(select(VALUE_LISTS).where(VALUE_LISTS.c.name == named)).one_or_none()
        if row is None:
            raise Missing(f"there is no value list `{named[:100]}`", where="name")
        return _list(row)

    def update(self, id: str, changes: Mapping[str, str], by: str, version: int | None = None) -> ValueList:
        """Change its `description`. Raises `Missing`, `Outdated`, `Invalid`."""
        checked = {name: text(value, name, MAX_DESCRIPTION_CHARACTERS) for name, value in changes.items()}
        with self._database.write() as connection:
            row = locked(connection, VALUE_LISTS, id, "value list")
            changed(connection, VALUE_LISTS, row, version, checked, by, self._clock)
            return _list(read(connection, VALUE_LISTS, id, "value list"))

    def delete(self, id: str, version: int | None = None) -> None:
        """Remove a list and its values. Raises `Missing`, `Outdated`."""
        with self._database.write() as connection:
            removed(connection, VALUE_LISTS, locked(connection, VALUE_LISTS, id, "value list"), version)

    def values(self, id: str, after: str = "", limit: int = MAX_VALUES) -> tuple[str, ...]:
        """Values in the order of their bytes, those after one. Raises `Missing`."""
        with self._database.read() as connection:
            row = read(connection, VALUE_LISTS, id, "value list")
            query = select(LIST_VALUES.c.value).where(*_of(row.id, row.generation), LIST_VALUES.c.value > after)
            return tuple(connection.execute(query.order_by(LIST_VALUES.c.value).limit(limit)).scalars())

    def remove_value(self, id: str, written: str, by: str) -> ValueList:
        """Take a value out. Raises `Missing` when it isn't in."""
        with self._database.write() as connection:
            row = locked(connection, VALUE_LISTS, id, "value list")
            found = _read(written, ValueType(row.type))
            gone = delete(LIST_VALUES).where(*_of(id, row.generation), LIST_VALUES.c.value.in_(found))
            if not (count := connection.execute(gone).rowcount):
                raise Missing("the list has no such value", where="value")
            changed(connection, VALUE_LISTS, row, None, {"size": row.size - count}, by, self._clock)
            return _list(read(connection, VALUE_LISTS, id, "value list"))

    def add(self, id: str, lines: Iterable[bytes], by: str) -> Imported:
        """Add the values of a text file's lines; repeating it adds nothing. Raises `Missing`, and `Invalid` when there
        are too many (those before are in)."""
        with self._database.read() as connection:
            row = read(connection, VALUE_LISTS, id, "value list")
        imported = Imported()
        for batch in _batches(_kept(read_values(lines, ValueType(row.type)), imported)):
            with self._database.write() as connection:
                now = locked(connection, VALUE_LISTS, id, "value list")
                new = self._insert(connection, id, now.generation, batch, imported)
                _bounded(now.size + new)
                changed(connection, VALUE_LISTS, now, None, {"size": now.size + new}, by, self._clock)
        return imported

    def replace(self, id: str, lines: Iterable[bytes], by: str) -> Imported:
        """Have exactly the values of a text file's lines. Raises `Missing`, `Invalid` for too many, and `Outdated` if
        the list was changed meanwhile; it is as it was then."""
        row = self._next_generation(id)
        generation, imported = row.generation + 1, Imported()
        for batch in _batches(_kept(read_values(lines, ValueType(row.type)), imported)):
            with self._database.write() as connection:
                require(locked(connection, VALUE_LISTS, id, "value list"), row.version)
                self._insert(connection, id, generation, batch, imported)
                _bounded(imported.added)
        values = {"generation": generation, "size": imported.added}
        with self._database.write() as connection:
            changed(
                connection,
                VALUE_LISTS,
                locked(connection, VALUE_LISTS, id, "value list"),
                row.version,
                values,
                by,
                self._clock,
            )
            connection.execute(delete(LIST_VALUES).where(*_of(id, row.generation)))
        return imported

    def _next_generation(self, id: str) -> Row[Any]:
        """The list, in a version of its own, without what a killed import left."""
        with self._database.write() as connection:
            row = locked(connection, VALUE_LISTS, id, "value list")
            others = LIST_VALUES.c.generation != row.generation
            connection.execute(delete(LIST_VALUES).where(LIST_VALUES.c.list_id == id, others))
            connection.execute(update(VALUE_LISTS).where(VALUE_LISTS.c.id == id).values(version=row.version + 1))
            return read(connection, VALUE_LISTS, id, "value list")

    def _insert(self, connection: Connection, id: str, generation: int, values: list[str], imported: Imported) -> int:
        statement = insert_texts(self._database, LIST_VALUES, {"list_id": id, "generation": generation}, values)
        new = connection.execute(statement, execution_options={"preserve_rowcount": True}).rowcount
        imported.added += new
        imported.known += len(values) - new
        return new


def _kept(found: Iterable[tuple[str, ...] | Rejected], imported: Imported) -> Iterator[str]:
    for one in found:
        if isinstance(one, Rejected):
            imported.rejected += 1
            if imported.rejected <= MAX_TOLD:
                imported.first_rejected.append(one)
        else:
            yield from one


def _batches(values: Iterator[str]) -> Iterator[list[str]]:
    while batch := list(islice(values, _BATCH)):
        yield batch


def _bounded(size: int) -> None:
    if size > MAX_VALUES:
        raise Invalid(f"a value list has at most {MAX_VALUES} values", hint="split it")


def _read(written: str, type: ValueType) -> tuple[str, ...]:
    try:
        return read_value(written, type)
    except ValueError as error:
        raise Invalid(str(error), where="value") from error


def _of(id: str, generation: int) -> tuple[Any, Any]:
    return LIST_VALUES.c.list_id == id, LIST_VALUES.c.generation == generation


def _list(row: Row[Any]) -> ValueList:
    return ValueList(row.id, row.name, ValueType(row.type), row.description, row.size, written_of(row))
