"""How far the objects of a group were taken in: what the ledger knows, asked once, with what waits in the spool."""

from bartizan.ingest.ledger import Ledger
from bartizan.ingest.progress import NOTHING, Progress
from bartizan.ingest.spool import Spool


class Known:
    """A group of objects; the ledger is asked again only when a segment was loaded meanwhile."""

    def __init__(self, spool: Spool, ledger: Ledger, origins: list[str]) -> None:
        self._spool = spool
        self._ledger = ledger
        self._origins = origins
        self._ask()

    def progress(self, origin: str) -> Progress:
        """What is stored of an object and what waits in the spool. The spool is asked first: what is loaded meanwhile
        leaves it only after the ledger knows."""
        waiting = self._spool.progress(origin)
        if origin not in self._asked:
            return waiting | self._ledger.progress([origin]).get(origin, NOTHING)
        if self._removed != self._spool.removed:
            self._ask()
        return waiting | self._stored.get(origin, NOTHING)

    def is_stored(self, origin: str) -> bool:
        """Whether the ledger knows the whole object."""
        return self._stored.get(origin, NOTHING).is_complete

    def _ask(self) -> None:
        self._removed = self._spool.removed
        self._stored = self._ledger.progress(self._origins)
        self._asked = frozenset(self._origins)
