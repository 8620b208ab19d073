"""Cuts an object's plain bytes into pieces of whole records, each small enough for the engine to take at once."""

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import chain, groupby

from bartizan.ingest.errors import BadObject
from bartizan.ingest.scanner import MAX_RECORD_BYTES, JsonScanner
from bartizan.ingest.shape import Framing, Shape

MAX_PIECE_RECORDS = 50_000
"""Records of one piece: lines of a byte each would be millions of rows else, and no memory bound would hold."""

_COMMAS_OF_A_RECORD = 20
"""A CloudTrail record has some 40 commas, other logs in such documents not many fewer."""

_COUNTED_BYTES = 64 * 1024

_JOINED_START, _JOINED_END = b'{"Records":[{"eventVersion":', b"}]}"
"""How AWS begins and ends a document of CloudTrail records: it can be cut where the next `eventVersion` begins one."""


@dataclass(frozen=True, slots=True)
class Piece:
    """Whole records of one object."""

    framing: Framing
    body: bytes
    ordinal: int
    """Number of the object's records (of its lines, where records are lines) before this piece."""
    end_ordinal: int
    """The same after this piece: where reading goes on after a stop. Where the engine does the counting it is 0, and
    the piece is the object's only one."""

    @property
    def records(self) -> int:
        """About how many records it has, rather too many than too few; told by the beginning of a large body."""
        if self.end_ordinal > self.ordinal:
            return self.end_ordinal - self.ordinal
        commas = self.body.count(b",", 0, _COUNTED_BYTES) * max(len(self.body) // _COUNTED_BYTES, 1)
        return commas // _COMMAS_OF_A_RECORD + 1


def cut(chunks: Iterator[bytes], shape: Shape, piece_bytes: int, done: int = 0) -> Iterator[Piece]:
    """Pieces of about `piece_bytes`, leaving out the first `done` records (lines).

    A fault in `chunks` is raised after the good records before it were given.
    """
    chunks = _no_longer_than(piece_bytes, chunks)
    if shape.framing == "lines":
        yield from _lines(chunks, piece_bytes, done)
    elif shape.framing == "documents":
        yield from _scanned(chunks, JsonScanner(), piece_bytes, done)
    else:
        yield from _document(chunks, shape, piece_bytes, done)


def salvaged(framing: str, body: bytes, ordinal: int) -> Iterator[Piece]:
    """The records of a JSON document that doesn't parse as a whole, each by itself: a bad one then stands alone."""
    scanner = JsonScanner(inside=framing in ("records", "joined"))
    records = [*scanner.feed(body), *filter(None, [scanner.rest()])] or [body]
    for count, record in enumerate(records, ordinal):
        yield Piece("whole", record, count, count + 1)


def _no_longer_than(size_bytes: int, chunks: Iterator[bytes]) -> Iterator[bytes]:
    for chunk in chunks:
        for start in range(0, len(chunk), size_bytes):
            yield chunk[start : start + size_bytes]


def _lines(chunks: Iterator[bytes], piece_bytes: int, done: int) -> Iterator[Piece]:
    ordinal = 0
    for body in chain.from_iterable(map(_few_lines, _whole_lines(chunks, piece_bytes))):
        after = ordinal + body.count(b"\n") + (not body.endswith(b"\n"))
        if after > done and body.strip(b"\r\n"):
            skipped = max(done - ordinal, 0)
            kept = body.split(b"\n", skipped)[skipped] if skipped else body
            yield _of_lines(kept, ordinal + skipped, after)
        ordinal = after


def _of_lines(body: bytes, ordinal: int, end_ordinal: int) -> Piece:
    """A single line is one record by itself, unless it has more about it than its end."""
    record = body.removesuffix(b"\n")
    if end_ordinal - ordinal == 1 and record and not record.endswith(b"\r"):
        return Piece("whole", record, ordinal, end_ordinal)
    return Piece("lines", body, ordinal, end_ordinal)


def _few_lines(body: bytes) -> Iterator[bytes]:
    """The lines in parts of at most `MAX_PIECE_RECORDS`."""
    if body.count(b"\n") < MAX_PIECE_RECORDS:
        yield body
        return
    lines = body.split(b"\n")
    for start in range(0, len(lines), MAX_PIECE_RECORDS):
        part = lines[start : start + MAX_PIECE_RECORDS]
        is_last = start + len(part) == len(lines)
        if joined := b"\n".join(part) + (b"" if is_last else b"\n"):
            yield joined


def _whole_lines(chunks: Iterator[bytes], piece_bytes: int) -> Iterator[bytes]:
    """Bodies that end with a line's end, the last one with the object's; a fault is raised after what was good."""
    held: list[bytes] = []
    size = 0
    fault: BadObject | None = None
    while True:
        try:
            chunk = next(chunks, b"")
        except BadObject as error:
            chunk, fault = b"", error
        held.append(chunk)
        size += len(chunk)
        if chunk and size < piece_bytes:
            continue
        joined = b"".join(held)
        cut_at = joined.rfind(b"\n") + 1 if chunk else len(joined)
        if body := joined[:cut_at]:
            yield body
        held, size = [joined[cut_at:]], len(joined) - cut_at
        if fault:
            raise fault
        if not chunk:
            return
        if size > MAX_RECORD_BYTES:
            raise BadObject(f"a line is longer than {MAX_RECORD_BYTES} bytes")


def _document(chunks: Iterator[bytes], shape: Shape, piece_bytes: int, done: int) -> Iterator[Piece]:
    """One JSON document: as it is when it is small, whole and new, else the records in it by the scanner."""
    held: list[bytes] = []
    size = 0
    if done:
        yield from _scanned(chunks, JsonScanner(inside=shape.framing == "records"), piece_bytes, done)
        return
    try:
        for chunk in chunks:
            held.append(chunk)
            size += len(chunk)
            if size > piece_bytes:
                break
        else:
            yield _whole_document(shape.framing, b"".join(held))
            return
    except BadObject as error:
        chunks = _failing(error)
    yield from _scanned(chain(held, chunks), JsonScanner(inside=shape.framing == "records"), piece_bytes, done)


def _whole_document(framing: Framing, body: bytes) -> Piece:
    is_joined = framing == "records" and body.startswith(_JOINED_START) and body.endswith(_JOINED_END)
    return Piece("joined" if is_joined else framing, body, 0, 0)


def _failing(error: BadObject) -> Iterator[bytes]:
    yield b""
    raise error


def _scanned(chunks: Iterator[bytes], scanner: JsonScanner, piece_bytes: int, done: int) -> Iterator[Piece]:
    records: list[bytes] = []
    size = ordinal = 0
    fault: BadObject | None = None
    try:
        for chunk in chunks:
            for record in scanner.feed(chunk):
                records.append(record)
                size += len(record)
            if size >= piece_bytes:
                yield from _array(records, ordinal, done)
                ordinal += len(records)
                records, size = [], 0
    except BadObject as error:
        fault = error
    yield from _array(records, ordinal, done)
    ordinal += len(records)
    if (rest := scanner.rest()) and ordinal >= done:
        yield Piece("whole", rest, ordinal, ordinal + 1)
    if fault:
        raise fault


def _array(records: list[bytes], ordinal: int, done: int) -> Iterator[Piece]:
    """Objects together, for the engine to take apart again; what is no object by itself."""
    position = ordinal
    for is_object, group in groupby(records, lambda record: record.startswith(b"{")):
        together = list(group)
        step = MAX_PIECE_RECORDS if is_object else 1
        for start in range(0, len(together), step):
            part = together[start : start + step]
            position += len(part)
            if kept := part[max(len(part) - (position - done), 0) :] if position > done else []:
                body = b"[" + b",".join(kept) + b"]" if is_object else kept[0]
                yield Piece("array" if is_object else "whole", body, position - len(kept), position)
