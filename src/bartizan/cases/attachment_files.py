"""Files of attachments: a folder for each case, each file named by the digest of its content, so no name that anyone
gave is ever part of a path."""

import hashlib
import os
import re
import shutil
from contextlib import suppress
from pathlib import Path
from typing import BinaryIO

from bartizan.cases.errors import AttachmentLost, AttachmentUnavailable
from bartizan.state.errors import Invalid

MAX_ATTACHMENT_BYTES = 32 * 1024 * 1024
MAX_NAME_CHARACTERS = 200
_CHUNK_BYTES = 1024 * 1024
_SEPARATORS = re.compile(r"[/\\]")
_UNSAFE = re.compile(r'[<>:"|?*%;`$&\']')
"""What a shell, a header or another system's file names give a meaning."""


class AttachmentFiles:
    """Reads and writes the files; its owner alone can read them."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def put(self, case_id: str, source: Path, digest: str) -> None:
        """Keep a copy, on disk when this returns. Raises `AttachmentUnavailable`."""
        file = self._file(case_id, digest)
        partial = file.with_suffix(".partial")
        try:
            file.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
            handle = os.open(partial, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
            with os.fdopen(handle, "wb") as target, source.open("rb") as content:
                shutil.copyfileobj(content, target, _CHUNK_BYTES)
                target.flush()
                os.fsync(target.fileno())
            partial.replace(file)
            _sync(file.parent)
        except OSError as error:
            with suppress(OSError):
                partial.unlink(missing_ok=True)
            raise AttachmentUnavailable(f"it can't be kept: {error.strerror}", hint="make room, then again") from error

    def open(self, case_id: str, digest: str) -> BinaryIO:
        """The content. Raises `AttachmentLost` when it is gone or is not what was kept."""
        try:
            opened = self._file(case_id, digest).open("rb")
        except FileNotFoundError as error:
            raise AttachmentLost("its file is gone", where=digest) from error
        except OSError as error:
            raise AttachmentUnavailable(f"it can't be read: {error.strerror}", where=digest) from error
        if hashlib.file_digest(opened, "sha256").hexdigest() != digest:
            opened.close()
            raise AttachmentLost("its file is not what was stored", where=digest)
        opened.seek(0)
        return opened

    def remove(self, case_id: str, digest: str) -> None:
        """Forget one; nothing happens if it is gone."""
        self._file(case_id, digest).unlink(missing_ok=True)

    def remove_all(self, case_id: str) -> None:
        """Forget all of a case's."""
        shutil.rmtree(self._folder / case_id, ignore_errors=True)

    def _file(self, case_id: str, digest: str) -> Path:
        return self._folder / case_id / digest


def sha256_of(source: Path) -> str:
    """Digest of a file. Raises `Invalid` for one that is too large or empty."""
    if not 0 < (size := source.stat().st_size) <= MAX_ATTACHMENT_BYTES:
        raise Invalid("it is empty" if not size else f"it is larger than {MAX_ATTACHMENT_BYTES} bytes", where="body")
    with source.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def safe_name(given: str) -> str:
    """What someone called a file, as a name that any system takes for a file's and nothing else."""
    last = _SEPARATORS.split(given)[-1]
    inert = "".join(c if c.isprintable() and not _UNSAFE.match(c) else "_" for c in last).strip(". ")
    if len(inert) > MAX_NAME_CHARACTERS:
        stem, _, suffix = inert.rpartition(".")
        kept = f".{suffix}" if stem and len(suffix) <= 16 else ""
        inert = inert[: MAX_NAME_CHARACTERS - len(kept)] + kept
    return inert or "attachment"


def _sync(folder: Path) -> None:
    handle = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
