"""Files of Elastic's rules as plain data: one JSON object a line (elastic.co, Kibana, "Export and import rules"), or a
TOML file with `[metadata]` and `[rule]` (github.com/elastic/detection-rules)."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import orjson

from bartizan.detect.errors import RuleError

SUFFIXES = (".ndjson", ".jsonl")
MAX_LINE_BYTES = 4_000_000
"""Longest rule."""
MAX_LINES = 100_000
"""Most lines of a file."""

Items = Mapping[str, list[Mapping[str, Any]]]
"""Items of exception lists, by the list's name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """A rule as it stands in its file."""

    data: Mapping[str, Any]
    file: Path
    where: str
    """`file:line`, or the file where it is one rule."""


@dataclass(frozen=True, slots=True)
class Export:
    """What a file holds: rules and what is none, in order, and the exception lists beside them."""

    entries: tuple[Entry | RuleError, ...]
    items: Items


def is_elastic_toml(data: Mapping[str, Any]) -> bool:
    """Whether a TOML file is one of Elastic's rules."""
    return isinstance(data.get("rule"), dict)


def toml_entry(data: Mapping[str, Any], file: Path) -> Entry:
    """The rule of a TOML file."""
    return Entry(data["rule"], file, str(file))


def read_export(file: Path) -> Export:
    """What a file of lines holds; a line that is no rule is an error with its number, and the others go on."""
    entries: list[Entry | RuleError] = []
    items: dict[str, list[Mapping[str, Any]]] = {}
    for where, line in _lines(file):
        found = line if isinstance(line, RuleError) else _parsed(line, where)
        if isinstance(found, RuleError):
            entries.append(found)
        elif "list_id" in found and "entries" in found:
            items.setdefault(str(found["list_id"]), []).append(found)
        elif "exported_count" not in found and "list_id" not in found:
            entries.append(Entry(found, file, where))
    return Export(tuple(entries), items)


def _lines(file: Path) -> Iterator[tuple[str, bytes | RuleError]]:
    try:
        with file.open("rb") as opened:
            for number in range(1, MAX_LINES + 1):
                line, where = opened.readline(MAX_LINE_BYTES + 1), f"{file}:{number}"
                if len(line) > MAX_LINE_BYTES:
                    message = f"the line has more than {MAX_LINE_BYTES:,} bytes"
                    yield where, RuleError(message, where=where, hint="one rule a line")
                    return
                if not line:
                    return
                if line.strip():
                    yield where, line
            if opened.readline(1):
                yield str(file), RuleError(f"the file has more than {MAX_LINES:,} lines", where=str(file))
    except OSError as error:
        yield str(file), RuleError(f"cannot read it: {error.strerror or error}", where=str(file))


def _parsed(line: bytes, where: str) -> Mapping[str, Any] | RuleError:
    try:
        entry = orjson.loads(line)
    except orjson.JSONDecodeError as error:
        return RuleError(f"the line is no JSON: {error}", where=where, hint="one rule a line")
    if not isinstance(entry, dict):
        return RuleError("it is no rule: no JSON object", where=where, hint="export it from Kibana anew")
    return entry
