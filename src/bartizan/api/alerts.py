"""`/alerts`: what the rules found, newest first, one alert by its id, alerts in groups, and what an alert stands on."""

from dataclasses import asdict
from typing import Annotated, Any, Literal

import orjson
from fastapi import Path, Query, Response
from pydantic import BaseModel, ConfigDict, Field

from bartizan.alerts.ancestors import ancestors as ancestors_of
from bartizan.alerts.groups import MAX_FIELDS
from bartizan.alerts.groups import groups as groups_of
from bartizan.alerts.listing import AlertFilter, page
from bartizan.api.errors import NotFound
from bartizan.api.route import JsonResponse, Route, Served, Serving
from bartizan.api.search import MAX_QUERY_CHARACTERS, instant_of

MAX_LIMIT = 1_000

Id = Annotated[str, Path(max_length=100)]
Names = Annotated[list[Annotated[str, Field(max_length=200)]], Field(max_length=100)]


class AlertConditions(BaseModel):
    """Which alerts: all conditions given must hold; the repeatable ones for one of their values."""

    model_config = ConfigDict(extra="forbid")

    time_from: str = Field(default="", alias="from", max_length=100)
    """Date or date math (`now-7d`) of the event, included."""
    time_to: str = Field(default="", alias="to", max_length=100)
    """Date or date math, excluded."""
    severity: list[Literal["low", "medium", "high", "critical"]] = Field(default=[], max_length=4)
    """Repeatable; none means all."""
    status: list[Literal["open", "acknowledged", "closed"]] = Field(default=[], max_length=3)
    """Repeatable; none means all."""
    assignee: Names = []
    tag: Names = []
    rule: Names = []
    """Ids of rules."""
    search: str = Field(default="", max_length=MAX_QUERY_CHARACTERS)
    """A condition on alerts' fields."""
    language: str = Field(default="kql", max_length=20)
    """Of `search`: one that has conditions."""
    building_blocks: bool = False
    """Whether alerts that are there for other rules alone are among them."""


class AlertsQuery(AlertConditions):
    """Which alerts, and which of them."""

    limit: int = Field(default=100, ge=1, le=MAX_LIMIT)
    after: str = Field(default="", max_length=500)
    """What the page before gave as `after`."""


class GroupsQuery(AlertConditions):
    """Which alerts, and by what."""

    by: list[Annotated[str, Field(min_length=1, max_length=200)]] = Field(min_length=1, max_length=MAX_FIELDS)
    """Fields, repeatable."""
    limit: int = Field(default=100, ge=1, le=MAX_LIMIT)


class Alerts(BaseModel):
    """Alerts."""

    shown: int
    alerts: list[dict[str, Any]]
    """ECS documents, newest first, as they are now."""
    after: str | None
    """Where the next page begins; null at the end."""


class Group(BaseModel):
    """Alerts with the same values."""

    values: dict[str, str | None]
    """By field; null for no value. An alert with several values of a field is in several groups."""
    count: int
    open: int
    severity: str
    """The gravest."""
    risk_score: int | None
    """The highest."""
    first: str
    last: str


class AlertGroups(BaseModel):
    """Groups, the largest first."""

    groups: list[Group]
    total: int
    """How many there are."""


class AlertAncestor(BaseModel):
    """An event or alert that an alert stands on."""

    depth: int
    """1 for what it stands on itself."""
    document: dict[str, Any]


class AlertAncestors(BaseModel):
    """What an alert stands on."""

    ancestors: list[AlertAncestor]
    missing: list[str]
    """Ids that no stream has any more."""
    is_cut: bool
    """Whether there are more than are given."""


async def alerts(serving: Serving, asked: Annotated[AlertsQuery, Query()]) -> Response:
    """List alerts."""
    return await serving.threads.search(_alerts, serving, asked)


async def groups(serving: Serving, asked: Annotated[GroupsQuery, Query()]) -> Response:
    """List alerts in groups."""
    return await serving.threads.search(_groups, serving, asked)


async def alert(serving: Serving, id: Id) -> Response:
    """Read one alert."""
    return JsonResponse(orjson.dumps(await serving.threads.call(found_alert, serving, id)))


async def ancestors(serving: Serving, id: Id) -> Response:
    """Read what an alert stands on."""
    return await serving.threads.search(_ancestors, serving, id)


def found_alert(serving: Served, id: str) -> dict[str, Any]:
    """The alert by its id. Raises `NotFound`."""
    found = serving.services.alerts.get(id)
    if found is None:
        raise NotFound("there is no alert by this id", where="id")
    return found


def _alerts(serving: Served, asked: AlertsQuery) -> Response:
    services = serving.services
    now = services.clock()
    wanted = _filter(serving, asked)
    found = page(services.engine, services.schema(), services.alerts.table, wanted, now, asked.limit, asked.after)
    return JsonResponse(orjson.dumps({"shown": len(found.alerts), **asdict(found)}))


def _groups(serving: Served, asked: GroupsQuery) -> Response:
    services = serving.services
    now, table = services.clock(), services.alerts.table
    wanted = _filter(serving, asked)
    found = groups_of(services.engine, services.schema(), table, asked.by, wanted, now, asked.limit)
    return JsonResponse(orjson.dumps(asdict(found)))


def _ancestors(serving: Served, id: str) -> Response:
    services = serving.services
    events = found_alert(serving, id)["alert"].get("events", [])
    found = ancestors_of(services.engine, services.schema(), events, services.limits.search)
    return JsonResponse(orjson.dumps(asdict(found)))


def _filter(serving: Served, asked: AlertConditions) -> AlertFilter:
    now = serving.services.clock()
    return AlertFilter(
        since=instant_of(asked.time_from, "from", now),
        until=instant_of(asked.time_to, "to", now),
        statuses=asked.status,
        severities=asked.severity,
        assignees=asked.assignee,
        tags=asked.tag,
        rules=asked.rule,
        query=asked.search,
        language=asked.language,
        building_blocks=asked.building_blocks,
    )


ROUTES = (
    Route("GET", "/alerts", alerts, Alerts),
    Route("GET", "/alerts/groups", groups, AlertGroups),
    Route("GET", "/alerts/{id}", alert, dict[str, Any]),
    Route("GET", "/alerts/{id}/ancestors", ancestors, AlertAncestors),
)
