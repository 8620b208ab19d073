"""Sends what waits for one connector, on a thread of its own: a connector that hangs or fails delays no other."""

import logging
import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import orjson

from bartizan.clock import Clock
from bartizan.errors import BartizanError, Terminal
from bartizan.respond.errors import DeliveryFailed
from bartizan.respond.notification import MAX_SHOWN, Notification, delivery_id, headline
from bartizan.respond.outbox import Due, Outbox
from bartizan.respond.retry import backoff_s
from bartizan.respond.throttle import Bucket, fold

log = logging.getLogger(__name__)

IDLE_S = 30.0
"""Seconds between looks at the outbox when nobody says that something came."""
FAULT_S = 5.0
"""Pause after the outbox itself failed."""
MAX_PAUSE_S = 60.0
"""The longest that one failed delivery holds up the others of its connector, unless the target asks for more."""

Send = Callable[[Notification], str]
"""One attempt; gives what the target said. Raises a `Terminal` error of ours for a delivery that it will never take."""


@dataclass(slots=True)
class Courier:
    """Of one connector. `step` is what its thread does again and again."""

    name: str
    """The connector's."""
    send: Send
    outbox: Outbox
    bucket: Bucket
    max_attempts: int
    clock: Clock
    jitter: Callable[[], float]
    """Gives a number from 0 to 1 at each call."""
    _wake: threading.Event = field(default_factory=threading.Event)
    _stopping: threading.Event = field(default_factory=threading.Event)
    _paused_until: datetime | None = None
    _arrived: list[str] = field(default_factory=list)
    """Deliveries that the outbox doesn't know yet to have arrived: while it can't be written, they are not repeated."""

    def run(self) -> None:
        """Until `stop`. A fault of ours must not end it."""
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                pause_s = self.step()
            except Exception:
                log.exception("courier_failed connector=%s", self.name)
                pause_s = FAULT_S
            if not self._stopping.is_set():
                self._wake.wait(min(pause_s, IDLE_S))

    def wake(self) -> None:
        """Something came."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the attempt at hand; what is left waits in the outbox."""
        self._stopping.set()
        self._wake.set()

    def step(self) -> float:
        """Send what may go now; gives the seconds until there may be more to do."""
        self._note_arrived()
        now = self.clock()
        if self._paused_until and now < self._paused_until:
            return (self._paused_until - now).total_seconds()
        for delivery, due in self._deliveries(now):
            if self._stopping.is_set():
                break
            self.bucket.take()
            if pause_s := self._attempt(delivery, due):
                self._paused_until = self.clock() + timedelta(seconds=pause_s)
                return pause_s
        return self._next_s()

    def _deliveries(self, now: datetime) -> list[tuple[str, Sequence[Due]]]:
        """What the tokens allow, what was tried least first: a delivery that always fails must not keep others back. At
        most half of the tokens are for what was tried before, as long as there is something new."""
        due, tokens = self.outbox.due(self.name, now), self.bucket.available(now)
        tried: dict[str, list[Due]] = {}
        for one in due:
            if one.delivery:
                tried.setdefault(one.delivery, []).append(one)
        known = {one.id: one for one in due if not one.delivery}
        again = sorted(tried.items(), key=lambda one: one[1][0].attempts)[: max(tokens // 2, 1) if known else tokens]
        chosen: list[tuple[str, Sequence[Due]]] = [*again[:tokens]]
        for ids in fold(list(known), tokens - len(chosen)):
            delivery = ids[0] if len(ids) == 1 else delivery_id(self.name, ids)
            self.outbox.assign(ids, delivery)
            chosen.append((delivery, [known[id] for id in ids]))
        return sorted(chosen, key=lambda one: one[1][0].attempts)

    def _attempt(self, delivery: str, due: Sequence[Due]) -> float:
        """Try one delivery and write down what it came to; gives the seconds to leave the target alone."""
        try:
            self.send(self._notification(delivery, due))
        except Exception as error:
            return self._failed(delivery, due[0].attempts + 1, _of_ours(error))
        self._arrived.append(delivery)
        self._note_arrived()
        return 0.0

    def _note_arrived(self) -> None:
        while self._arrived:
            self.outbox.sent(self._arrived[0], self.clock())
            del self._arrived[0]

    def _failed(self, delivery: str, attempts: int, error: BartizanError) -> float:
        now = self.clock()
        if isinstance(error, Terminal) or attempts >= self.max_attempts:
            self.outbox.dead(delivery, str(error), now)
            log.error("delivery_dead connector=%s delivery=%s error=%a", self.name, delivery, str(error))
            return 0.0
        asked_s = error.retry_after_s if isinstance(error, DeliveryFailed) else None
        pause_s = backoff_s(attempts, asked_s, self.jitter())
        self.outbox.failed(delivery, str(error), now + timedelta(seconds=pause_s), now)
        log.warning("delivery_failed connector=%s attempt=%d error=%a", self.name, attempts, str(error))
        return max(min(pause_s, MAX_PAUSE_S), asked_s or 0.0)

    def _notification(self, delivery: str, due: Sequence[Due]) -> Notification:
        shown: list[Mapping[str, Any]] = [
            orjson.loads(alert) for alert in self.outbox.alerts([one.id for one in due[:MAX_SHOWN]])
        ]
        if len(due) > 1:
            shown = [headline(alert) for alert in shown]
        return Notification(delivery, tuple(shown), len(due) - len(shown))

    def _next_s(self) -> float:
        due = self.outbox.next_due(self.name)
        if due is None:
            return IDLE_S
        return max((due - self.clock()).total_seconds(), self.bucket.next_s(), 0.0)


def _of_ours(error: Exception) -> BartizanError:
    """An error as it is told; one that nobody foresaw is tried again like any other, and its text not trusted."""
    if isinstance(error, BartizanError):
        return error
    log.error("attempt_failed", exc_info=error)
    return DeliveryFailed(f"a fault of ours, {type(error).__name__}; the log says more")
