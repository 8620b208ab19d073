"""Time as an argument: whoever needs the present takes a `Clock`, so that tests never sleep and replays are exact."""

from collections.abc import Callable
from datetime import UTC, datetime

Clock = Callable[[], datetime]
"""Gives the present as an aware UTC datetime."""


def system_clock() -> datetime:
    """The machine's present time in UTC."""
    return datetime.now(UTC)
