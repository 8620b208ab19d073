"""Objects in, pieces in the spool: an object is any file of log records, compressed or not, told by its content."""

import hashlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import ExitStack
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from bartizan.errors import BartizanError
from bartizan.ingest.codecs import Bounds, members
from bartizan.ingest.errors import BadObject
from bartizan.ingest.ledger import Progress
from bartizan.ingest.pieces import Piece, cut
from bartizan.ingest.segment import Entry
from bartizan.ingest.shape import detect, shape_of
from bartizan.integrations.catalog import Catalog
from bartizan.integrations.stream import Stream


@dataclass(frozen=True, slots=True)
class Reading:
    """How objects are read."""

    catalog: Catalog
    bounds: Bounds
    piece_bytes: int
    dataset: str | None = None
    """The dataset of every object; None tells each by its content."""
    meta: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Routed:
    """An entry and the stream it goes to."""

    stream: Stream
    entry: Entry


def find_files(paths: Iterable[Path]) -> Iterator[Path]:
    """Every file below `paths`, in name order; symbolic links to folders are not followed. Hidden files are left out."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path


def origin_of(file: BinaryIO) -> str:
    """The object's identity: BLAKE2b of its bytes as they came."""
    return hashlib.file_digest(file, lambda: hashlib.blake2b(digest_size=16)).hexdigest()  # type: ignore[arg-type]


def read_object(
    file: BinaryIO, name: str, origin: str, reading: Reading, done: Callable[[str], Progress]
) -> Iterator[Routed]:
    """Entries of one open object, leaving out what `done` (asked by origin) says is stored.

    Raises `BadObject` or `UnknownContent` after giving what was good before the fault.
    """
    with ExitStack() as open_until_end:
        open_until_end.callback(file.close)
        for number, member in enumerate(members(file, name, reading.bounds)):
            identity = origin if number == 0 else f"{origin}.{number}"
            if (progress := done(identity)).is_complete:
                continue
            yield from _read_member(member.chunks, member.name, identity, reading, progress)


def _read_member(
    chunks: Iterator[bytes], name: str, origin: str, reading: Reading, progress: Progress
) -> Iterator[Routed]:
    first = next(chunks, b"")
    if not first:
        return
    shape = shape_of(first)
    stream = reading.catalog.stream(reading.dataset) if reading.dataset else detect(shape, reading.catalog, name)
    body = chain([first[shape.header_bytes :]], chunks)
    meta = {**reading.meta, **({"fields": shape.fields} if shape.fields else {})}
    pieces = _located(cut(body, shape, reading.piece_bytes, progress.ordinal), name)
    for piece, is_last in _with_last(pieces):
        yield Routed(stream, Entry(origin, name, meta, piece, is_last))


def _located(pieces: Iterator[Piece], name: str) -> Iterator[Piece]:
    try:
        yield from pieces
    except BadObject as error:
        raise BadObject(error.message, where=error.where or name, hint=error.hint) from error


def _with_last(pieces: Iterator[Piece]) -> Iterator[tuple[Piece, bool]]:
    """Each piece with whether it is the object's last; before a fault none is, so the object stays incomplete."""
    held = next(pieces, None)
    while held is not None:
        try:
            following = next(pieces, None)
        except BartizanError:
            yield held, False
            raise
        yield held, following is None
        held = following
