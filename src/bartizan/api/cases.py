"""`/cases`: what people find out about alerts, and every change of it."""

from datetime import datetime
from typing import Annotated, Any

from fastapi import Query
from pydantic import Field

from bartizan.api.actor import Acting
from bartizan.api.documents import Answer, Asked, Change, Id, Paging, Removed, Versioned, Writing
from bartizan.api.route import Route, Serving
from bartizan.cases.case import MAX_LABELS, MAX_TEXT_CHARACTERS, Reason, Severity, Status
from bartizan.cases.cases import CaseFilter
from bartizan.cases.history import Action

PATH = "/cases/{id}"


class NewCase(Asked):
    """A new case."""

    title: str = Field(min_length=1, max_length=200)
    description: str = Field(default="", max_length=MAX_TEXT_CHARACTERS)
    """Plain text: never markup."""
    severity: Severity = Severity.MEDIUM
    status: Status = Status.OPEN
    reason: Reason | None = None
    """Why it is closed, needed for a closed case."""
    assignees: list[str] = Field(default=[], max_length=MAX_LABELS)
    tags: list[str] = Field(default=[], max_length=MAX_LABELS)


class CaseChange(Change):
    """What to change of a case."""

    title: str = Field(default="", max_length=200)
    description: str = Field(default="", max_length=MAX_TEXT_CHARACTERS)
    severity: Severity = Severity.MEDIUM
    status: Status = Status.OPEN
    reason: Reason | None = None
    """Needed to close a case; it goes when the case is opened again."""
    assignees: list[str] = Field(default=[], max_length=MAX_LABELS)
    """All of them, in place of those before."""
    tags: list[str] = Field(default=[], max_length=MAX_LABELS)
    """All of them, in place of those before."""


class CaseAnswer(Answer):
    """A case."""

    id: str
    title: str
    description: str
    severity: Severity
    status: Status
    reason: Reason | None
    assignees: list[str]
    tags: list[str]
    written: Writing


class CasesQuery(Paging):
    """Which cases; all that is given must hold."""

    status: list[Status] = Field(default=[], max_length=3)
    """Repeatable; none means all."""
    severity: list[Severity] = Field(default=[], max_length=4)
    """Repeatable; none means all."""
    assignee: str | None = Field(default=None, max_length=200)
    tag: str | None = Field(default=None, max_length=200)
    text: str | None = Field(default=None, max_length=200)
    """A part of the title."""
    alert: str | None = Field(default=None, max_length=200)
    """Id of an alert that is attached."""


class CasesAnswer(Answer):
    """Cases, the last changed first."""

    cases: list[CaseAnswer]
    total: int
    """How many there are on all pages."""


class HistoryQuery(Paging):
    """Which changes."""

    subject: str | None = Field(default=None, max_length=200)
    """Id of a comment, an observable or an attachment: its changes alone."""


class ChangeAnswer(Answer):
    """A change."""

    number: int
    """From 1, without gaps."""
    at: datetime
    by: str
    action: Action
    subject: str
    """Id of the comment, observable or attachment; empty for the case itself and its alerts."""
    before: Any
    """What changed, as it was; null for what was added."""
    after: Any
    """As it became; null for what was removed."""


class HistoryAnswer(Answer):
    """Changes of a case, newest first."""

    changes: list[ChangeAnswer]
    total: int
    """How many there are on all pages."""


async def cases(serving: Serving, asked: Annotated[CasesQuery, Query()]) -> CasesAnswer:
    """List cases."""
    wanted = CaseFilter(tuple(asked.status), tuple(asked.severity), asked.assignee, asked.tag, asked.text, asked.alert)
    found = await serving.threads.call(serving.services.casework.cases.find, wanted, asked.limit, asked.offset)
    return CasesAnswer.model_validate(found)


async def create_case(serving: Serving, acting: Acting, asked: NewCase) -> CaseAnswer:
    """Make a case."""
    made = await serving.threads.call(serving.services.casework.cases.create, asked.model_dump(), acting)
    return CaseAnswer.model_validate(made)


async def case(serving: Serving, id: Id) -> CaseAnswer:
    """Read one case."""
    return CaseAnswer.model_validate(await serving.threads.call(serving.services.casework.cases.get, id))


async def change_case(serving: Serving, acting: Acting, id: Id, asked: CaseChange) -> CaseAnswer:
    """Change a case."""
    store = serving.services.casework.cases
    changed = await serving.threads.call(store.update, id, asked.changes(), acting, asked.version)
    return CaseAnswer.model_validate(changed)


async def remove_case(serving: Serving, id: Id, asked: Annotated[Versioned, Query()]) -> Removed:
    """Remove a case with its comments, observables, attachments and history; its alerts stay."""
    await serving.threads.call(serving.services.casework.delete_case, id, asked.version)
    return Removed(id=id)


async def case_history(serving: Serving, id: Id, asked: Annotated[HistoryQuery, Query()]) -> HistoryAnswer:
    """Read a case's changes.

    What a comment said before it was changed is found by its id as `subject`.
    """
    history = serving.services.casework.history
    found = await serving.threads.call(history.of, id, asked.limit, asked.offset, asked.subject)
    return HistoryAnswer.model_validate(found)


ROUTES = (
    Route("GET", "/cases", cases, CasesAnswer),
    Route("POST", "/cases", create_case, CaseAnswer),
    Route("GET", PATH, case, CaseAnswer),
    Route("PATCH", PATH, change_case, CaseAnswer),
    Route("DELETE", PATH, remove_case, Removed),
    Route("GET", PATH + "/history", case_history, HistoryAnswer),
)
