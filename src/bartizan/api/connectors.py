"""`/connectors`: what alerts are sent to and how that stands, a test of one, and the deliveries. No secrets."""

from dataclasses import asdict
from datetime import datetime
from typing import Annotated, Any, Literal

from fastapi import Path, Query
from pydantic import BaseModel, ConfigDict, Field

from bartizan.api.route import Route, Serving
from bartizan.respond.errors import RespondError, UnknownConnector

MAX_LIMIT = 1_000


class ConnectorSummary(BaseModel):
    """A connector."""

    name: str
    type: str
    target: str
    """Where it sends to: a host, a topic, a queue."""
    waiting: int
    """Alerts that are still to be sent."""
    sent: int
    dead: int
    """Alerts that were given up."""
    last_error: str
    """Why the latest alert that is not sent is not; empty when all are."""


class Connectors(BaseModel):
    """The connectors."""

    connectors: list[ConnectorSummary]


class Tested(BaseModel):
    """What became of a sample."""

    ok: bool
    message: str
    """What the target said, or why it was not reached."""


class Retried(BaseModel):
    """What is tried again."""

    alerts: int
    """Alerts that were given up and wait again."""


class DeliveriesQuery(BaseModel):
    """Which deliveries."""

    model_config = ConfigDict(extra="forbid")

    state: Literal["waiting", "sent", "dead"] | None = None
    """None means all."""
    connector: str = Field(default="", max_length=64)
    """Empty means all."""
    limit: int = Field(default=100, ge=1, le=MAX_LIMIT)


class Delivery(BaseModel):
    """How the delivery of an alert stands."""

    id: str
    """What the target gets as the delivery's id, unless it was folded into a summary."""
    connector: str
    alert_id: str
    state: Literal["waiting", "sent", "dead"]
    attempts: int
    error: str
    """Why the last attempt failed; empty when none has."""
    offered_at: datetime
    updated_at: datetime


class Deliveries(BaseModel):
    """Deliveries, the latest first."""

    deliveries: list[Delivery]


async def connectors(serving: Serving) -> Connectors:
    """List connectors."""
    states = await serving.threads.call(serving.services.notifier.states)
    return Connectors(connectors=[ConnectorSummary.model_validate(asdict(state)) for state in states])


async def test_connector(serving: Serving, name: Annotated[str, Path(max_length=64)]) -> Tested:
    """Send one sample alert.

    Answers when the connector's target has answered, or the connector's `timeout_s` is over. What went wrong is in the
    answer, whose status is 200 all the same.
    """
    try:
        said = await serving.threads.test(serving.services.notifier.test, name)
    except UnknownConnector:
        raise
    except RespondError as error:
        return Tested(ok=False, message=str(error))
    return Tested(ok=True, message=said)


async def retry_connector(serving: Serving, name: Annotated[str, Path(max_length=64)]) -> Retried:
    """Have what was given up for a connector tried again."""
    return Retried(alerts=await serving.threads.call(serving.services.notifier.retry, name))


async def deliveries(serving: Serving, asked: Annotated[DeliveriesQuery, Query()]) -> Deliveries:
    """List deliveries."""
    notifier = serving.services.notifier
    found = await serving.threads.call(notifier.deliveries, asked.state, asked.connector, asked.limit)
    described: list[dict[str, Any]] = [asdict(record) for record in found]
    return Deliveries(deliveries=[Delivery.model_validate(one) for one in described])


ROUTES = (
    Route("GET", "/connectors", connectors, Connectors),
    Route("POST", "/connectors/{name}/test", test_connector, Tested),
    Route("POST", "/connectors/{name}/retry", retry_connector, Retried),
    Route("GET", "/connectors/deliveries", deliveries, Deliveries),
)
