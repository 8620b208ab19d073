"""Splits pieces that don't parse as one JSON document: their records become pieces of their own, so a bad one stands alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from bartizan.ingest.pieces import salvaged
from bartizan.ingest.segment import Entry, rewrite


def mend(segment: Path, bad: set[int]) -> None:
    """Rewrite the segment, splitting the pieces numbered in `bad` (from 1, in file order)."""

    def change(entries: Iterator[Entry]) -> Iterator[Entry]:
        for number, entry in enumerate(entries, 1):
            yield from _split(entry) if number in bad else (entry,)

    rewrite(segment, change)


def _split(entry: Entry) -> Iterator[Entry]:
    pieces = list(salvaged(entry.piece.framing, entry.piece.body, entry.piece.ordinal))
    for piece in pieces:
        yield replace(entry, piece=piece, is_last=entry.is_last and piece is pieces[-1])
