"""The one door from the event loop to blocking work: threads that stay, because each holds a connection to the embedded
engine. Searches, objects and tests of connectors have their own, so that slow ones hold up nothing else."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import ParamSpec, TypeVar

P = ParamSpec("P")
T = TypeVar("T")

SEARCHES = 4
CALLS = 4
RECEIVERS = 2
TESTS = 2


class Threads:
    """Runs functions on threads."""

    def __init__(self) -> None:
        self._calls = ThreadPoolExecutor(CALLS, "api")
        self._searches = ThreadPoolExecutor(SEARCHES, "search")
        self._receivers = ThreadPoolExecutor(RECEIVERS, "receive")
        self._tests = ThreadPoolExecutor(TESTS, "test")

    async def call(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run something short."""
        return await _run(self._calls, function, *args, **kwargs)

    async def search(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Run a search; further ones wait for a thread."""
        return await _run(self._searches, function, *args, **kwargs)

    async def receive(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Read an object in; further ones wait for a thread."""
        return await _run(self._receivers, function, *args, **kwargs)

    async def test(self, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
        """Try a connector, whose target may be slow; further ones wait for a thread."""
        return await _run(self._tests, function, *args, **kwargs)

    def close(self) -> None:
        """Wait for what runs; drop what waits."""
        for pool in (self._tests, self._receivers, self._searches, self._calls):
            pool.shutdown(wait=True, cancel_futures=True)


async def _run(pool: ThreadPoolExecutor, function: Callable[P, T], *args: P.args, **kwargs: P.kwargs) -> T:
    return await asyncio.wrap_future(pool.submit(function, *args, **kwargs))
