"""Ends a search that runs: whoever waits for it gets `SearchCancelled`."""

import time
from collections.abc import Callable
from concurrent.futures import Future, ThreadPoolExecutor
from typing import TypeVar
from uuid import uuid4

from sqlglot import exp

from bartizan.engine.base import Engine
from bartizan.errors import BartizanError

T = TypeVar("T")
_POLL_S = 0.05
_KILL = exp.Command(
    this="KILL", expression="QUERY WHERE Settings['log_comment'] = {search: String} AND query_id != queryID() ASYNC"
)
"""clickhouse.com/docs/sql-reference/statements/kill; sqlglot has no node for it."""


def new_search() -> str:
    """An id for a search, of this program's own making: it becomes a setting of the statement."""
    return uuid4().hex


def cancel(engine: Engine, search: str) -> None:
    """Tell the engine to end the statements of a search; it does so at its next block, a moment later."""
    engine.query(_KILL.copy(), {"search": search}, format="Null")


def interruptible(engine: Engine, work: Callable[[str], T]) -> T:
    """What `work` gives for the id of a new search; Ctrl-C ends the search first, then goes on as ever.

    The statement runs on a thread of its own: within it Python would hear of an interrupt only when it is over.
    """
    search = new_search()
    with ThreadPoolExecutor(1, "search") as pool:
        running = pool.submit(work, search)
        try:
            return _awaited(running)
        except KeyboardInterrupt:
            _end(engine, search, running)
            raise


def _awaited(running: "Future[T]") -> T:
    while not running.done():
        time.sleep(_POLL_S)
    return running.result()


def _end(engine: Engine, search: str, running: "Future[T]") -> None:
    """Again until it has ended: a statement that hasn't begun yet can't be killed."""
    while not running.done():
        try:
            cancel(engine, search)
        except BartizanError:
            return
        time.sleep(_POLL_S)
