"""The searches that run, by the ids that clients gave them, and how one is cancelled."""

from collections.abc import Iterator
from contextlib import contextmanager
from threading import Lock

from bartizan.api.errors import BadParameter
from bartizan.query.cancel import new_search


class RunningSearches:
    """A client's id stands for one search of ours: what a client sends is never part of a statement."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._running: dict[str, str] = {}

    @contextmanager
    def named(self, id: str) -> Iterator[str]:
        """The id to run a search under, known by the client's while it runs. Raises `BadParameter` for one in use."""
        search = new_search()
        with self._lock:
            if id and id in self._running:
                raise BadParameter("a search by this id runs already", where="id", hint="give each search its own")
            self._running[id or search] = search
        try:
            yield search
        finally:
            with self._lock:
                self._running.pop(id or search, None)

    def of(self, id: str) -> str | None:
        """The search that a client calls `id`; None if none of that name runs."""
        with self._lock:
            return self._running.get(id)
