"""Objects in, pieces for the spool out: an object is any file of log records, told by its content."""

import hashlib
import os
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path
from typing import BinaryIO

from bartizan.errors import BartizanError
from bartizan.ingest.codecs import CHUNK_BYTES, Bounds, members
from bartizan.ingest.errors import BadObject, NoRecords, UnknownContent
from bartizan.ingest.pieces import Piece, cut
from bartizan.ingest.progress import Progress
from bartizan.ingest.segment import Entry
from bartizan.ingest.shape import MAX_SAMPLES, Shape, detect, shape_of
from bartizan.integrations.catalog import Catalog
from bartizan.integrations.stream import Stream

MAX_FAULTS_TOLD = 5
"""Faulty files of one archive that its message names."""


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
    """Every file below `paths`, in name order, hidden ones left out; symbolic links to folders are not followed."""
    for path in paths:
        if path.is_dir():
            yield from sorted(p for p in path.rglob("*") if p.is_file() and not p.name.startswith("."))
        else:
            yield path


def open_file(path: Path) -> BinaryIO:
    """A regular file, opened. Raises `BadObject` for what is none (a pipe would make us wait for ever) or is gone."""
    try:
        handle = os.open(path, os.O_RDONLY | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise BadObject(f"can't open it: {error.strerror}", where=shown(path)) from error
    if not stat.S_ISREG(os.fstat(handle).st_mode):
        os.close(handle)
        raise BadObject("not a regular file", where=shown(path), hint="write its content to a file first")
    return os.fdopen(handle, "rb")


def shown(path: Path) -> str:
    """A path as text that can be stored and printed: bytes of a name that are no UTF-8 are spelled out."""
    return os.fsencode(path).decode(errors="backslashreplace")


@dataclass(frozen=True, slots=True)
class Hashed:
    """What an object is known by."""

    origin: str
    """SHA-256 of its bytes as they came, the first 128 bits: processors have instructions for it."""
    size_bytes: int
    """How many bytes that were."""


def hashed(file: BinaryIO) -> Hashed:
    """The identity of what an open file holds."""
    digest = hashlib.sha256()
    size_bytes = 0
    while chunk := file.read(CHUNK_BYTES):
        digest.update(chunk)
        size_bytes += len(chunk)
    return Hashed(digest.hexdigest()[:32], size_bytes)


def origin_of(file: BinaryIO) -> str:
    """The object's identity alone."""
    return hashed(file).origin


def read_object(
    file: BinaryIO, name: str, origin: str, reading: Reading, done: Callable[[str], Progress]
) -> Iterator[Routed]:
    """Entries of one open object, leaving out what `done` (asked by origin) says is taken in.

    Raises `BadObject`, `UnknownContent` or `NoRecords` after giving all that is good; a bad file of an archive holds up
    no other.
    """
    faults: list[BartizanError] = []
    files = 0
    with file:
        for number, member in enumerate(members(file, name, reading.bounds)):
            files += 1
            identity = origin if number == 0 else f"{origin}.{number}"
            if (progress := done(identity)).is_complete:
                continue
            try:
                yield from _read_member(member.chunks, member.name, identity, reading, progress)
            except BartizanError as error:
                faults.append(error)
    serious = [fault for fault in faults if not isinstance(fault, NoRecords)]
    if serious or len(faults) == files:
        raise _together(serious or faults, name)


def _together(serious: list[BartizanError], name: str) -> BartizanError:
    """One error for an object; an archive's message names some of its files."""
    if not serious:
        return NoRecords("it is an empty archive", where=name)
    if len(serious) == 1:
        return serious[0]
    if all(isinstance(fault, NoRecords) for fault in serious):
        return NoRecords("its files hold no records", where=name)
    told = "; ".join(str(fault) for fault in serious[:MAX_FAULTS_TOLD])
    return BadObject(f"{len(serious)} of its files can't be read: {told}", where=name)


def _read_member(
    chunks: Iterator[bytes], name: str, origin: str, reading: Reading, progress: Progress
) -> Iterator[Routed]:
    first = next(chunks, b"")
    shape = shape_of(first)
    if not shape.samples:
        if not (second := next(chunks, b"")):
            raise NoRecords("it is empty" if not first else "it holds no records", where=name)
        chunks = chain([second], chunks)
    stream = _stream_of(first, shape, name, reading)
    body = chain([first[shape.header_bytes :]], chunks)
    meta = {**reading.meta, **({"fields": shape.fields} if shape.fields else {})}
    pieces = _located(cut(body, shape, reading.piece_bytes, progress.ordinal), name)
    for piece, is_last in _with_last(pieces):
        yield Routed(stream, Entry(origin, name, meta, piece, is_last))


def _stream_of(head: bytes, shape: Shape, name: str, reading: Reading) -> Stream:
    """The stream that was named, or the one that the first record tells, or else one of those after it."""
    if reading.dataset:
        return reading.catalog.stream(reading.dataset)
    try:
        return detect(shape, reading.catalog, name)
    except UnknownContent:
        return detect(shape_of(head, MAX_SAMPLES), reading.catalog, name)


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
