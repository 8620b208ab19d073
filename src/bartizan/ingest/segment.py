"""A segment: a file of pieces in ClickHouse's RowBinary, which is both the write-ahead log and what the engine reads.

clickhouse.com/docs/interfaces/formats/RowBinary: strings and maps are prefixed by their length as LEB128, integers are
little-endian. Each row carries a checksum of its body and of what stands before it, which the load verifies.
"""

import hashlib
import os
import struct
from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from pathlib import Path
from typing import BinaryIO

from isal import isal_zlib
from sqlglot import exp, parse_one

from bartizan.engine.base import LocalFile
from bartizan.engine.statements import with_source
from bartizan.ingest.errors import DamagedSegment
from bartizan.ingest.pieces import Piece

FORMAT = "RowBinary"

QUICK = "-quick"
"""End of the name of a segment whose pieces are all of `QUICK_FRAMINGS`: a statement made for these alone loads it."""

QUICK_FRAMINGS = ("joined", "whole")

STRUCTURE = (
    "origin String, path String, framing String, ordinal UInt64, end_ordinal UInt64, is_last UInt8,"
    " meta Map(String, String), crc UInt32, body String"
)
"""Columns of a segment, as the engine is told them."""

_INTACT = """
SELECT * FROM pieces WHERE throwIf(crc != bitXor(CRC32(body), CRC32(concat(
    origin, '\\n', path, '\\n', framing, '\\n', toString(ordinal), '\\n', toString(end_ordinal), '\\n',
    toString(is_last), '\\n', arrayStringConcat(mapKeys(meta), '\\n'), '\\n', arrayStringConcat(mapValues(meta), '\\n')
))), 'spool segment damaged') = 0
"""
"""The same checksum as `_checksum`."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A piece with where it came from."""

    origin: str
    """The object's identity, a digest of its bytes: the same object under another name is the same origin."""
    path: str
    """What people call it: a file's path or an object's key."""
    meta: Mapping[str, str]
    """What the collector knows beside the record; a mapping reads it as `meta`."""
    piece: Piece
    is_last: bool
    """Whether the object is complete with this piece."""


@dataclass(frozen=True, slots=True)
class _Head:
    """A row of a segment up to its body."""

    start: int
    """Where the row begins in the file."""
    entry: Entry
    """With an empty body."""
    checksum: int
    body_bytes: int


def encoded(entry: Entry) -> bytes:
    """One row of a segment without its last column's content: the body itself follows, as it is."""
    piece = entry.piece
    return b"".join(
        (
            _string(_raw(entry.origin)),
            _string(_raw(entry.path)),
            _string(_raw(piece.framing)),
            struct.pack("<QQB", piece.ordinal, piece.end_ordinal, entry.is_last),
            _length(len(entry.meta)),
            *(_string(_raw(text)) for pair in entry.meta.items() for text in pair),
            struct.pack("<I", _checksum(entry)),
            _length(len(piece.body)),
        )
    )


def entries(file: BinaryIO) -> Iterator[Entry]:
    """The rows of a segment, one after another; raises `DamagedSegment` at the first that is not what was written."""
    for head in _heads(file):
        entry = replace(head.entry, piece=replace(head.entry.piece, body=file.read(head.body_bytes)))
        if head.checksum != _checksum(entry):
            raise DamagedSegment(f"the row at byte {head.start} has the wrong checksum", where=file.name)
        yield entry


def verify(segment: Path) -> None:
    """Raise `DamagedSegment` if the file is not what was written."""
    with segment.open("rb") as file:
        for _ in entries(file):
            pass


def rewrite(segment: Path, change: Callable[[Iterator[Entry]], Iterable[Entry]]) -> None:
    """Put a changed copy in the segment's place, atomically and under its own name."""
    changed = segment.with_suffix(".partial")
    with segment.open("rb") as old, changed.open("wb") as new:
        for entry in change(entries(old)):
            new.write(encoded(entry))
            new.write(entry.piece.body)
        new.flush()
        os.fsync(new.fileno())
    changed.replace(segment)
    sync_folder(segment.parent)


@contextmanager
def without_bodies(segment: Path) -> Iterator[Path]:
    """A file beside the segment with its rows, their bodies left out: what they say of their objects is soon read."""
    heads = segment.with_suffix(".heads.partial")
    try:
        with segment.open("rb") as old, heads.open("wb") as new:
            for head in _heads(old):
                new.write(encoded(head.entry))
                old.seek(head.body_bytes, os.SEEK_CUR)
        yield heads
    finally:
        heads.unlink(missing_ok=True)


def intact(statement: exp.Expr) -> exp.Expr:
    """The statement over `PIECES` with each row's checksum verified: the engine refuses it at a damaged row."""
    return with_source(statement, exp.Subquery(this=parse_one(_INTACT, dialect="clickhouse")))


def as_local_file(segment: Path) -> LocalFile:
    """The segment as the engine reads it."""
    return LocalFile(segment, FORMAT, STRUCTURE)


class SegmentWriter:
    """Writes one segment under a temporary name; `seal` makes it durable and gives it its own."""

    def __init__(self, folder: Path, number: int) -> None:
        if not folder.is_dir():
            folder.mkdir(parents=True)
            sync_folder(folder.parent)
        self._folder = folder
        self._partial = folder / f"{number:016d}.partial"
        self._file = self._partial.open("wb")
        self._digest = hashlib.blake2b(digest_size=16)
        self._is_quick = True
        self.size_bytes = 0
        self.records = 0
        """About how many records it has."""

    def append(self, entry: Entry) -> None:
        """Add a row; nothing is promised before `seal`."""
        head, body = encoded(entry), entry.piece.body
        self._file.write(head)
        self._file.write(body)
        size_bytes = len(head) + len(body)
        self._digest.update(f"{entry.origin}:{entry.piece.ordinal}:{size_bytes};".encode())
        self.size_bytes += size_bytes
        self.records += entry.piece.records
        self._is_quick = self._is_quick and entry.piece.framing in QUICK_FRAMINGS

    def seal(self, ingested_ms: int) -> Path:
        """Bring the segment to the disk (file and folder fsynced) under the name `<ingested_ms>-<digest>.rb`, which
        says when a quick statement may load it."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        kind = QUICK if self._is_quick else ""
        sealed = self._folder / f"{ingested_ms:016d}-{self._digest.hexdigest()}{kind}.rb"
        self._partial.rename(sealed)
        sync_folder(self._folder)
        return sealed

    def discard(self) -> None:
        """Drop what was written."""
        with suppress(OSError):  # a full disk refuses what is still buffered
            self._file.close()
        self._partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _checksum(entry: Entry) -> int:
    """CRC-32 of the body with that of the other columns; the same as `INTACT`."""
    piece = entry.piece
    numbers = (str(number) for number in (piece.ordinal, piece.end_ordinal, int(entry.is_last)))
    columns = (entry.origin, entry.path, piece.framing, *numbers, "\n".join(entry.meta), "\n".join(entry.meta.values()))
    return isal_zlib.crc32(piece.body) ^ isal_zlib.crc32(_raw("\n".join(columns)))


def _raw(text: str) -> bytes:
    return text.encode(errors="surrogateescape")


def _string(raw: bytes) -> bytes:
    return _length(len(raw)) + raw


def _length(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _heads(file: BinaryIO) -> Iterator[_Head]:
    """Who takes one reads or passes over the body that follows, then takes the next."""
    size_bytes = os.fstat(file.fileno()).st_size
    while (start := file.tell()) < size_bytes:
        try:
            head = _read_head(file, start, size_bytes)
        except (struct.error, EOFError) as error:
            message = f"the row at byte {start} is cut off or has an impossible length"
            raise DamagedSegment(message, where=file.name) from error
        yield head


def _read_head(file: BinaryIO, start: int, size_bytes: int) -> _Head:
    origin, path, framing = (_read_string(file, size_bytes) for _ in range(3))
    ordinal, end_ordinal, is_last = struct.unpack("<QQB", file.read(17))
    pairs = range(_read_length(file, size_bytes))
    meta = {_read_string(file, size_bytes): _read_string(file, size_bytes) for _ in pairs}
    (checksum,) = struct.unpack("<I", file.read(4))
    body_bytes = _read_length(file, size_bytes)
    if is_last > 1 or file.tell() + body_bytes > size_bytes:
        raise EOFError
    piece = Piece(framing, b"", ordinal, end_ordinal)  # type: ignore[arg-type]
    return _Head(start, Entry(origin, path, meta, piece, bool(is_last)), checksum, body_bytes)


def _read_length(file: BinaryIO, size_bytes: int) -> int:
    number = shift = 0
    while (byte := file.read(1)) and shift < 64:
        number |= (byte[0] & 127) << shift
        if byte[0] < 128 and number <= size_bytes:
            return number
        shift += 7
    raise EOFError


def _read_string(file: BinaryIO, size_bytes: int) -> str:
    length = _read_length(file, size_bytes)
    if len(read := file.read(length)) < length:
        raise EOFError
    return read.decode(errors="surrogateescape")
