"""Finds JSON objects in bytes without parsing them: the slow, tolerant way past a wrapper or a bad record."""

import re
from collections.abc import Iterator

from bartizan.ingest.errors import BadObject

MAX_RECORD_BYTES = 16 * 1024 * 1024
"""One record's bound; CloudTrail's own is 256 KB (docs.aws.amazon.com, CloudTrail quotas)."""

_TO_BRACE = re.compile(rb'(?:[^"{}]++|"(?:[^"\\]++|\\.)*+")*+([{}])', re.DOTALL)
"""Up to the next brace that is not inside a string."""

_LIST = re.compile(rb'"Records"\s*:\s*\[')
_PUNCTUATION = b" \t\r\n,[]\x1e"
"""What may stand between records: JSON's own, and the record separator of RFC 7464."""


class JsonScanner:
    """Feeds on chunks and yields each outermost `{...}`, and what else stands between them, so that nothing is lost.

    With `inside=True` an object that wraps a list, `{"Records": [...]}`, gives the objects of the list instead; its
    other members are left out.
    """

    def __init__(self, *, inside: bool = False) -> None:
        self._level = 2 if inside else 1
        self._buffer = b""
        self._scanned = 0
        self._depth = 0
        self._start = 0
        self._holds = False
        """Whether the bytes from `_start` on are a record to be."""
        self._listed = False
        """Whether the list of a wrapper is open."""

    def feed(self, chunk: bytes) -> Iterator[bytes]:
        """What `chunk` completes. Raises `BadObject` for a record longer than `MAX_RECORD_BYTES`."""
        self._buffer += chunk
        position = self._scanned
        while found := _TO_BRACE.match(self._buffer, position):
            before, position = position, found.end()
            if found[1] == b"{":
                self._depth += 1
                if self._depth <= self._level:
                    yield from self._opened(before, position - 1)
            else:
                if self._depth <= self._level:
                    yield from self._closed(before, position)
                self._depth = max(self._depth - 1, 0)
        self._forget(position)

    def rest(self) -> bytes:
        """What stands unfinished at the end: a record that was cut off, or bytes that are none."""
        if self._holds:
            return self._buffer[self._start :]
        left = self._buffer[self._scanned :]
        return b"".join(self._in_wrapper(left) if self._depth else _stray(left))

    def _opened(self, before: int, brace: int) -> Iterator[bytes]:
        between = self._buffer[before:brace]
        if self._depth == 1:
            yield from _stray(between)
            self._start, self._holds, self._listed = brace, True, False
        else:
            yield from self._in_wrapper(between)
            if self._listed:
                self._start, self._holds = brace, True

    def _closed(self, before: int, end: int) -> Iterator[bytes]:
        between = self._buffer[before : end - 1]
        if self._depth == 0:
            yield from _stray(between)
        elif self._depth < self._level:
            yield from self._in_wrapper(between)
        if self._holds and (self._depth == 1 or self._listed):
            yield self._buffer[self._start : end]
            self._holds = False
        self._listed = self._listed and self._depth > 1

    def _in_wrapper(self, between: bytes) -> Iterator[bytes]:
        """Follows the list of a wrapper through the bytes between its objects."""
        if self._listed:
            inside, closed, between = between.partition(b"]")
            yield from _stray(inside)
            self._listed = not closed
        if not self._listed and (opening := _LIST.search(between)):
            self._listed, self._holds = True, False
            yield from self._in_wrapper(between[opening.end() :])

    def _forget(self, position: int) -> None:
        keep = min(self._start, position) if self._holds else position
        self._buffer = self._buffer[keep:]
        self._scanned = position - keep
        self._start = max(self._start - keep, 0)
        if len(self._buffer) > MAX_RECORD_BYTES:
            raise BadObject(f"a record is longer than {MAX_RECORD_BYTES} bytes")


def _stray(between: bytes) -> Iterator[bytes]:
    """The bytes between two records, when they are more than punctuation."""
    if stray := between.strip(_PUNCTUATION):
        yield stray
