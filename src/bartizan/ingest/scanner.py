"""Finds whole JSON objects in a stream of bytes without parsing them: the slow, tolerant way past a wrapper or a bad record."""

import re
from collections.abc import Iterator

from bartizan.ingest.errors import BadObject

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""One record's bound; CloudTrail's own is 256 KB (docs.aws.amazon.com, CloudTrail quotas)."""

_TO_BRACE = re.compile(rb'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+([{}])', re.DOTALL)
"""Up to the next brace that is not inside a string."""


class JsonScanner:
    """Feeds on chunks and yields each outermost `{...}`, whatever stands between them.

    With `inside=True` it yields the objects one level down: the records in `{"Records": [...]}`.
    """

    def __init__(self, *, inside: bool = False) -> None:
        self._level = 2 if inside else 1
        self._buffer = b""
        self._scanned = 0
        self._depth = 0
        self._start = 0

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """Objects that `chunk` completes. Raises `BadObject` for one longer than `MAX_RECORD_BYTES`."""
        self._buffer += chunk
        position = self._scanned
        while found := _TO_BRACE.match(self._buffer, position):
            position = found.end()
            if found[1] == b"{":
                self._depth += 1
                if self._depth == self._level:
                    self._start = position - 1
            else:
                if self._depth == self._level:
                    yield self._buffer[self._start : position]
                self._depth = max(self._depth - 1, 0)
        self._forget(position)

    def rest(self) -> bytes:
        """What stands unfinished: a record that was cut off."""
        return self._buffer[self._start :] if self._depth >= self._level else b""

    def _forget(self, position: int) -> None:
        keep = min(self._start, position) if self._depth >= self._level else position
        self._buffer = self._buffer[keep:]
        self._scanned = position - keep
        self._start = max(self._start - keep, 0)
        if len(self._buffer) > MAX_RECORD_BYTES:
            raise BadObject(f"a record is longer than {MAX_RECORD_BYTES} bytes")
