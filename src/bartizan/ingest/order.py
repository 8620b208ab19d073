"""The order of arrival where several servers, each with a spool of its own, keep one store."""

from contextlib import AbstractContextManager
from typing import Protocol


class Order(Protocol):
    """What a server and the others promise each other."""

    @property
    def passed_ms(self) -> int:
        """Readers may have passed all instants before this one: of this server nothing may arrive there any more."""

    @property
    def least_ms(self) -> int:
        """Nothing arrives before this instant any more, from any server: readers go so far."""

    def stands(self, ingested_ms: int) -> bool:
        """Whether rows that are stored by now under this instant are where no reader has passed."""

    def alone(self) -> AbstractContextManager[None]:
        """Keeps the other servers from adding alerts for as long as the block lasts."""
