"""`/alerts`: what the rules found, newest first, and one alert by its id."""

from typing import Annotated, Any, Literal

import orjson
from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from bartizan.api.errors import NotFound
from bartizan.api.route import JsonResponse, Route, Served, Serving
from bartizan.api.search import instant_of
from bartizan.detect.ledger import BEGINNING
from bartizan.engine.literals import date_text

MAX_LIMIT = 1_000


class AlertsQuery(BaseModel):
    """Which alerts."""

    model_config = ConfigDict(extra="forbid")

    time_from: str = Field(default="", alias="from", max_length=100)
    """Date or date math (`now-7d`) of the event, included."""
    severity: list[Literal["low", "medium", "high", "critical"]] = Field(default=[], max_length=4)
    """Repeatable; none means all."""
    limit: int = Field(default=100, ge=1, le=MAX_LIMIT)


class Alerts(BaseModel):
    """Alerts."""

    shown: int
    alerts: list[dict[str, Any]]
    """ECS documents, newest first."""


async def alerts(serving: Serving, asked: Annotated[AlertsQuery, Query()]) -> Response:
    """List alerts."""
    return await serving.threads.call(_alerts, serving, asked)


async def alert(serving: Serving, id: Annotated[str, Path(max_length=100)]) -> Response:
    """Read one alert."""
    found = await serving.threads.call(serving.services.alerts.get, id)
    if found is None:
        raise NotFound("there is no alert by this id", where="id")
    return JsonResponse(orjson.dumps(found))


def _alerts(serving: Served, asked: AlertsQuery) -> Response:
    since = instant_of(asked.time_from, "from", serving.services.clock())
    text = date_text(since) if since else BEGINNING
    found = serving.services.alerts.latest(text, asked.severity, asked.limit)
    return JsonResponse(orjson.dumps({"shown": len(found), "alerts": found}))


ROUTES = (
    Route("GET", "/alerts", alerts, Alerts),
    Route("GET", "/alerts/{id}", alert, dict[str, Any]),
)
