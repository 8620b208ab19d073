"""Many objects in one request: a tar archive whose files are the objects. Nothing is unpacked, names are only names."""

import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import BinaryIO, cast

from bartizan.ingest.errors import BadObject
from bartizan.pipeline.intake import Source

CONTENT_TYPE = "application/x-tar"
MAX_OBJECTS = 10_000
"""Objects in one request."""


@contextmanager
def batch(archive: Path) -> Iterator[Iterator[Source]]:
    """The objects of an archive, readable while it is open; raises `BadObject` where it is not a plain tar."""
    with _opened(archive) as opened:
        yield _objects(opened, archive.stat().st_size)


@contextmanager
def _opened(archive: Path) -> Iterator[tarfile.TarFile]:
    try:
        opened = tarfile.open(archive, "r:")  # noqa: SIM115 - closed below, while errors of reading stay the reader's
    except (tarfile.TarError, ValueError, OSError) as error:
        raise BadObject(f"not a plain tar archive: {error}") from error
    with opened:
        yield opened


def _objects(opened: tarfile.TarFile, size_bytes: int) -> Iterator[Source]:
    count = 0
    while (member := _next(opened)) is not None:
        if not member.isfile() or member.issparse():  # the size of a sparse file is what its header claims
            continue
        count += 1
        if count > MAX_OBJECTS:
            raise BadObject(f"it holds more than {MAX_OBJECTS} files")
        if member.offset_data + member.size > size_bytes:
            raise BadObject("the tar archive is cut off", where=member.name)
        yield Source(member.name, member.size, partial(_open, opened, member))


def _next(opened: tarfile.TarFile) -> tarfile.TarInfo | None:
    try:
        return opened.next()
    except (tarfile.TarError, ValueError, OSError, OverflowError) as error:
        raise BadObject(f"the tar archive is damaged or cut off: {error}") from error


def _open(opened: tarfile.TarFile, member: tarfile.TarInfo) -> BinaryIO:
    return cast(BinaryIO, opened.extractfile(member))
