"""Pieces of a segment that are stored already, told by their objects and how far into each of them was stored."""

from collections.abc import Mapping
from pathlib import Path

from bartizan.ingest.segment import Entry, entries, rewrite


def is_in(segment: Path, stored: Mapping[str, int]) -> bool:
    """Whether the segment holds a piece of an object up to a record that is `stored`. Raises `DamagedSegment`."""
    with segment.open("rb") as file:
        return any(_is_stored(entry, stored) for entry in entries(file))


def leave_out(segment: Path, stored: Mapping[str, int]) -> None:
    """Write the segment anew without those pieces."""
    rewrite(segment, lambda found: (entry for entry in found if not _is_stored(entry, stored)))


def _is_stored(entry: Entry, stored: Mapping[str, int]) -> bool:
    return entry.piece.end_ordinal <= stored.get(entry.origin, -1)
