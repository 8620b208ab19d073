"""This process as one of the servers that keep one store: it says that it lives and how far it is, and knows how far
the others are."""

import logging
import threading
from collections.abc import Collection
from contextlib import AbstractContextManager
from dataclasses import replace
from pathlib import Path

from bartizan.alerts.store import drop_unstored
from bartizan.detect.sharing import server_of
from bartizan.errors import BartizanError
from bartizan.ingest.spool import Spool
from bartizan.state.errors import LeaseLost
from bartizan.state.identity import random_id
from bartizan.state.servers import SLOTS, Seat, Servers, View

log = logging.getLogger(__name__)

ID_FILE = "server-id"
"""In the folder of the spool, which one process has at a time."""

BEAT_S = 1.0
"""Seconds between beats: what other servers took in is looked at so much later at most."""


class Membership:
    """Start it once, before anything is sealed or loaded, and stop it once, or join, beat and leave by hand. Safe for
    many threads. It is the `Order` of its server's loader and alerts."""

    def __init__(self, servers: Servers, spool: Spool, id: str) -> None:
        self._servers = servers
        self._spool = spool
        self._id = id
        self._lock = threading.RLock()
        self._stopping = threading.Event()
        self._thread = threading.Thread(target=self._run, name="membership", daemon=True)
        self._seat: Seat | None = None
        self.view = View()
        self._looked = View()
        self.newest_ms = 0
        """Instant of arrival of the newest that this server stored."""
        self.set_aside: Collection[str] = ()
        """Tokens of segments that this process will not load: nobody waits for them."""
        self.is_detecting = False
        """Whether this server runs rules."""

    @property
    def passed_ms(self) -> int:
        """See `Order`."""
        return self._seated().passed_ms

    @property
    def least_ms(self) -> int:
        """See `Order`."""
        return self.view.least_ms

    def join(self) -> None:
        """Take a seat among the others, before anything is sealed or loaded. Raises `StateError`."""
        drop_unstored(self._spool)
        self._join()
        self.beat()

    def start(self) -> None:
        """Join, and beat until it is stopped. Raises `StateError`."""
        self.join()
        self._thread.start()

    def stop(self) -> None:
        """Beat no more, and leave."""
        self._stopping.set()
        self._thread.join()
        self.leave()

    def leave(self) -> None:
        """Say that nobody is to wait for this server; when the database doesn't answer, they wait until it is put
        out."""
        try:
            self._servers.leave(self._seated())
        except BartizanError as error:
            log.warning("this server could not say that it leaves: %s", error)

    def beat(self) -> View:
        """Say how far this server is; gives how far all are. Raises `StateError`."""
        with self._lock:
            mark_ms = self._spool.low_water(self._servers.greatest_ms(), self.set_aside)
            try:
                self.view = self._servers.beat(self._seated(), mark_ms, self.newest_ms, self.is_detecting)
            except LeaseLost:
                log.warning("put out while it did not answer; it joins again")
                self._join()
            return self.view

    def stands(self, ingested_ms: int) -> bool:
        """See `Order`."""
        if not self._servers.stands(self._seated()):
            with self._lock:
                self._join()
        stands = ingested_ms >= self._seated().passed_ms
        if stands:
            self.newest_ms = max(self.newest_ms, ingested_ms)
        return stands

    def alone(self) -> AbstractContextManager[None]:
        """See `Order`."""
        return self._servers.alone("alerts")

    def owns(self, rule: str) -> bool:
        """Whether this server evaluates a rule."""
        return server_of(rule, self.view.detecting) == self._id

    def look(self) -> int:
        """The instant up to which rules look now, as late as may be. Raises `StateError`."""
        self.is_detecting = True
        self._looked = self.beat()
        return self._looked.least_ms

    @property
    def has_news(self) -> bool:
        """Whether rules may find more than when they last looked."""
        if self.view.present != self._looked.present:
            return True
        return self.view.newest_ms >= self._looked.least_ms < self.view.least_ms

    def put_out_silent(self) -> None:
        """Put out the servers that fell silent. Ask again and again: each look watches them. Raises `StateError`."""
        for other in self._servers.put_out_silent(self._seated()):
            log.warning("server %s fell silent and was put out", other)

    def _join(self) -> None:
        seat = self._servers.join(self._id)
        self._spool.take_turn(seat.slot, SLOTS)
        self._spool.low_water(seat.passed_ms)
        self._seat = seat
        self.view = replace(self.view, least_ms=min(self.view.least_ms, seat.passed_ms), detecting=())

    def _seated(self) -> Seat:
        assert self._seat is not None
        return self._seat

    def _run(self) -> None:
        while not self._stopping.wait(BEAT_S):
            try:
                self.beat()
                self.put_out_silent()
            except (BartizanError, OSError) as error:
                log.error("this server could not say that it lives: %s", error)


def server_id(folder: Path) -> str:
    """The id of the server that keeps its spool in a folder, made at its first start; one process has the folder."""
    file = folder / ID_FILE
    if not file.is_file():
        written = file.with_suffix(".partial")
        written.write_text(random_id())
        written.replace(file)
    return file.read_text()
