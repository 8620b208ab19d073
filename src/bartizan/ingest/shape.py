"""What an object's first bytes say: how its records are framed, and which stream they belong to."""

import re
from dataclasses import dataclass
from itertools import islice
from typing import Any, Literal

import orjson

from bartizan.ingest.errors import UnknownContent
from bartizan.ingest.scanner import JsonScanner
from bartizan.integrations.catalog import Catalog
from bartizan.integrations.stream import Stream

Framing = Literal["lines", "records", "joined", "array", "documents", "whole"]
"""How records stand: one a line; in `{"Records": [...]}`; the same, joined as AWS writes CloudTrail's; in a JSON array;
as JSON documents one after another; as one record."""

MAX_SAMPLES = 20
"""Records at an object's beginning that are looked at to tell its stream: the first may be the broken one."""

_TOKEN = re.compile(
    rb'[^"{}\[\]]*+(?:(?P<list>"Records"\s*:\s*\[)|"(?:[^"\\]++|\\.)*+"|(?P<open>[{\[])|(?P<close>[}\]]))', re.DOTALL
)
"""What decides about depth; strings are passed over."""

_UTF8_BOM = b"\xef\xbb\xbf"


@dataclass(frozen=True, slots=True)
class Shape:
    """How to read one object."""

    framing: Framing
    header_bytes: int
    """Bytes before the first record: a byte order mark, header lines."""
    fields: str
    """The header's field names joined by a space; empty without a header."""
    samples: tuple[bytes, ...]
    """The first records, as far as they were seen."""


def shape_of(head: bytes, samples: int = 1) -> Shape:
    """Tell an object's shape by its first bytes, some 64 KB or all of it, with up to `samples` of its records."""
    skipped = len(_UTF8_BOM) if head.startswith(_UTF8_BOM) else 0
    body = head[skipped:]
    stripped = body.lstrip()
    if stripped[:1] == b"[":
        return Shape("array", skipped, "", _objects(stripped[1:], samples, inside=False))
    if stripped[:1] == b"{":
        return _json_shape(stripped, skipped, samples)
    return _text_shape(body, skipped, samples)


def _json_shape(body: bytes, skipped: int, samples: int) -> Shape:
    if _is_wrapper(body):
        return Shape("records", skipped, "", _objects(body, samples, inside=True))
    lines = tuple(islice((line for line in body.split(b"\n") if line.strip()), MAX_SAMPLES))
    if _is_record(lines[0]):
        return Shape("lines", skipped, "", lines[:samples])
    is_broken = len(_objects(lines[0], 2, inside=False)) < 2
    if is_broken and (len(lines) == 1 or any(_is_record(line) for line in lines)):
        return Shape("lines", skipped, "", lines[:samples])
    return Shape("documents", skipped, "", _objects(body, samples, inside=False))


def _is_wrapper(body: bytes) -> bool:
    """Whether the first object has a list of records as a member of its own, before or after others."""
    depth = position = 0
    while token := _TOKEN.match(body, position):
        position = token.end()
        if token["list"] and depth == 1:
            return True
        depth += bool(token["open"] or token["list"]) - bool(token["close"])
        if depth == 0:
            return False
    return False


def _is_record(line: bytes) -> bool:
    """Whether a line is an object by itself; the lines of an indented document are not, since they are indented."""
    return line[:1] == b"{" and isinstance(_parsed(line), dict)


def _text_shape(body: bytes, skipped: int, samples: int) -> Shape:
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
            lines = (other.rstrip(b"\r") for other in body[position:].split(b"\n") if other.strip())
            return Shape("lines", skipped + position, fields, tuple(islice(lines, samples)))
        position += len(line)
    return Shape("lines", skipped + position, fields, ())


def _is_header(line: bytes) -> bool:
    """Bare words of letters, as AWS heads its flow logs: `version account-id interface-id`."""
    words = line.split()
    return len(words) > 2 and all(re.fullmatch(rb"[a-z][a-z0-9]*([-_][a-z0-9]+)*", word) for word in words)


def detect(shape: Shape, catalog: Catalog, name: str) -> Stream:
    """The stream an object's records belong to, told by the first of them that any integration knows.

    Raises `UnknownContent` that names the object and the way out.
    """
    for sample in shape.samples:
        record = _parsed(sample)
        for stream in catalog:
            if _belongs(stream, shape, sample, record):
                return stream
    shown = shape.samples[0][:80].decode(errors="replace") if shape.samples else ""
    raise UnknownContent(f"no integration knows records like `{shown}`", where=name, hint="name it with --dataset")


def _belongs(stream: Stream, shape: Shape, sample: bytes, record: Any) -> bool:
    if isinstance(record, dict):
        if isinstance(wrapped := record.get("message"), str) and len(record) == 1:
            return _matches_text(stream, wrapped, "")
        return any(all(_has(record, key.split(".")) for key in keys) for keys in stream.detection.keys)
    return _matches_text(stream, sample.decode(errors="replace"), shape.fields)


def _has(record: Any, path: list[str]) -> bool:
    for step in path:
        if not isinstance(record, dict) or step not in record:
            return False
        record = record[step]
    return True


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


def _objects(body: bytes, samples: int, *, inside: bool) -> tuple[bytes, ...]:
    """The first records in JSON text, of which the first may be cut off."""
    scanner = JsonScanner(inside=inside)
    return tuple(islice(scanner.feed(body), samples)) or tuple(filter(None, [scanner.rest()]))
