"""Compressed bytes in, plain chunks out: gzip, zstd, bzip2 and zip, told by their first bytes, bounded in size and
ratio.
"""

import bz2
import os
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast

from backports import zstd
from isal import igzip_lib

from bartizan.ingest.errors import BadObject

CHUNK_BYTES = 1024 * 1024
"""Bytes read and given at a time."""

RATIO_FREE_BYTES = 64 * 1024 * 1024
"""Below this size no ratio is too high: short logs of equal lines compress a thousandfold."""

_READ_ERRORS: tuple[type[Exception], ...] = (
    EOFError,
    OSError,
    ValueError,
    zlib.error,
    cast(type[Exception], igzip_lib.IsalError),  # its stub says that it is an instance
    zstd.ZstdError,
    zipfile.BadZipFile,
)
_ZIP_ERRORS: tuple[type[Exception], ...] = (*_READ_ERRORS, NotImplementedError, RuntimeError)
"""`zipfile` says RuntimeError for an encrypted file and NotImplementedError for a method it lacks."""


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an object may unfold before it is taken for a bomb."""

    max_object_bytes: int = 64 * 1024**3
    """Plain bytes of one object, all files of an archive together."""
    max_ratio: int = 250
    """Plain bytes per compressed byte. AWS logs reach 10 to 50; DEFLATE can't pass 1,032 (zlib.net,
    technical details)."""
    max_members: int = 10_000
    """Files in one zip archive."""


@dataclass(frozen=True, slots=True)
class Member:
    """One plain stream of an object: the object itself, or a file in a zip archive."""

    name: str
    chunks: Iterator[bytes]


def members(file: BinaryIO, name: str, bounds: Bounds) -> Iterator[Member]:
    """The plain streams of an open, seekable file.

    Reading a chunk raises `BadObject` where the data ends too early, is damaged, or unfolds beyond `bounds`; what was
    good before is given first.
    """
    magic = file.read(4)
    file.seek(0)
    if magic in (b"PK\x03\x04", b"PK\x05\x06"):
        yield from _zip_members(file, name, bounds)
        return
    format = next((format for format in _FORMATS if format.begins(magic)), None)
    plain = _unfolded(file, format, name) if format else iter(lambda: file.read(CHUNK_BYTES), b"")
    yield Member(name, _filled(_Meter(name, bounds, file.tell).counted(plain)))


class _Decompressor(Protocol):
    """What bz2, zstd and igzip have in common."""

    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...

    @property
    def eof(self) -> bool: ...

    @property
    def needs_input(self) -> bool: ...

    @property
    def unused_data(self) -> bytes: ...


@dataclass(frozen=True, slots=True)
class _Format:
    begins: Callable[[bytes], bool]
    """Whether these bytes, four or more, begin a member."""
    decompressor: Callable[[], _Decompressor]


_FORMATS = (
    _Format(lambda head: head[:2] == b"\x1f\x8b", lambda: igzip_lib.IgzipDecompressor(flag=igzip_lib.DECOMP_GZIP)),
    _Format(lambda head: head[:4] == b"\x28\xb5\x2f\xfd" or _is_skippable(head), zstd.ZstdDecompressor),
    _Format(lambda head: head[:3] == b"BZh", bz2.BZ2Decompressor),
)


def _is_skippable(head: bytes) -> bool:
    """A zstd frame of someone's own data, as pzstd begins its files with (RFC 8878, 3.1.2)."""
    return head[1:4] == b"\x2a\x4d\x18" and head[0] & 0xF0 == 0x50


def _unfolded(file: BinaryIO, format: _Format, name: str) -> Iterator[bytes]:
    """The plain bytes of members that stand one after another; zeros after the last are padding (gzip.org, FAQ 8)."""
    held = file.read(CHUNK_BYTES)
    while held:
        if not format.begins(held):
            raise BadObject("other bytes follow the compressed data", where=name)
        decompressor = format.decompressor()
        yield from _member(decompressor, held, file, name)
        held = decompressor.unused_data.lstrip(b"\0")
        while len(held) < 4 and (more := file.read(CHUNK_BYTES)):
            held = (held + more).lstrip(b"\0")


def _member(decompressor: _Decompressor, held: bytes, file: BinaryIO, name: str) -> Iterator[bytes]:
    while not decompressor.eof:
        try:
            plain = decompressor.decompress(held, CHUNK_BYTES)
        except _READ_ERRORS as error:
            raise BadObject(f"damaged: {error}", where=name) from error
        if plain:
            yield plain
        held = b""
        if not decompressor.eof and decompressor.needs_input and not (held := file.read(CHUNK_BYTES)):
            raise BadObject("cut off: the compressed data ends too early", where=name)


def _filled(parts: Iterator[bytes]) -> Iterator[bytes]:
    """Chunks of at least `CHUNK_BYTES` but for the last; a fault is raised after what was good."""
    held: list[bytes] = []
    size = 0
    try:
        for part in parts:
            held.append(part)
            size += len(part)
            if size >= CHUNK_BYTES:
                yield b"".join(held)
                held, size = [], 0
    except BadObject:
        if held:
            yield b"".join(held)
        raise
    if held:
        yield b"".join(held)


@dataclass(slots=True)
class _Meter:
    """Counts what an object unfolds to and stops it at a bound."""

    name: str
    bounds: Bounds
    compressed_bytes: Callable[[], int]
    total: int = 0

    def counted(self, parts: Iterator[bytes]) -> Iterator[bytes]:
        for part in parts:
            self.total += len(part)
            if self.total > self.bounds.max_object_bytes:
                raise BadObject(f"it unfolds to more than {self.bounds.max_object_bytes} bytes", where=self.name)
            if self.total > RATIO_FREE_BYTES and self.total > self.bounds.max_ratio * self.compressed_bytes():
                times = f"more than {self.bounds.max_ratio} times as many"
                raise BadObject(
                    f"{self.compressed_bytes()} compressed bytes unfold to {times}",
                    where=self.name,
                    hint="it looks like a bomb; raise ingest.max_ratio if it is not",
                )
            yield part


def _zip_members(file: BinaryIO, name: str, bounds: Bounds) -> Iterator[Member]:
    """Files are read as streams and never written under their own names, so a hostile path has no effect.

    The ratio is that of the whole archive, whatever sizes its directory claims.
    """
    archive_bytes = file.seek(0, os.SEEK_END)
    try:
        archive = zipfile.ZipFile(file)
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except _ZIP_ERRORS as error:
        raise BadObject(f"not a readable zip archive: {error}", where=name) from error
    if len(entries) > bounds.max_members:
        raise BadObject(f"it holds {len(entries)} files, more than {bounds.max_members}", where=name)
    meter = _Meter(name, bounds, lambda: archive_bytes)
    for entry in entries:
        inner = f"{name}!{entry.filename}"
        yield Member(inner, _filled(meter.counted(_zipped(archive, entry, inner))))


def _zipped(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str) -> Iterator[bytes]:
    try:
        with archive.open(entry) as opened:
            while part := opened.read(CHUNK_BYTES // 16):
                yield part
    except _ZIP_ERRORS as error:
        raise BadObject(f"damaged, or not to be opened in its archive: {error}", where=name) from error
