"""The one shape every error has, and which HTTP status each of ours means."""

from http import HTTPStatus
from typing import Any

import orjson
from fastapi import FastAPI, Request, Response
from fastapi.exceptions import RequestValidationError
from pydantic import BaseModel
from starlette.exceptions import HTTPException

from bartizan.alerts.errors import ChangeConflict, ChangeRefused, UnknownAlert, UnknownChangeSet
from bartizan.detect.errors import BadPeriod, RuleError, UnknownRule
from bartizan.engine.errors import EngineError, StatementRefused
from bartizan.errors import BartizanError, Terminal, Transient
from bartizan.ingest.errors import IngestError
from bartizan.integrations.errors import UnknownDataset
from bartizan.query.budget import BudgetExceeded
from bartizan.query.errors import QueryError, QuerySyntaxError
from bartizan.respond.errors import ActionInvalid, NotAuthorised, UnknownConnector
from bartizan.state.errors import Duplicate, Invalid, LeaseLost, Missing, Outdated

TIMEOUT_EXCEEDED = 159
"""ClickHouse's code for a statement that ran out of time (src/Common/ErrorCodes.cpp)."""

RETRY_AFTER_S = 5


class Problem(BaseModel):
    """What went wrong."""

    type: str
    """Kind of error, one word."""
    message: str
    """What is wrong, for people."""
    where: str | None = None
    """The part of the request, the object or the position in the query at fault."""
    hint: str | None = None
    """The way out."""
    line: int | None = None
    """Line in the query, from 1."""
    column: int | None = None
    """Column in the line, from 1."""
    excerpt: str | None = None
    """The query's line and a caret below what is at fault."""


class ErrorBody(BaseModel):
    """Body of every answer that is not a success."""

    error: Problem


class BadParameter(BartizanError, Terminal):
    """A parameter that can't be read."""


class NotFound(BartizanError, Terminal):
    """There is nothing by that id."""


class Busy(BartizanError, Transient):
    """More has come in than can be kept up with: later may do."""


class TooManyJobs(BartizanError, Transient):
    """As many jobs run and wait as may: another is taken when one has ended."""


_LATER = (HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS)
"""Statuses that say when to come again."""

_STATUS: tuple[tuple[type[BartizanError], HTTPStatus], ...] = (
    (NotFound, HTTPStatus.NOT_FOUND),
    (UnknownConnector, HTTPStatus.NOT_FOUND),
    (NotAuthorised, HTTPStatus.FORBIDDEN),
    (ActionInvalid, HTTPStatus.BAD_REQUEST),
    (UnknownAlert, HTTPStatus.NOT_FOUND),
    (UnknownChangeSet, HTTPStatus.NOT_FOUND),
    (ChangeConflict, HTTPStatus.CONFLICT),
    (ChangeRefused, HTTPStatus.BAD_REQUEST),
    (BadParameter, HTTPStatus.BAD_REQUEST),
    (UnknownRule, HTTPStatus.NOT_FOUND),
    (RuleError, HTTPStatus.BAD_REQUEST),
    (BadPeriod, HTTPStatus.BAD_REQUEST),
    (QueryError, HTTPStatus.BAD_REQUEST),
    (UnknownDataset, HTTPStatus.BAD_REQUEST),
    (StatementRefused, HTTPStatus.BAD_REQUEST),
    (Missing, HTTPStatus.NOT_FOUND),
    (Duplicate, HTTPStatus.CONFLICT),
    (Outdated, HTTPStatus.CONFLICT),
    (LeaseLost, HTTPStatus.CONFLICT),
    (Invalid, HTTPStatus.UNPROCESSABLE_ENTITY),
)


def status_of(error: BartizanError) -> HTTPStatus:
    """The status that an error of ours means to the client: 4xx don't repeat, but for 429 (RFC 6585, 4), which as 503
    and 504 later may do."""
    if isinstance(error, TooManyJobs):
        return HTTPStatus.TOO_MANY_REQUESTS
    if isinstance(error, BudgetExceeded) and error.out_of_time:
        return HTTPStatus.GATEWAY_TIMEOUT
    if isinstance(error, EngineError) and error.code == TIMEOUT_EXCEEDED:
        return HTTPStatus.GATEWAY_TIMEOUT
    if isinstance(error, Transient):
        return HTTPStatus.SERVICE_UNAVAILABLE
    found = next((status for kind, status in _STATUS if isinstance(error, kind)), None)
    if found is not None:
        return found
    return HTTPStatus.UNPROCESSABLE_ENTITY if isinstance(error, IngestError) else HTTPStatus.INTERNAL_SERVER_ERROR


def problem_of(error: BartizanError) -> Problem:
    """An error of ours in the one shape."""
    problem = Problem(
        type=type(error).__name__, message=error.message, where=error.where or None, hint=error.hint or None
    )
    if isinstance(error, QuerySyntaxError):
        problem.line, problem.column = error.line, error.column
        problem.excerpt = f"{error.source_line}\n{error.caret}"
    return problem


def failure(status: int, problem: Problem, headers: dict[str, str] | None = None) -> Response:
    """The response for a problem."""
    body: dict[str, Any] = ErrorBody(error=problem).model_dump()
    return Response(orjson.dumps(body), status, {**(headers or {})}, "application/json")


def install_handlers(server: FastAPI) -> None:
    """Give every error that a handler raises the one shape."""
    server.add_exception_handler(BartizanError, _on_own)
    server.add_exception_handler(HTTPException, _on_http)
    server.add_exception_handler(RequestValidationError, _on_invalid)


async def _on_own(_: Request, error: Exception) -> Response:
    assert isinstance(error, BartizanError)
    status = status_of(error)
    headers = {"Retry-After": str(RETRY_AFTER_S)} if status in _LATER else None
    return failure(status, problem_of(error), headers)


async def _on_http(_: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)
    phrase = HTTPStatus(error.status_code).phrase
    kind = "".join(word.capitalize() for word in phrase.replace("-", " ").split())
    message = error.detail if error.detail != phrase else phrase.lower()
    return failure(error.status_code, Problem(type=kind, message=message), dict(error.headers or {}))


async def _on_invalid(_: Request, error: Exception) -> Response:
    """The first of what is wrong; what was sent is not repeated."""
    assert isinstance(error, RequestValidationError)
    first = error.errors()[0]
    where = ".".join(str(part)[:100] for part in first["loc"])
    said = str(first["msg"])
    problem = Problem(type="InvalidRequest", message=said[:1].lower() + said[1:], where=where)
    return failure(HTTPStatus.UNPROCESSABLE_ENTITY, problem)
