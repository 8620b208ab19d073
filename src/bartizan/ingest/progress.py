"""How far objects have come: in the spool segment by segment (`Contents`), and all in all (`Progress`)."""

from dataclasses import dataclass, field

from bartizan.ingest.segment import Entry


@dataclass(frozen=True, slots=True)
class Progress:
    """How far an object was taken in."""

    ordinal: int = 0
    """Records (lines) of it that are stored or on the way."""
    is_complete: bool = False

    def __or__(self, other: "Progress") -> "Progress":
        return Progress(max(self.ordinal, other.ordinal), self.is_complete or other.is_complete)


NOTHING = Progress()


@dataclass(slots=True)
class Contents:
    """What the segments of a spool hold, each under a key of its own."""

    _progress: dict[str, dict[str, Progress]] = field(default_factory=dict)

    def add(self, key: str, entry: Entry) -> None:
        """A segment takes an object this far."""
        origins = self._progress.setdefault(key, {})
        reached = Progress(entry.piece.end_ordinal, entry.is_last)
        origins[entry.origin] = origins.get(entry.origin, NOTHING) | reached

    def rename(self, key: str, to: str) -> None:
        """A segment has another key now."""
        self._progress[to] = self._progress.pop(key, {})

    def drop(self, key: str) -> None:
        """A segment is gone."""
        self._progress.pop(key, None)

    def progress(self, origin: str) -> Progress:
        """How far the segments together take an object."""
        reached = NOTHING
        for origins in self._progress.values():
            reached |= origins.get(origin, NOTHING)
        return reached

    def origins(self, key: str) -> list[str]:
        """The objects that a segment holds pieces of."""
        return list(self._progress.get(key, {}))

    def holders(self, origin: str) -> set[str]:
        """Keys of the segments that hold pieces of an object."""
        return {key for key, origins in self._progress.items() if origin in origins}
