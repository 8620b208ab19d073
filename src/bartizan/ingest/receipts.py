"""Who is to be told that its object is safe: when every segment that holds a piece of it is sealed."""

from collections.abc import Iterable
from dataclasses import dataclass, field


@dataclass(slots=True)
class Receipts:
    """Names of objects that were read to their end, waiting for their streams' writers."""

    _waiting: list[tuple[str, set[str]]] = field(default_factory=list)
    """Each object's name and the streams whose unsealed segments hold pieces of it."""

    def read(self, name: str, unsealed: Iterable[str]) -> list[str]:
        """An object was read to its end; gives its name when nothing of it is unsealed any more."""
        streams = set(unsealed)
        if not streams:
            return [name]
        self._waiting.append((name, streams))
        return []

    def sealed(self, stream: str) -> list[str]:
        """A stream's segment was sealed; gives the objects that are safe now."""
        for _, streams in self._waiting:
            streams.discard(stream)
        safe = [name for name, streams in self._waiting if not streams]
        self._waiting = [(name, streams) for name, streams in self._waiting if streams]
        return safe
