"""Carries out change sets of alerts, one after the other, on a thread of its own; goes on with what was cut off."""

import logging
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing

from bartizan.alerts.changes import AlertChanges
from bartizan.api.logs import key_values
from bartizan.errors import BartizanError

log = logging.getLogger(__name__)


class ChangeRunner:
    """Start it once, stop it once."""

    def __init__(self, changes: AlertChanges) -> None:
        self._changes = changes
        self._thread = ThreadPoolExecutor(1, "change")
        self._stopping = threading.Event()

    def start(self) -> None:
        """Begin with what an earlier run left unfinished."""
        for change_set in self._changes.unfinished():
            self.submit(change_set.id)

    def submit(self, id: str) -> None:
        """Carry out a change set when it is its turn."""
        self._thread.submit(self._run, id)

    def stop(self) -> None:
        """Finish the batch at hand; the next start goes on from there."""
        self._stopping.set()
        self._thread.shutdown(wait=True, cancel_futures=True)

    def _run(self, id: str) -> None:
        try:
            with closing(self._changes.run(id)) as steps:
                for change_set in steps:
                    if self._stopping.is_set():
                        return
                    if change_set.is_ended:
                        log.info(key_values("alerts_changed", id=id, state=change_set.state, n=change_set.changed))
        except BartizanError as error:
            log.error(key_values("change_failed", id=id, error=error))
        except Exception:  # a fault of ours in one change set must not end the others
            log.exception(key_values("change_failed", id=id))
