"""Alerts that belong to a case, by their ids: the alerts themselves stay where they are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import delete, func, insert, select

from bartizan.cases.history import Action, History
from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Missing
from bartizan.state.tables import CASE_ALERTS, CASES
from bartizan.state.texts import at_most, line
from bartizan.state.versions import read

MAX_ALERTS = 10_000
"""Alerts of a case."""
MAX_AT_ONCE = 1000
"""Alerts that one change attaches."""


@dataclass(frozen=True, slots=True)
class AttachedAlert:
    """An alert of a case."""

    alert_id: str
    at: datetime
    by: str


class AttachedAlerts:
    """Attaches and detaches alerts."""

    def __init__(self, database: Database, history: History, clock: Clock) -> None:
        self._database = database
        self._history = history
        self._clock = clock

    def attach(self, case_id: str, alerts: Sequence[str], by: str) -> int:
        """Attach alerts, those that are there already once; gives how many are new. Raises `Missing`, `Invalid`."""
        at_most(alerts, MAX_AT_ONCE, "alerts", "alerts")
        wanted = dict.fromkeys(line(alert, "alerts") for alert in alerts)
        attached = select(CASE_ALERTS.c.alert_id).where(CASE_ALERTS.c.case_id == case_id)
        count = select(func.count()).select_from(attached.subquery())
        with self._history.changing(case_id) as (connection, _):
            known = set(connection.execute(attached.where(CASE_ALERTS.c.alert_id.in_(wanted))).scalars())
            new = [alert for alert in wanted if alert not in known]
            at_most(range(connection.execute(count).scalar_one() + len(new)), MAX_ALERTS, "alerts", "alerts")
            if new:
                at = self._clock()
                rows = [{"case_id": case_id, "alert_id": alert, "at": at, "by": by} for alert in new]
                connection.execute(insert(CASE_ALERTS), rows)
                self._history.record(connection, case_id, by, Action.ALERT_ATTACHED, after=new)
            return len(new)

    def detach(self, case_id: str, alert_id: str, by: str) -> None:
        """Take one away. Raises `Missing`."""
        gone = delete(CASE_ALERTS).where(CASE_ALERTS.c.case_id == case_id, CASE_ALERTS.c.alert_id == alert_id)
        with self._history.changing(case_id) as (connection, _):
            if not connection.execute(gone).rowcount:
                raise Missing("the case has no alert by this id", where="alert_id")
            self._history.record(connection, case_id, by, Action.ALERT_DETACHED, before=[alert_id])

    def all(self, case_id: str) -> tuple[AttachedAlert, ...]:
        """A case's alerts, in the order they were attached. Raises `Missing`."""
        query = select(CASE_ALERTS).where(CASE_ALERTS.c.case_id == case_id)
        with self._database.read() as connection:
            read(connection, CASES, case_id, "case")
            rows = connection.execute(query.order_by(CASE_ALERTS.c.at, CASE_ALERTS.c.alert_id)).all()
        return tuple(AttachedAlert(row.alert_id, row.at, row.by) for row in rows)
