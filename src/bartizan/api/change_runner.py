"""Carries out change sets of alerts, one after the other, on a thread of its own; goes on with what was cut off, here
or on a server that is gone."""

import logging
import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack, closing
from functools import partial
from typing import TYPE_CHECKING
from uuid import uuid4

from bartizan.alerts.changes import AlertChanges
from bartizan.api.logs import key_values
from bartizan.errors import BartizanError

if TYPE_CHECKING:
    from bartizan.state.leases import Leases

log = logging.getLogger(__name__)


TTL_S = 60.0
"""Seconds without a batch after which another server goes on with a change set."""
LOOK_S = 15.0
"""Seconds between looks at what other servers have left unfinished."""


class ChangeRunner:
    """Start it once, stop it once. `leases` is given where other servers carry out change sets too."""

    def __init__(self, changes: AlertChanges, leases: "Leases | None" = None) -> None:
        self._changes = changes
        self._leases = leases
        self._owner = uuid4().hex
        self._queued: set[str] = set()
        self._thread = ThreadPoolExecutor(1, "change")
        self._looking = threading.Thread(target=self._look, name="change-look", daemon=True)
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin with what an earlier run, or a server that is gone, left unfinished."""
        self._take_unfinished()
        if self._leases is not None:
            self._looking.start()

    def submit(self, id: str) -> None:
        """Carry out a change set when it is its turn."""
        if id not in self._queued:
            self._queued.add(id)
            self._thread.submit(self._run, id)

    def stop(self) -> None:
        """Finish the batch at hand; the next start goes on from there."""
        self._stopping.set()
        if self._looking.is_alive():
            self._looking.join()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _take_unfinished(self) -> None:
        for change_set in self._changes.unfinished():
            self.submit(change_set.id)

    def _look(self) -> None:
        while not self._stopping.wait(LOOK_S):
            try:
                self._take_unfinished()
            except BartizanError as error:
                log.error(key_values("changes_unknown", error=error))

    def _run(self, id: str) -> None:
        self._queued.discard(id)
        try:
            with ExitStack() as held:
                beat = self._lease(id, held)
                if beat is None:  # another server is at it
                    return
                steps = held.enter_context(closing(self._changes.run(id)))
                for change_set in steps:
                    beat()
                    if self._stopping.is_set():
                        return
                    if change_set.is_ended:
                        log.info(key_values("alerts_changed", id=id, state=change_set.state, n=change_set.changed))
        except BartizanError as error:
            log.error(key_values("change_failed", id=id, error=error))
        except Exception:  # a fault of ours in one change set must not end the others
            log.exception(key_values("change_failed", id=id))

    def _lease(self, id: str, held: ExitStack) -> Callable[[], object] | None:
        """Hold the change set's lease until `held` ends; gives how to renew it, None while another has it."""
        if self._leases is None:
            return lambda: None
        lease = self._leases.acquire(f"change/{id}", self._owner, TTL_S)
        if lease is None:
            return None
        held.callback(self._leases.release, lease)
        return partial(self._leases.renew, lease)
