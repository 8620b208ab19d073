"""What an object's first bytes say: how its records are framed, and which stream they belong to."""

import re
from dataclasses import dataclass
from typing import Any, Literal

import orjson

from bartizan.ingest.errors import UnknownContent
from bartizan.ingest.scanner import JsonScanner
from bartizan.integrations.catalog import Catalog
from bartizan.integrations.stream import Stream

Framing = Literal["lines", "records", "array", "documents", "whole"]
"""How records stand: one a line; in `{"Records": [...]}`; in one JSON array; as JSON documents that span lines; as one record."""

HEAD_BYTES = 64 * 1024
"""How much of an object is looked at to tell its shape."""

_WRAPPED = re.compile(rb'\s*\{\s*"(?:Records|records)"\s*:\s*\[')
_UTF8_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Shape:
    """How to read one object."""

    framing: Framing
    header_bytes: int
    """Bytes before the first record: a byte order mark, header lines."""
    fields: str
    """The header's field names joined by a space; empty without a header."""
    sample: bytes
    """The first record, as far as it was seen."""


def shape_of(head: bytes) -> Shape:
    """Tell an object's shape by its first `HEAD_BYTES`."""
    skipped = len(_UTF8_BOM) if head.startswith(_UTF8_BOM) else 0
    body = head[skipped:]
    stripped = body.lstrip()
    if stripped[:1] == b"[":
        return Shape("array", skipped, "", _first_object(stripped[1:]))
    if stripped[:1] == b"{":
        return _json_shape(stripped, skipped)
    return _text_shape(body, skipped)


def _json_shape(body: bytes, skipped: int) -> Shape:
    if wrapped := _WRAPPED.match(body):
        return Shape("records", skipped, "", _first_object(body[wrapped.end() :]))
    line = body.split(b"\n", 1)[0]
    parsed = _parsed(line)
    if parsed is None and b"\n" in body and _first_object(body) != line:
        return Shape("documents", skipped, "", _first_object(body))
    if isinstance(parsed, dict) and isinstance(records := parsed.get("Records"), list):
        return Shape("records", skipped, "", orjson.dumps(records[0]) if records else b"{}")
    return Shape("lines", skipped, "", line)


def _text_shape(body: bytes, skipped: int) -> Shape:
    """Text lines; W3C directives (w3.org/TR/WD-logfile) or a first line of bare words name the fields."""
    fields = ""
    position = 0
    for line in body.splitlines(keepends=True):
        if line.startswith(b"#"):
            directive, _, value = line.partition(b":")
            if directive.lower() == b"#fields":
                fields = " ".join(value.decode(errors="replace").split())
        elif not fields and _is_header(line):
            fields = " ".join(line.decode().split())
        elif line.strip():
            return Shape("lines", skipped + position, fields, line.rstrip(b"\r\n"))
        position += len(line)
    return Shape("lines", skipped + position, fields, b"")


def _is_header(line: bytes) -> bool:
    """Bare words of letters, as AWS heads its flow logs: `version account-id interface-id`."""
    words = line.split()
    return len(words) > 2 and all(re.fullmatch(rb"[a-z][a-z0-9]*([-_][a-z0-9]+)*", word) for word in words)


def detect(shape: Shape, catalog: Catalog, name: str) -> Stream:
    """The stream an object's records belong to; raises `UnknownContent` that names the object and the way out."""
    record = _parsed(shape.sample)
    for stream in catalog:
        if _belongs(stream, shape, record):
            return stream
    shown = shape.sample[:80].decode(errors="replace")
    raise UnknownContent(f"no integration knows records like `{shown}`", where=name, hint="name it with --dataset")


def _belongs(stream: Stream, shape: Shape, record: Any) -> bool:
    if isinstance(record, dict):
        if isinstance(wrapped := record.get("message"), str) and len(record) == 1:
            return _matches_text(stream, wrapped, "")
        return any(all(key in record for key in keys) for keys in stream.detection.keys)
    return _matches_text(stream, shape.sample.decode(errors="replace"), shape.fields)


def _matches_text(stream: Stream, line: str, fields: str) -> bool:
    told = stream.detection
    if fields:
        return bool(told.header) and set(told.header) <= set(fields.split())
    return bool(told.pattern) and re.match(told.pattern, line) is not None


def _parsed(record: bytes) -> Any:
    try:
        return orjson.loads(record)
    except orjson.JSONDecodeError:
        return None


def _first_object(body: bytes) -> bytes:
    """The first whole JSON object in `body`; all of it when the object is cut off."""
    for document in JsonScanner().feed(body):
        return document
    return body
