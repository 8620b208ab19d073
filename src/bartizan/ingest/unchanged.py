"""A file read exactly as far as it was hashed: more would be stored under an identity that is not its own."""

import os
from typing import BinaryIO, cast

from bartizan.ingest.errors import BadObject


def unchanged(file: BinaryIO, size_bytes: int, name: str) -> BinaryIO:
    """The file with an end at `size_bytes`; reading there raises `BadObject` when it is longer or shorter by now."""
    return cast(BinaryIO, _Unchanged(file, size_bytes, name))


class _Unchanged:
    def __init__(self, file: BinaryIO, size_bytes: int, name: str) -> None:
        self._file = file
        self._size_bytes = size_bytes
        self._name = name

    def __enter__(self) -> "_Unchanged":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        self._file.close()

    def seekable(self) -> bool:
        return True

    def tell(self) -> int:
        return self._file.tell()

    def seek(self, offset: int, whence: int = os.SEEK_SET) -> int:
        if whence == os.SEEK_END:
            offset, whence = self._size_bytes + offset, os.SEEK_SET
        return self._file.seek(offset, whence)

    def read(self, size: int = -1) -> bytes:
        left = max(self._size_bytes - self._file.tell(), 0)
        wanted = left if size < 0 else min(size, left)
        given = self._file.read(wanted)
        if not given and size and (wanted or self._file.read(1)):
            became = "shorter" if wanted else "longer"
            hint = "ingest it when it is finished"
            raise BadObject(f"it became {became} while it was read", where=self._name, hint=hint)
        return given
