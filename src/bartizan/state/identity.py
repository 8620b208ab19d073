"""Ids of documents, as an argument: tests give their own."""

import uuid
from collections.abc import Callable

Ids = Callable[[], str]
"""Gives an id that no other document has."""


def random_id() -> str:
    """122 random bits, as 32 characters 0-9a-f."""
    return uuid.uuid4().hex
