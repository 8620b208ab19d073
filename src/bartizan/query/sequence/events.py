"""The candidates as plain columns: all events of one key side by side, in order."""

from collections.abc import Iterator
from collections.abc import Sequence as Listing
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Events:
    """Column by column, in the order of key, time and arrival; key n has the events `starts[n]` to `starts[n + 1]`."""

    starts: Listing[int]
    times: Listing[int]
    """Milliseconds since 1970."""
    masks: Listing[int]
    """Bit n is set if the event fulfils the predicate of step n."""

    def by_key(self) -> Iterator[tuple[int, int, int]]:
        """Each key's number, its first event and the one after its last."""
        return zip(range(len(self.starts) - 1), self.starts, self.starts[1:], strict=False)


@dataclass(frozen=True, slots=True)
class Match:
    """A sequence that was found: the number of its key, the positions of its events."""

    key: int
    events: tuple[int, ...]
