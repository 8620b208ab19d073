"""A segment: a file of pieces in ClickHouse's RowBinary, which is both the write-ahead log and what the engine reads.

clickhouse.com/docs/interfaces/formats/RowBinary: strings and maps are prefixed by their length as LEB128, integers are
little-endian. Each piece carries a CRC-32 of its body, which the load verifies.
"""

import hashlib
import os
import struct
import zlib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import BinaryIO

from bartizan.engine.base import LocalFile
from bartizan.ingest.pieces import Piece

FORMAT = "RowBinary"

STRUCTURE = (
    "origin String, path String, framing String, ordinal UInt64, end_ordinal UInt64, is_last UInt8,"
    " meta Map(String, String), crc UInt32, body String"
)
"""Columns of a segment, as the engine is told them."""


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


def encoded(entry: Entry) -> bytes:
    """One row of a segment."""
    piece = entry.piece
    return b"".join(
        (
            _string(entry.origin.encode()),
            _string(entry.path.encode(errors="surrogateescape")),
            _string(piece.framing.encode()),
            struct.pack("<QQB", piece.ordinal, piece.end_ordinal, entry.is_last),
            _length(len(entry.meta)),
            *(_string(text.encode()) for pair in entry.meta.items() for text in pair),
            struct.pack("<I", zlib.crc32(piece.body)),
            _string(piece.body),
        )
    )


def entries(file: BinaryIO) -> Iterator[Entry]:
    """The rows of a segment, one after another."""
    while origin := _read_string(file):
        path, framing = _read_string(file), _read_string(file)
        ordinal, end_ordinal, is_last = struct.unpack("<QQB", file.read(17))
        meta = {_read_string(file): _read_string(file) for _ in range(_read_length(file))}
        file.read(4)
        piece = Piece(framing, file.read(_read_length(file)), ordinal, end_ordinal)  # type: ignore[arg-type]
        yield Entry(origin, path, meta, piece, bool(is_last))


def rewrite(segment: Path, change: Callable[[Iterator[Entry]], Iterable[Entry]]) -> None:
    """Put a changed copy in the segment's place, atomically and under its own name."""
    changed = segment.with_suffix(".partial")
    with segment.open("rb") as old, changed.open("wb") as new:
        for entry in change(entries(old)):
            new.write(encoded(entry))
        new.flush()
        os.fsync(new.fileno())
    changed.replace(segment)
    sync_folder(segment.parent)


def as_local_file(segment: Path) -> LocalFile:
    """The segment as the engine reads it."""
    return LocalFile(segment, FORMAT, STRUCTURE)


class SegmentWriter:
    """Writes one segment under a temporary name; `seal` makes it durable and gives it its own."""

    def __init__(self, folder: Path, number: int) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self._folder = folder
        self._partial = folder / f"{number:016d}.partial"
        self._file = self._partial.open("wb")
        self._digest = hashlib.blake2b(digest_size=16)
        self.size_bytes = 0

    def append(self, entry: Entry) -> None:
        """Add a row; nothing is promised before `seal`."""
        row = encoded(entry)
        self._file.write(row)
        self._digest.update(f"{entry.origin}:{entry.piece.ordinal}:{len(row)};".encode())
        self.size_bytes += len(row)

    def seal(self, ingested_ms: int) -> Path:
        """Bring the segment to the disk (file and folder fsynced) under the name `<ingested_ms>-<digest>.rb`."""
        self._file.flush()
        os.fsync(self._file.fileno())
        self._file.close()
        sealed = self._folder / f"{ingested_ms:016d}-{self._digest.hexdigest()}.rb"
        self._partial.rename(sealed)
        sync_folder(self._folder)
        return sealed

    def discard(self) -> None:
        """Drop what was written."""
        self._file.close()
        self._partial.unlink(missing_ok=True)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def _string(raw: bytes) -> bytes:
    return _length(len(raw)) + raw


def _length(number: int) -> bytes:
    encoded = bytearray()
    while number > 127:
        encoded.append(number & 127 | 128)
        number >>= 7
    encoded.append(number)
    return bytes(encoded)


def _read_length(file: BinaryIO) -> int:
    number = shift = 0
    while byte := file.read(1):
        number |= (byte[0] & 127) << shift
        if byte[0] < 128:
            return number
        shift += 7
    return 0


def _read_string(file: BinaryIO) -> str:
    return file.read(_read_length(file)).decode(errors="surrogateescape")
