"""Where `bartizan alerts` works: the store itself, or the server that has it open; both answer as the API does."""

import getpass
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol
from urllib.parse import quote

import typer

from bartizan.alerts.errors import UnknownAlert
from bartizan.alerts.listing import AlertFilter, page
from bartizan.alerts.selection import Selection, select_alerts
from bartizan.alerts.workflow import change_of
from bartizan.app import App
from bartizan.cli.options import open_app
from bartizan.cli.remote import Remote, live_server
from bartizan.query.dates import read_date

POLL_S = 0.2
"""How often a server is asked how far a change is, in seconds."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """Alerts by their ids, or by a query within a time range."""

    ids: Sequence[str]
    query: str | None
    language: str
    time_from: str
    time_to: str
    building_blocks: bool = False
    """Whether the query finds building blocks."""


class Desk(Protocol):
    """Reads and changes alerts. A change set is a dict as the API has it."""

    def listed(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        """Alerts, the newest first, by the parameters of `GET /alerts`."""

    def shown(self, id: str) -> dict[str, Any]:
        """An alert and its history."""

    def begin(self, chosen: Chosen, change: Mapping[str, Any]) -> dict[str, Any]:
        """A change set for these alerts."""

    def begin_undo(self, id: str) -> dict[str, Any]:
        """A change set that undoes another."""

    def steps(self, begun: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        """How a change set stands, time and again until its end."""

    def cancel(self, id: str) -> None:
        """Let a change set end after the batch at hand."""


@contextmanager
def open_desk(data: Path | None, config: Path | None) -> Iterator[Desk]:
    """The desk over a data folder."""
    with open_app(data, config) as app:
        server = live_server(app.config)
        yield RemoteDesk(server) if server else LocalDesk(app)


class LocalDesk:
    """Over a store that nobody else has open; what a crash has cut off is finished first."""

    def __init__(self, app: App) -> None:
        self._app = app
        for change_set in app.alert_changes.unfinished():
            app.alert_changes.finish(change_set.id)

    def listed(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        app, now = self._app, self._app.clock()
        fits = AlertFilter(
            since=_instant(wanted["from"], now),
            until=_instant(wanted["to"], now),
            statuses=wanted["status"],
            severities=wanted["severity"],
            assignees=wanted["assignee"],
            tags=wanted["tag"],
            rules=wanted["rule"],
            query=wanted["search"],
            language=wanted["language"],
            building_blocks=wanted["building_blocks"],
        )
        return page(app.engine, app.schema(), app.alerts.table, fits, now, wanted["limit"]).alerts

    def shown(self, id: str) -> dict[str, Any]:
        alert = self._app.alerts.get(id)
        if alert is None:
            raise UnknownAlert("there is no alert by this id", where=id)
        return {"alert": alert, "history": self._app.alert_changes.history(id)}

    def begin(self, chosen: Chosen, change: Mapping[str, Any]) -> dict[str, Any]:
        changes, wanted = self._app.alert_changes, change_of(change)
        if chosen.query is None:
            return asdict(changes.begin(chosen.ids, wanted, _actor()))
        app, now = self._app, self._app.clock()
        times = _instant(chosen.time_from, now), _instant(chosen.time_to, now)
        selection = Selection(chosen.query, chosen.language, *times, chosen.building_blocks)
        ids = select_alerts(app.engine, app.schema(), app.alerts.table, selection, now, app.budget)
        return asdict(changes.begin(ids, wanted, _actor(), selection.said()))

    def begin_undo(self, id: str) -> dict[str, Any]:
        return asdict(self._app.alert_changes.begin_undo(id, _actor()))

    def steps(self, begun: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        yield from map(asdict, self._app.alert_changes.run(begun["id"]))

    def cancel(self, id: str) -> None:
        changes = self._app.alert_changes
        changes.cancel(id)
        changes.finish(id)


class RemoteDesk:
    """Through the server's API."""

    def __init__(self, server: Remote) -> None:
        self._server = server

    def listed(self, wanted: Mapping[str, Any]) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._server.ask("GET", "/alerts", wanted)["alerts"]
        return found

    def shown(self, id: str) -> dict[str, Any]:
        path = f"/alerts/{quote(id, safe='')}"
        return {
            "alert": self._server.ask("GET", path, {}),
            "history": self._server.ask("GET", f"{path}/history", {})["history"],
        }

    def begin(self, chosen: Chosen, change: Mapping[str, Any]) -> dict[str, Any]:
        times = {"from": chosen.time_from, "to": chosen.time_to}
        by_query = {"query": chosen.query, "language": chosen.language, "building_blocks": chosen.building_blocks}
        which = {"ids": chosen.ids} if chosen.query is None else {**by_query, **times}
        return self._server.ask("POST", "/alerts/changes", {**which, "change": change})

    def begin_undo(self, id: str) -> dict[str, Any]:
        return self._server.ask("POST", f"/alerts/changes/{quote(id, safe='')}/undo", {})

    def steps(self, begun: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
        while True:
            change_set = self._server.ask("GET", f"/alerts/changes/{begun['id']}", {})
            yield change_set
            if change_set["state"] not in ("running", "cancelling"):
                return
            time.sleep(POLL_S)

    def cancel(self, id: str) -> None:
        self._server.ask("DELETE", f"/alerts/changes/{id}", {})


def _actor() -> str:
    """Who is at the keyboard."""
    try:
        return getpass.getuser()
    except (OSError, KeyError):
        return "cli"


def _instant(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    named = read_date(text, now)
    if named is None:
        raise typer.BadParameter(f"`{text}` is no date: write 2026-11-24, 2026-11-24T10:00:00Z or now-7d")
    return named.start
