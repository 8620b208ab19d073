"""`/exception-lists`: what the rules must not alert on."""

from datetime import datetime
from typing import Annotated, Literal

from fastapi import Query
from pydantic import AwareDatetime, ConfigDict, Field

from bartizan.api.actor import Acting
from bartizan.api.documents import Answer, Asked, Change, Id, Paging, Removed, Said, Versioned, Writing
from bartizan.api.route import Route, Serving
from bartizan.state.conditions import MAX_CONDITIONS, MAX_FIELD_CHARACTERS, MAX_VALUES, Operator
from bartizan.state.exceptions import MAX_RULES, MAX_TEXT_CHARACTERS
from bartizan.state.texts import NAME_PATTERN

ENTRIES_PATH = "/exception-lists/{id}/entries"
System = Literal["linux", "windows", "macos"]


class InnerCondition(Answer):
    """What a field must be."""

    model_config = ConfigDict(extra="forbid")

    field: str = Field(max_length=MAX_FIELD_CHARACTERS)
    operator: Operator
    """`matches` is a pattern with `*` and `?`; `in_list` names a value list; `nested` takes `conditions`."""
    values: list[str | int | float | bool] = Field(default=[], max_length=MAX_VALUES)
    """One for `is`, `matches` and `in_list`, some for `is_one_of` and `in_cidr`, none else."""
    negate: bool = False
    """It must not be so."""


class ConditionBody(InnerCondition):
    """A condition; all conditions of an exception must hold."""

    conditions: list[InnerCondition] = Field(default=[], max_length=MAX_CONDITIONS)
    """Of `nested`: one object of the field meets all of them."""


class NewExceptionList(Asked):
    """A new list."""

    name: str = Field(pattern=f"^{NAME_PATTERN}$")
    """Up to 100 of a-z, 0-9, `.`, `_`, `-`: rules refer to it."""
    description: str = Field(default="", max_length=MAX_TEXT_CHARACTERS)


class ExceptionListChange(Change):
    """What to change of a list."""

    name: str = Field(default="", max_length=100)
    description: str = Field(default="", max_length=MAX_TEXT_CHARACTERS)


class ExceptionListAnswer(Answer):
    """A list, without its exceptions."""

    id: str
    name: str
    description: str
    written: Writing


class ExceptionListsAnswer(Answer):
    """All exception lists, by name."""

    lists: list[ExceptionListAnswer]


class NewException(Asked):
    """A new exception."""

    name: str = Field(max_length=200)
    conditions: list[ConditionBody] = Field(min_length=1, max_length=MAX_CONDITIONS)
    os: System | None = None
    """Only on hosts of this system; null is anywhere."""
    expires_at: AwareDatetime | None = None
    """From then on it has no effect; null is never."""
    rules: list[str] | None = Field(default=None, max_length=MAX_RULES)
    """Ids of the rules it applies to; null is those that use the list."""


class ExceptionChange(Change):
    """What to change of an exception."""

    name: str = Field(default="", max_length=200)
    conditions: list[ConditionBody] = Field(default=[], max_length=MAX_CONDITIONS)
    os: System | None = None
    expires_at: AwareDatetime | None = None
    rules: list[str] | None = Field(default=None, max_length=MAX_RULES)


class ExceptionCommentAnswer(Answer):
    """Why it is there, in someone's words."""

    text: str
    by: str
    at: datetime


class ExceptionAnswer(Answer):
    """An exception."""

    id: str
    list_id: str
    name: str
    conditions: list[ConditionBody]
    os: System | None
    expires_at: datetime | None
    rules: list[str] | None
    comments: list[ExceptionCommentAnswer]
    written: Writing


class ExceptionsAnswer(Answer):
    """Some of a list's exceptions, oldest first, those that expired too; as many as `limit` means there may be more."""

    entries: list[ExceptionAnswer]


async def exception_lists(serving: Serving) -> ExceptionListsAnswer:
    """List exception lists."""
    found = await serving.threads.call(serving.services.state.exceptions.lists)
    return ExceptionListsAnswer(lists=[ExceptionListAnswer.model_validate(one) for one in found])


async def create_exception_list(serving: Serving, acting: Acting, asked: NewExceptionList) -> ExceptionListAnswer:
    """Make an exception list."""
    store = serving.services.state.exceptions
    made = await serving.threads.call(store.create, asked.name, asked.description, acting)
    return ExceptionListAnswer.model_validate(made)


async def exception_list(serving: Serving, id: Id) -> ExceptionListAnswer:
    """Read one exception list."""
    return ExceptionListAnswer.model_validate(await serving.threads.call(serving.services.state.exceptions.get, id))


async def change_exception_list(
    serving: Serving, acting: Acting, id: Id, asked: ExceptionListChange
) -> ExceptionListAnswer:
    """Change an exception list's name or description."""
    store = serving.services.state.exceptions
    changed = await serving.threads.call(store.update, id, asked.changes(), acting, asked.version)
    return ExceptionListAnswer.model_validate(changed)


async def remove_exception_list(serving: Serving, id: Id, asked: Annotated[Versioned, Query()]) -> Removed:
    """Remove an exception list and its exceptions."""
    await serving.threads.call(serving.services.state.exceptions.delete, id, asked.version)
    return Removed(id=id)


async def exceptions(serving: Serving, id: Id, asked: Annotated[Paging, Query()]) -> ExceptionsAnswer:
    """Read an exception list's exceptions."""
    found = await serving.threads.call(serving.services.state.exceptions.entries, id, asked.limit, asked.offset)
    return ExceptionsAnswer(entries=[ExceptionAnswer.model_validate(one) for one in found])


async def create_exception(serving: Serving, acting: Acting, id: Id, asked: NewException) -> ExceptionAnswer:
    """Add an exception to a list."""
    store = serving.services.state.exceptions
    made = await serving.threads.call(store.add_entry, id, asked.model_dump(), acting)
    return ExceptionAnswer.model_validate(made)


async def exception(serving: Serving, id: Id, entry: Id) -> ExceptionAnswer:
    """Read one exception."""
    return ExceptionAnswer.model_validate(
        await serving.threads.call(serving.services.state.exceptions.entry, id, entry)
    )


async def change_exception(
    serving: Serving, acting: Acting, id: Id, entry: Id, asked: ExceptionChange
) -> ExceptionAnswer:
    """Change an exception."""
    store = serving.services.state.exceptions
    changed = await serving.threads.call(store.update_entry, id, entry, asked.changes(), acting, asked.version)
    return ExceptionAnswer.model_validate(changed)


async def remove_exception(serving: Serving, id: Id, entry: Id, asked: Annotated[Versioned, Query()]) -> Removed:
    """Remove an exception."""
    await serving.threads.call(serving.services.state.exceptions.delete_entry, id, entry, asked.version)
    return Removed(id=entry)


async def comment_exception(serving: Serving, acting: Acting, id: Id, entry: Id, asked: Said) -> ExceptionAnswer:
    """Comment on an exception."""
    store = serving.services.state.exceptions
    return ExceptionAnswer.model_validate(await serving.threads.call(store.comment, id, entry, asked.text, acting))


ROUTES = (
    Route("GET", "/exception-lists", exception_lists, ExceptionListsAnswer),
    Route("POST", "/exception-lists", create_exception_list, ExceptionListAnswer),
    Route("GET", "/exception-lists/{id}", exception_list, ExceptionListAnswer),
    Route("PATCH", "/exception-lists/{id}", change_exception_list, ExceptionListAnswer),
    Route("DELETE", "/exception-lists/{id}", remove_exception_list, Removed),
    Route("GET", ENTRIES_PATH, exceptions, ExceptionsAnswer),
    Route("POST", ENTRIES_PATH, create_exception, ExceptionAnswer),
    Route("GET", ENTRIES_PATH + "/{entry}", exception, ExceptionAnswer),
    Route("PATCH", ENTRIES_PATH + "/{entry}", change_exception, ExceptionAnswer),
    Route("DELETE", ENTRIES_PATH + "/{entry}", remove_exception, Removed),
    Route("POST", ENTRIES_PATH + "/{entry}/comments", comment_exception, ExceptionAnswer),
)
