"""Exception lists: what the rules must not alert on. They are kept and read here; detection compiles them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import Row, func, or_, select

from bartizan.clock import Clock
from bartizan.state.conditions import Condition, as_json, read_conditions
from bartizan.state.database import Database
from bartizan.state.errors import Invalid, Missing
from bartizan.state.identity import Ids
from bartizan.state.tables import EXCEPTION_ENTRIES, EXCEPTION_LISTS
from bartizan.state.texts import at_most, document, line, name, text
from bartizan.state.versions import Written, added, changed, locked, read, removed, written_of

MAX_LISTS = 1000
MAX_ENTRIES = 5000
"""Entries of a list."""
MAX_RULES = 1000
"""Rules an entry names."""
MAX_CONDITIONS_BYTES = 256 * 1024
"""Bytes of an entry's conditions as JSON."""
MAX_COMMENTS = 100
MAX_TEXT_CHARACTERS = 10_000
SYSTEMS = ("linux", "windows", "macos")


@dataclass(frozen=True, slots=True)
class ExceptionList:
    """A list of exceptions."""

    id: str
    name: str
    description: str
    written: Written


@dataclass(frozen=True, slots=True)
class ExceptionComment:
    """Why an exception is there, in someone's words."""

    text: str
    by: str
    at: datetime


@dataclass(frozen=True, slots=True)
class ExceptionEntry:
    """One exception: what meets all of its conditions is no alert."""

    id: str
    list_id: str
    name: str
    os: str | None
    """`linux`, `windows` or `macos`; None is any host, or none."""
    expires_at: datetime | None
    """From then on it has no effect; None: never."""
    conditions: tuple[Condition, ...]
    rules: tuple[str, ...] | None
    """Ids of the rules it applies to; None: those that the list is attached to."""
    comments: tuple[ExceptionComment, ...]
    written: Written


class ExceptionLists:
    """Makes, changes and reads exception lists. A `version` of None takes whatever version there is."""

    def __init__(self, database: Database, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._clock = clock
        self._ids = ids

    def create(self, named: str, description: str, by: str) -> ExceptionList:
        """A new list. Raises `Invalid`, and `Duplicate` when there is one by this name."""
        values = {"id": self._ids(), **_list_values({"name": named, "description": description})}
        with self._database.write() as connection:
            if connection.execute(select(func.count()).select_from(EXCEPTION_LISTS)).scalar_one() >= MAX_LISTS:
                raise Invalid(f"there are {MAX_LISTS} exception lists already")
            added(connection, EXCEPTION_LISTS, values, by, self._clock)
            return _list(locked(connection, EXCEPTION_LISTS, values["id"], "exception list"))

    def lists(self) -> tuple[ExceptionList, ...]:
        """All lists, by name."""
        with self._database.read() as connection:
            return tuple(map(_list, connection.execute(select(EXCEPTION_LISTS).order_by(EXCEPTION_LISTS.c.name))))

    def get(self, id: str) -> ExceptionList:
        """One list. Raises `Missing`."""
        with self._database.read() as connection:
            return _list(read(connection, EXCEPTION_LISTS, id, "exception list"))

    def update(self, id: str, changes: Mapping[str, Any], by: str, version: int | None = None) -> ExceptionList:
        """Change its `name` or `description`. Raises `Missing`, `Outdated`, `Invalid`, `Duplicate`."""
        with self._database.write() as connection:
            row = locked(connection, EXCEPTION_LISTS, id, "exception list")
            changed(connection, EXCEPTION_LISTS, row, version, _list_values(changes), by, self._clock)
            return _list(locked(connection, EXCEPTION_LISTS, id, "exception list"))

    def delete(self, id: str, version: int | None = None) -> None:
        """Remove a list and its entries. Raises `Missing`, `Outdated`."""
        with self._database.write() as connection:
            removed(connection, EXCEPTION_LISTS, locked(connection, EXCEPTION_LISTS, id, "exception list"), version)

    def add_entry(self, list_id: str, values: Mapping[str, Any], by: str) -> ExceptionEntry:
        """A new entry: `name` and `conditions` (see `read_conditions`), and if need be `os`, `expires_at`, `rules`.

        Raises `Missing`, `Invalid`.
        """
        if absent := {"name", "conditions"} - values.keys():
            raise Invalid("it is missing", where=sorted(absent)[0])
        empty: dict[str, Any] = {"os": None, "expires_at": None, "rules": None, "comments": []}
        checked = {"id": self._ids(), "list_id": list_id, **empty, **_entry_values(values)}
        count = select(func.count()).where(EXCEPTION_ENTRIES.c.list_id == list_id)
        with self._database.write() as connection:
            locked(connection, EXCEPTION_LISTS, list_id, "exception list")
            if connection.execute(count).scalar_one() >= MAX_ENTRIES:
                raise Invalid(f"the list has {MAX_ENTRIES} entries already", hint="use a value list for many values")
            added(connection, EXCEPTION_ENTRIES, checked, by, self._clock)
            return _entry(locked(connection, EXCEPTION_ENTRIES, checked["id"], "exception"))

    def update_entry(
        self, list_id: str, id: str, changes: Mapping[str, Any], by: str, version: int | None = None
    ) -> ExceptionEntry:
        """Change some of what `add_entry` takes. Raises `Missing`, `Outdated`, `Invalid`."""
        with self._database.write() as connection:
            row = _of_list(locked(connection, EXCEPTION_ENTRIES, id, "exception"), list_id)
            changed(connection, EXCEPTION_ENTRIES, row, version, _entry_values(changes), by, self._clock)
            return _entry(locked(connection, EXCEPTION_ENTRIES, id, "exception"))

    def comment(self, list_id: str, id: str, said: str, by: str) -> ExceptionEntry:
        """Add a comment to an entry. Raises `Missing`, `Invalid`."""
        comment = {"text": text(said, "text", MAX_TEXT_CHARACTERS, needed=True), "by": by}
        with self._database.write() as connection:
            row = _of_list(locked(connection, EXCEPTION_ENTRIES, id, "exception"), list_id)
            comments = [*row.comments, {**comment, "at": self._clock().isoformat()}]
            at_most(comments, MAX_COMMENTS, "comments", "comments")
            changed(connection, EXCEPTION_ENTRIES, row, None, {"comments": comments}, by, self._clock)
            return _entry(locked(connection, EXCEPTION_ENTRIES, id, "exception"))

    def delete_entry(self, list_id: str, id: str, version: int | None = None) -> None:
        """Remove an entry. Raises `Missing`, `Outdated`."""
        with self._database.write() as connection:
            row = _of_list(locked(connection, EXCEPTION_ENTRIES, id, "exception"), list_id)
            removed(connection, EXCEPTION_ENTRIES, row, version)

    def entry(self, list_id: str, id: str) -> ExceptionEntry:
        """One entry. Raises `Missing`."""
        with self._database.read() as connection:
            return _entry(_of_list(read(connection, EXCEPTION_ENTRIES, id, "exception"), list_id))

    def entries(self, list_id: str, limit: int = MAX_ENTRIES, offset: int = 0) -> tuple[ExceptionEntry, ...]:
        """A list's entries, those that expired too, oldest first. Raises `Missing`."""
        with self._database.read() as connection:
            read(connection, EXCEPTION_LISTS, list_id, "exception list")
            query = select(EXCEPTION_ENTRIES).where(EXCEPTION_ENTRIES.c.list_id == list_id)
            rows = connection.execute(query.order_by(*_OLDEST).limit(limit).offset(offset))
            return tuple(map(_entry, rows))

    def in_force(self, at: datetime) -> tuple[ExceptionEntry, ...]:
        """Every list's entries that have not expired at an instant: what detection works with."""
        entry = EXCEPTION_ENTRIES.c
        query = select(EXCEPTION_ENTRIES).where(or_(entry.expires_at.is_(None), entry.expires_at > at))
        with self._database.read() as connection:
            return tuple(map(_entry, connection.execute(query.order_by(*_OLDEST))))

    def named(self, named: str) -> ExceptionList:
        """The list by its name, as rules refer to it. Raises `Missing`."""
        with self._database.read() as connection:
            query = select(EXCEPTION_LISTS).where(EXCEPTION_LISTS.c.name == named)
            row = connection.execute(query).one_or_none()
        if row is None:
            raise Missing(f"there is no exception list `{named[:100]}`", where="name")
        return _list(row)


_OLDEST = (EXCEPTION_ENTRIES.c.created_at, EXCEPTION_ENTRIES.c.id)


def _list_values(values: Mapping[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    if "name" in values:
        checked["name"] = name(values["name"])
    if "description" in values:
        checked["description"] = text(values["description"], "description", MAX_TEXT_CHARACTERS)
    return checked


def _entry_values(values: Mapping[str, Any]) -> dict[str, Any]:
    checked: dict[str, Any] = {}
    if "name" in values:
        checked["name"] = line(values["name"], "name")
    if "conditions" in values:
        conditions = [as_json(condition) for condition in read_conditions(values["conditions"])]
        checked["conditions"] = document(conditions, "conditions", MAX_CONDITIONS_BYTES)
    if "os" in values:
        checked["os"] = _os(values["os"])
    if "expires_at" in values:
        checked["expires_at"] = _instant(values["expires_at"])
    if "rules" in values:
        checked["rules"] = _rules(values["rules"])
    return checked


def _os(value: str | None) -> str | None:
    if value is not None and value not in SYSTEMS:
        raise Invalid("there is no such operating system", where="os", hint=f"known are {', '.join(SYSTEMS)}")
    return value


def _instant(value: datetime | None) -> datetime | None:
    try:
        return value and value.astimezone(UTC)
    except OverflowError as error:
        raise Invalid("it is out of the calendar", where="expires_at") from error


def _rules(rules: Sequence[str] | None) -> list[str] | None:
    if rules is None:
        return None
    at_most(rules, MAX_RULES, "rules", "rules")
    return [line(rule, "rules") for rule in rules]


def _of_list(row: Row[Any], list_id: str) -> Row[Any]:
    if row.list_id != list_id:
        raise Missing("the list has no exception by this id", where="id")
    return row


def _list(row: Row[Any]) -> ExceptionList:
    return ExceptionList(row.id, row.name, row.description, written_of(row))


def _entry(row: Row[Any]) -> ExceptionEntry:
    comments = (ExceptionComment(one["text"], one["by"], datetime.fromisoformat(one["at"])) for one in row.comments)
    return ExceptionEntry(
        id=row.id,
        list_id=row.list_id,
        name=row.name,
        os=row.os,
        expires_at=row.expires_at,
        conditions=read_conditions(row.conditions),
        rules=None if row.rules is None else tuple(row.rules),
        comments=tuple(comments),
        written=written_of(row),
    )
