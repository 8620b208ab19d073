"""Time as an argument: whoever needs the present takes a `Clock`, so that tests never sleep and replays are exact."""

import time
from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present as an aware UTC datetime."""


def system_clock() -> datetime:
    """The machine's present time in UTC."""
    return datetime.now(UTC)


SteadyClock = Callable[[], float]
"""Gives seconds from some start; it only runs forward, evenly, whatever is done to the wall clock."""


def steady_clock() -> float:
    """Seconds since the machine's start, those asleep included where the system counts them (clock_gettime(2))."""
    return time.clock_gettime(getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC))
