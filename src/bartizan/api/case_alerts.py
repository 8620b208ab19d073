"""`/cases/{id}/alerts`: alerts that belong to a case."""

from datetime import datetime
from typing import Annotated

from fastapi import Path
from pydantic import Field

from bartizan.api.actor import Acting
from bartizan.api.documents import Answer, Asked, Id, Removed
from bartizan.api.route import Route, Serving
from bartizan.cases.attached_alerts import MAX_AT_ONCE

PATH = "/cases/{id}/alerts"


class AlertsToAttach(Asked):
    """Alerts by their ids."""

    alerts: list[str] = Field(min_length=1, max_length=MAX_AT_ONCE)


class AlertsAttached(Answer):
    """They belong to the case."""

    added: int
    """How many did not before."""


class CaseAlertAnswer(Answer):
    """An alert of a case."""

    alert_id: str
    """`/alerts/{id}` has the alert."""
    at: datetime
    by: str


class CaseAlertsAnswer(Answer):
    """A case's alerts, in the order they were attached."""

    alerts: list[CaseAlertAnswer]


async def case_alerts(serving: Serving, id: Id) -> CaseAlertsAnswer:
    """Read which alerts belong to a case."""
    found = await serving.threads.call(serving.services.casework.alerts.all, id)
    return CaseAlertsAnswer(alerts=[CaseAlertAnswer.model_validate(one) for one in found])


async def attach_alerts(serving: Serving, acting: Acting, id: Id, asked: AlertsToAttach) -> AlertsAttached:
    """Attach alerts to a case."""
    added = await serving.threads.call(serving.services.casework.alerts.attach, id, asked.alerts, acting)
    return AlertsAttached(added=added)


async def detach_alert(
    serving: Serving, acting: Acting, id: Id, alert: Annotated[str, Path(max_length=200)]
) -> Removed:
    """Take an alert away from a case; the alert itself stays."""
    await serving.threads.call(serving.services.casework.alerts.detach, id, alert, acting)
    return Removed(id=alert)


ROUTES = (
    Route("GET", PATH, case_alerts, CaseAlertsAnswer),
    Route("POST", PATH, attach_alerts, AlertsAttached),
    Route("DELETE", PATH + "/{alert}", detach_alert, Removed),
)
