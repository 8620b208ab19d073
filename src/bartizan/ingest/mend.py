"""Splits pieces that don't parse as one JSON document: their records become pieces, so that a bad one stands alone."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from sqlglot import parse_one

from bartizan.engine.base import Engine, rows
from bartizan.ingest.pieces import salvaged
from bartizan.ingest.segment import Entry, as_local_file, intact, rewrite

_INVALID = (
    "SELECT origin, ordinal FROM pieces WHERE framing IN ('records', 'joined', 'array') AND NOT isValidJSON(body)"
)


def mend(engine: Engine, segment: Path) -> bool:
    """Rewrite the segment where the engine can't parse a piece as a whole; tells whether there was one.

    Raises `DamagedSegment` or `StatementRefused` when the segment is not what was written.
    """
    invalid = rows(engine, intact(parse_one(_INVALID, dialect="clickhouse")), file=as_local_file(segment))
    bad = {(row["origin"], row["ordinal"]) for row in invalid}

    def change(entries: Iterator[Entry]) -> Iterator[Entry]:
        for entry in entries:
            yield from _split(entry) if (entry.origin, entry.piece.ordinal) in bad else (entry,)

    if bad:
        rewrite(segment, change)
    return bool(bad)


def _split(entry: Entry) -> Iterator[Entry]:
    pieces = list(salvaged(entry.piece.framing, entry.piece.body, entry.piece.ordinal))
    for piece in pieces:
        yield replace(entry, piece=piece, is_last=entry.is_last and piece is pieces[-1])
