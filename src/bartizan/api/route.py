"""A route of a resource, as its module's `ROUTES` lists it, and what all routes have in common."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Annotated, Any

from fastapi import Depends, FastAPI, Request, Response
from fastapi.responses import JSONResponse
from fastapi.security import HTTPBearer

from bartizan.api.background import BackgroundJobs
from bartizan.api.change_runner import ChangeRunner
from bartizan.api.errors import ErrorBody
from bartizan.api.reception import Receiver
from bartizan.api.searches import RunningSearches
from bartizan.api.services import Services
from bartizan.api.threads import Threads
from bartizan.api.worker import Worker

PREFIX = "/api/v1"

_ERRORS: dict[int | str, dict[str, Any]] = {
    status: {"model": ErrorBody, "description": description}
    for status, description in {
        400: "The request can't be understood; for a query with line and column.",
        401: "The api key is missing or wrong.",
        404: "There is nothing here.",
        409: "It was changed since it was read, its name is taken, or it is not in the state that this needs.",
        413: "The body is too large.",
        415: "The content type is not accepted.",
        422: "A parameter or the body is not valid.",
        429: "As many jobs run as may: try again after `Retry-After` seconds.",
        500: "The server failed.",
        503: "Not now: try again after `Retry-After` seconds.",
    }.items()
}

_KEY = HTTPBearer(auto_error=False, description="The server's api key, where it asks for one.")


@dataclass(frozen=True, slots=True)
class Served:
    """What handlers reach: the services, and what works while the server runs."""

    services: Services
    worker: Worker
    receiver: Receiver
    threads: Threads
    changes: ChangeRunner
    background: BackgroundJobs
    searches: RunningSearches = field(default_factory=RunningSearches)


@dataclass(frozen=True, slots=True)
class Route:
    """One operation."""

    method: str
    path: str
    """Below `PREFIX`."""
    endpoint: Callable[..., Any]
    answer: type[Any]
    """The body's type, for the schema; a class of responses where the body is no JSON."""
    openapi: dict[str, Any] | None = None
    status: int = 200
    """Of a success: 202 for what goes on after the answer."""


def served(request: Request) -> Served:
    """What the running server was built with."""
    found: Served = request.app.state.served
    return found


Serving = Annotated[Served, Depends(served)]


def add_routes(server: FastAPI, tag: str, routes: Sequence[Route]) -> None:
    """Give the server a resource's routes; the first line of an endpoint's docstring is its summary."""
    for route in routes:
        is_response = isinstance(route.answer, type) and issubclass(route.answer, Response)
        summary, _, description = (route.endpoint.__doc__ or "").partition("\n")
        server.add_api_route(
            PREFIX + route.path,
            route.endpoint,
            methods=[route.method],
            status_code=route.status,
            response_model=None if is_response else route.answer,
            response_class=route.answer if is_response else JSONResponse,
            responses=_ERRORS,
            tags=[tag],
            summary=summary.rstrip("."),
            description=" ".join(description.split()),
            operation_id=route.endpoint.__name__,
            dependencies=[Depends(_KEY)],
            openapi_extra=route.openapi,
        )


class JsonResponse(Response):
    """Documents as they came from the store, not checked again."""

    media_type = "application/json"
