"""Compressed bytes in, plain chunks out: gzip, zstd, bzip2 and zip told by their first bytes, bounded in size and ratio."""

import bz2
import zipfile
import zlib
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, BinaryIO

from backports import zstd
from isal import igzip, isal_zlib

from bartizan.ingest.errors import BadObject

CHUNK_BYTES = 1024 * 1024
"""Bytes read and given at a time."""

RATIO_FREE_BYTES = 64 * 1024 * 1024
"""Below this size no ratio is too high: short logs of equal lines compress a thousandfold."""

_READ_ERRORS: tuple[type[Exception], ...] = (
    EOFError,
    OSError,
    zlib.error,
    isal_zlib.error,
    zstd.ZstdError,
    zipfile.BadZipFile,
    NotImplementedError,
)


@dataclass(frozen=True, slots=True)
class Bounds:
    """How far an object may unfold before it is taken for a bomb."""

    max_object_bytes: int = 64 * 1024**3
    """Plain bytes of one object."""
    max_ratio: int = 250
    """Plain bytes per compressed byte. AWS logs reach 10 to 50; DEFLATE can't pass 1,032 (zlib.net, technical details)."""
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
    given before is good.
    """
    magic = file.read(4)
    file.seek(0)
    if magic == b"PK\x03\x04":
        yield from _zip_members(file, name, bounds)
    else:
        yield Member(name, _chunks(_opener(magic)(file), file.tell, name, bounds))


def _opener(magic: bytes) -> Callable[[BinaryIO], Any]:
    if magic[:2] == b"\x1f\x8b":
        return lambda file: igzip.IGzipFile(fileobj=file)  # type: ignore[no-untyped-call]
    if magic == b"\x28\xb5\x2f\xfd":
        return zstd.ZstdFile
    if magic[:3] == b"BZh":
        return bz2.BZ2File
    return lambda file: file


def _chunks(plain: Any, compressed_bytes: Callable[[], int], name: str, bounds: Bounds) -> Iterator[bytes]:
    """What `plain.read` gives, until a bound is passed."""
    total = 0
    while chunk := _read(plain, name):
        total += len(chunk)
        if total > bounds.max_object_bytes:
            raise BadObject(f"it unfolds to more than {bounds.max_object_bytes} bytes", where=name)
        if total > RATIO_FREE_BYTES and total > bounds.max_ratio * compressed_bytes():
            raise BadObject(
                f"{compressed_bytes()} compressed bytes unfold to more than {bounds.max_ratio} times as many",
                where=name,
                hint="it looks like a bomb; raise ingest.max_ratio if it is not",
            )
        yield chunk


def _read(plain: Any, name: str) -> bytes:
    try:
        return bytes(plain.read(CHUNK_BYTES))
    except _READ_ERRORS as error:
        raise BadObject(f"damaged or cut off: {error}", where=name) from error


def _zip_members(file: BinaryIO, name: str, bounds: Bounds) -> Iterator[Member]:
    """Files are read as streams and never written under their own names, so a hostile path has no effect."""
    try:
        archive = zipfile.ZipFile(file)
        entries = [entry for entry in archive.infolist() if not entry.is_dir()]
    except _READ_ERRORS as error:
        raise BadObject(f"not a readable zip archive: {error}", where=name) from error
    if len(entries) > bounds.max_members:
        raise BadObject(f"it holds {len(entries)} files, more than {bounds.max_members}", where=name)
    for entry in entries:
        inner = f"{name}!{entry.filename}"
        yield Member(inner, _opened(archive, entry, inner, bounds))


def _opened(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, name: str, bounds: Bounds) -> Iterator[bytes]:
    try:
        opened = archive.open(entry)
    except (*_READ_ERRORS, RuntimeError) as error:
        raise BadObject(f"can't open it in its archive: {error}", where=name) from error
    yield from _chunks(opened, lambda: max(entry.compress_size, 1), name, bounds)
