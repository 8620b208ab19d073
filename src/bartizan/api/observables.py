"""`/cases/{id}/observables` and `/observables`: what was observed in a case, and in which others."""

from typing import Annotated

from fastapi import Query
from pydantic import Field

from bartizan.api.actor import Acting
from bartizan.api.documents import Answer, Asked, Change, Id, Removed, Versioned, Writing
from bartizan.api.route import Route, Serving
from bartizan.cases.case import MAX_TEXT_CHARACTERS
from bartizan.cases.observable_values import MAX_VALUE_CHARACTERS, ObservableType

PATH = "/cases/{id}/observables"


class NewObservable(Asked):
    """Something observed."""

    type: ObservableType
    value: str = Field(min_length=1, max_length=MAX_VALUE_CHARACTERS)
    """It is checked by type; a defanged address (`hxxp://evil[.]example`) is made whole."""
    description: str = Field(default="", max_length=MAX_TEXT_CHARACTERS)


class ObservableChange(Change):
    """What to change of an observable; another value is another observable."""

    description: str = Field(max_length=MAX_TEXT_CHARACTERS)


class ObservableQuery(Asked):
    """What to look for."""

    type: ObservableType
    value: str = Field(min_length=1, max_length=MAX_VALUE_CHARACTERS)


class ObservableAnswer(Answer):
    """An observable."""

    id: str
    case_id: str
    type: ObservableType
    value: str
    """Data of attackers: never a link to follow."""
    description: str
    written: Writing


class ObservablesAnswer(Answer):
    """Observables."""

    observables: list[ObservableAnswer]


async def case_observables(serving: Serving, id: Id) -> ObservablesAnswer:
    """Read a case's observables, in the order they were added."""
    found = await serving.threads.call(serving.services.casework.observables.all, id)
    return ObservablesAnswer(observables=[ObservableAnswer.model_validate(one) for one in found])


async def add_observable(serving: Serving, acting: Acting, id: Id, asked: NewObservable) -> ObservableAnswer:
    """Add an observable to a case."""
    store = serving.services.casework.observables
    added = await serving.threads.call(store.add, id, asked.type, asked.value, asked.description, acting)
    return ObservableAnswer.model_validate(added)


async def change_observable(
    serving: Serving, acting: Acting, id: Id, observable: Id, asked: ObservableChange
) -> ObservableAnswer:
    """Change an observable's description."""
    store = serving.services.casework.observables
    changed = await serving.threads.call(store.update, id, observable, asked.description, acting, asked.version)
    return ObservableAnswer.model_validate(changed)


async def remove_observable(
    serving: Serving, acting: Acting, id: Id, observable: Id, asked: Annotated[Versioned, Query()]
) -> Removed:
    """Take an observable away from a case."""
    await serving.threads.call(serving.services.casework.observables.delete, id, observable, acting, asked.version)
    return Removed(id=observable)


async def find_observable(serving: Serving, asked: Annotated[ObservableQuery, Query()]) -> ObservablesAnswer:
    """Find the cases that have an observable, newest first, at most 100."""
    found = await serving.threads.call(serving.services.casework.observables.elsewhere, asked.type, asked.value)
    return ObservablesAnswer(observables=[ObservableAnswer.model_validate(one) for one in found])


ROUTES = (
    Route("GET", PATH, case_observables, ObservablesAnswer),
    Route("POST", PATH, add_observable, ObservableAnswer),
    Route("PATCH", PATH + "/{observable}", change_observable, ObservableAnswer),
    Route("DELETE", PATH + "/{observable}", remove_observable, Removed),
    Route("GET", "/observables", find_observable, ObservablesAnswer),
)
