"""Takes new alerts, keeps for each connector what is to be sent to it, and has it sent."""

import random
import threading
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import Any, Protocol

from bartizan.clock import Clock
from bartizan.connector_config import NotifyRoute
from bartizan.respond.actions import Action, request
from bartizan.respond.channel import Channel
from bartizan.respond.connectors.registry import target
from bartizan.respond.courier import Courier
from bartizan.respond.document import value
from bartizan.respond.errors import UnknownConnector
from bartizan.respond.notification import Notification, bounded, delivery_id, risk
from bartizan.respond.outbox import Entry, Outbox, Pace, Record, State
from bartizan.respond.route import Choice, Routed, route
from bartizan.respond.sample import sample_alert
from bartizan.respond.throttle import Bucket

GRACE_S = 2.0
"""Seconds beyond an attempt's time that its thread is waited for at the end."""

ACTION_RISK = 1000
"""Added to how grave an alert is whose actions are asked for: they go before all that is only told."""

KEPT = timedelta(days=90)
"""How long it is known what was sent or given up: an alert that comes again within it is not sent again."""


@dataclass(frozen=True, slots=True)
class ConnectorState:
    """A connector, for people: no secrets."""

    name: str
    type: str
    target: str
    """Where it sends to."""
    waiting: int
    sent: int
    dead: int
    """Alerts given up."""
    last_error: str
    """Why the latest alert that is not sent is not; empty when all are."""


class StoredAlerts(Protocol):
    """Where alerts are kept, read in the order in which they were stored."""

    def newest_ingested(self) -> str:
        """When the last alert was stored."""

    def ingested_after(self, after: str) -> tuple[str, Sequence[Mapping[str, Any]]]:
        """The alerts that were stored together next after that, and when."""


class Notifier:
    """Start it once, stop it once; `offer` may be called before and after."""

    def __init__(
        self, channels: Mapping[str, Channel], routes: Sequence[NotifyRoute], outbox: Outbox, clock: Clock
    ) -> None:
        self._channels = channels
        self._routes = routes
        self._outbox = outbox
        self._clock = clock
        self._couriers = {name: self._courier(one) for name, one in channels.items()}
        self._threads: list[threading.Thread] = []

    def start(self) -> None:
        """Begin with what an earlier run left."""
        self._outbox.forget(self._clock() - KEPT)
        for name, courier in self._couriers.items():
            thread = threading.Thread(target=courier.run, name=f"connector-{name}", daemon=True)
            self._threads.append(thread)
            thread.start()

    def stop(self) -> None:
        """Finish the attempts at hand. One that outlasts its connector's `timeout_s`, as a resolver may, is left alone:
        what it sends is sent again."""
        for courier in self._couriers.values():
            courier.stop()
        for thread, one in zip(self._threads, self._channels.values(), strict=False):
            thread.join(one.settings.timeout_s + GRACE_S)

    def catch_up(self, stored: StoredAlerts, chosen: Mapping[str, Choice] | None = None) -> int:
        """Take every alert that was stored since the last call, in this process or an earlier one, so that a crash
        between an alert and its notification loses nothing. The first call ever takes none: history is no news.

        Gives how many were new, as `offer` does. Raises `OutboxError` and the store's errors; the next call goes on."""
        position = self._outbox.position()
        if not position or not self._couriers:
            newest = stored.newest_ingested()
            if newest != position:
                self._outbox.add((), self._clock(), newest)
            return 0
        taken = 0
        while (batch := stored.ingested_after(position))[1]:
            position, alerts = batch
            taken += self.offer(alerts, chosen, position=position)
        return taken

    def offer(
        self,
        alerts: Iterable[Mapping[str, Any]],
        chosen: Mapping[str, Choice] | None = None,
        *,
        position: str = "",
    ) -> int:
        """Take alerts (ECS documents) that were stored; `chosen` is what rules want of them, by rule's id. Gives
        how many alerts, times connectors and actions, are new. When it returns they are on disk, with `position`.
        Raises `OutboxError`."""
        entries = [_entry(one) for one in route(alerts, self._routes, chosen or {}) if one.connector in self._couriers]
        if not entries and not position:
            return 0
        added = self._outbox.add(entries, self._clock(), position)
        for name in {entry.connector for entry in entries}:
            self._couriers[name].wake()
        return added

    def test(self, name: str) -> str:
        """Send a sample at once, past outbox and throttle; gives what the target said. Raises `UnknownConnector`, or
        why it was not taken."""
        channel = self._channel(name)
        alert = sample_alert(self._clock())
        return channel.send(Notification(delivery_id(name, [alert["alert"]["id"]]), (alert,)))

    def retry(self, name: str) -> int:
        """Have everything that was given up for a connector tried again; gives how many alerts. Another process that
        sends finds it within half a minute. Raises `UnknownConnector`."""
        revived = self._outbox.revive(self._channel(name).name, self._clock())
        self._couriers[name].wake()
        return revived

    def states(self) -> list[ConnectorState]:
        """Every connector, by name."""
        counts = self._outbox.counts()
        return [self._state(name, counts.get(name, {})) for name in sorted(self._channels)]

    def deliveries(self, state: State | None, connector: str, limit: int) -> Sequence[Record]:
        """How alerts' deliveries stand, the latest first; None and empty mean all."""
        return self._outbox.records(state, connector, limit)

    def _channel(self, name: str) -> Channel:
        if name not in self._channels:
            known = ", ".join(sorted(self._channels)) or "none"
            raise UnknownConnector(f"there is no connector `{name}`", hint=f"known are {known}")
        return self._channels[name]

    def _courier(self, channel: Channel) -> Courier:
        settings = channel.settings
        bucket = Bucket(settings.max_per_period, settings.period_s, self._clock())
        jitter = random.SystemRandom().random
        return Courier(channel.name, channel.send, self._outbox, bucket, settings.max_attempts, self._clock, jitter)

    def _state(self, name: str, counts: Mapping[State, int]) -> ConnectorState:
        settings = self._channels[name].settings
        unsent = [*self._outbox.records("waiting", name, 1), *self._outbox.records("dead", name, 1)]
        latest = max(unsent, key=lambda one: one.updated_at, default=None)
        return ConnectorState(
            name,
            settings.type,
            target(settings),
            counts.get("waiting", 0),
            counts.get("sent", 0),
            counts.get("dead", 0),
            latest.error if latest else "",
        )


def _entry(one: Routed) -> Entry:
    alert_id = str(value(one.alert, "alert.id"))
    if one.action is not None:
        return _request(one.action, one, alert_id)
    pace = Pace(str(value(one.alert, "rule.id")), one.every_s) if one.every_s else None
    id = delivery_id(one.connector, [alert_id])
    return Entry(id, one.connector, alert_id, risk(one.alert), bounded(one.alert), pace)


def _request(action: Action, one: Routed, alert_id: str) -> Entry:
    """The same action about the same alert is asked for once, graver ones and all actions before what is only told."""
    id = f"action-{delivery_id(one.connector, [alert_id, f'action {action.kind.type}'])}"
    asked = bounded(request(action, one.alert))
    return Entry(id, one.connector, alert_id, ACTION_RISK + risk(one.alert), asked, is_alone=True)
