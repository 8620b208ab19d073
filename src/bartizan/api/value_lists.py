"""`/value-lists`: many values under a name, for the conditions of exceptions."""

from pathlib import Path
from typing import Annotated

from fastapi import Query, Request
from pydantic import Field

from bartizan.api.actor import Acting
from bartizan.api.body import described_body, received_body
from bartizan.api.documents import Answer, Asked, Change, Id, Removed, Versioned, Writing
from bartizan.api.route import Route, Served, Serving
from bartizan.state.list_values import MAX_VALUE_BYTES, ValueType, lines_of
from bartizan.state.texts import NAME_PATTERN
from bartizan.state.value_lists import MAX_DESCRIPTION_CHARACTERS, Imported

VALUES_PATH = "/value-lists/{id}/values"
MAX_FILE_BYTES = 128 * 1024 * 1024
MAX_LIMIT = 10_000


class NewValueList(Asked):
    """A new list."""

    name: str = Field(pattern=f"^{NAME_PATTERN}$")
    """Up to 100 of a-z, 0-9, `.`, `_`, `-`: exceptions refer to it."""
    type: ValueType
    description: str = Field(default="", max_length=MAX_DESCRIPTION_CHARACTERS)


class ValueListChange(Change):
    """What to change of a list."""

    description: str = Field(default="", max_length=MAX_DESCRIPTION_CHARACTERS)


class ValueListAnswer(Answer):
    """A list, without its values."""

    id: str
    name: str
    type: ValueType
    description: str
    size: int
    """How many values it has."""
    written: Writing


class ValueListsAnswer(Answer):
    """All value lists, by name."""

    lists: list[ValueListAnswer]


class ValuesQuery(Asked):
    """Which of a list's values."""

    after: str = Field(default="", max_length=MAX_VALUE_BYTES)
    """The last value of the page before."""
    limit: int = Field(default=1000, ge=1, le=MAX_LIMIT)


class ValuesAnswer(Answer):
    """Values in the order of their bytes; as many as `limit` means that there may be more."""

    values: list[str]


class ImportQuery(Asked):
    """What to do with the values that are there."""

    replace: bool = False
    """Have only the new ones. The old list counts until all of the new is in."""


class RejectedLine(Answer):
    """A line that holds no value of the list's type."""

    line: int
    """From 1."""
    reason: str


class ImportAnswer(Answer):
    """What came of an import."""

    added: int
    """Values that were not there before."""
    known: int
    """Values that were there, or came twice."""
    rejected: int
    """Lines that hold no value of the list's type."""
    first_rejected: list[RejectedLine]


class ValueQuery(Asked):
    """One value."""

    value: str = Field(min_length=1, max_length=MAX_VALUE_BYTES)


async def value_lists(serving: Serving) -> ValueListsAnswer:
    """List value lists."""
    found = await serving.threads.call(serving.services.state.value_lists.lists)
    return ValueListsAnswer(lists=[ValueListAnswer.model_validate(one) for one in found])


async def create_value_list(serving: Serving, acting: Acting, asked: NewValueList) -> ValueListAnswer:
    """Make a value list."""
    store = serving.services.state.value_lists
    made = await serving.threads.call(store.create, asked.name, asked.type, asked.description, acting)
    return ValueListAnswer.model_validate(made)


async def value_list(serving: Serving, id: Id) -> ValueListAnswer:
    """Read one value list."""
    return ValueListAnswer.model_validate(await serving.threads.call(serving.services.state.value_lists.get, id))


async def change_value_list(serving: Serving, acting: Acting, id: Id, asked: ValueListChange) -> ValueListAnswer:
    """Change a value list's description."""
    changes = {name: str(value) for name, value in asked.changes().items()}
    store = serving.services.state.value_lists
    changed = await serving.threads.call(store.update, id, changes, acting, asked.version)
    return ValueListAnswer.model_validate(changed)


async def remove_value_list(serving: Serving, id: Id, asked: Annotated[Versioned, Query()]) -> Removed:
    """Remove a value list and its values."""
    await serving.threads.call(serving.services.state.value_lists.delete, id, asked.version)
    return Removed(id=id)


async def values(serving: Serving, id: Id, asked: Annotated[ValuesQuery, Query()]) -> ValuesAnswer:
    """Read a value list's values."""
    store = serving.services.state.value_lists
    return ValuesAnswer(values=list(await serving.threads.call(store.values, id, asked.after, asked.limit)))


async def import_values(
    serving: Serving, acting: Acting, id: Id, request: Request, asked: Annotated[ImportQuery, Query()]
) -> ImportAnswer:
    """Fill a value list from a text file.

    One value a line; empty lines are left out, and of addresses lines that `#` starts. Lines that hold no value of the
    list's type are told, the others are taken. Repeating it adds nothing.
    """
    async with received_body(serving, request) as body:
        imported = await serving.threads.receive(_imported, serving, id, body, acting, asked.replace)
    return ImportAnswer.model_validate(imported)


def _imported(serving: Served, id: str, body: Path, acting: str, replace: bool) -> Imported:
    store = serving.services.state.value_lists
    with body.open("rb") as file:
        return (store.replace if replace else store.add)(id, lines_of(file), acting)


async def remove_value(
    serving: Serving, acting: Acting, id: Id, asked: Annotated[ValueQuery, Query()]
) -> ValueListAnswer:
    """Take one value out of a list."""
    store = serving.services.state.value_lists
    return ValueListAnswer.model_validate(await serving.threads.call(store.remove_value, id, asked.value, acting))


ROUTES = (
    Route("GET", "/value-lists", value_lists, ValueListsAnswer),
    Route("POST", "/value-lists", create_value_list, ValueListAnswer),
    Route("GET", "/value-lists/{id}", value_list, ValueListAnswer),
    Route("PATCH", "/value-lists/{id}", change_value_list, ValueListAnswer),
    Route("DELETE", "/value-lists/{id}", remove_value_list, Removed),
    Route("GET", VALUES_PATH, values, ValuesAnswer),
    Route("POST", VALUES_PATH, import_values, ImportAnswer, described_body("A text file, one value a line.")),
    Route("DELETE", VALUES_PATH, remove_value, ValueListAnswer),
)
