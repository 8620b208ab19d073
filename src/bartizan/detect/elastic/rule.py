"""A detection rule as Kibana exports it: one JSON object a line (elastic.co, Kibana, "Export and import rules")."""

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from bartizan.detect.errors import RuleError

SUFFIXES = (".ndjson", ".jsonl")
TYPES = ("query", "eql", "esql", "threshold", "new_terms", "threat_match", "machine_learning", "saved_query")
MAX_LINE_BYTES = 4_000_000
"""Longest rule."""


@dataclass(frozen=True, slots=True)
class ElasticRule:
    """What a rule looks for; its words for people are left where they are."""

    id: str
    type: str
    where: str
    """`file:line`."""
    language: str
    query: str
    index: tuple[str, ...]
    event_category: str
    """The field that EQL's categories compare with."""
    filters: tuple[Mapping[str, Any], ...]
    """Kibana's filters beside the query, in Elasticsearch's Query DSL."""
    fields: tuple[str, ...]
    """Fields that it counts or groups by, or compares with indicators."""
    jobs: tuple[str, ...]
    """Names of the anomaly jobs whose results it reads."""
    indicators: "Indicators | None" = None


@dataclass(frozen=True, slots=True)
class Indicators:
    """What a `threat_match` rule compares events with."""

    language: str
    query: str
    index: tuple[str, ...]
    filters: tuple[Mapping[str, Any], ...]
    fields: tuple[str, ...]


def read_rules(file: Path) -> Iterator[ElasticRule | RuleError]:
    """The rules of a file; what is none is an error with its line, and the others go on."""
    with file.open("rb") as lines:
        number = 0
        while line := lines.readline(MAX_LINE_BYTES + 1):
            number += 1
            found = _read(line, f"{file}:{number}")
            if found is not None:
                yield found
            if len(line) > MAX_LINE_BYTES:
                return


def _read(line: bytes, where: str) -> ElasticRule | RuleError | None:
    if len(line) > MAX_LINE_BYTES:
        return RuleError(f"the line has more than {MAX_LINE_BYTES} bytes", where=where, hint="one rule a line")
    if not line.strip():
        return None
    try:
        entry = json.loads(line)
    except (ValueError, RecursionError) as error:
        return RuleError(f"the line is no JSON: {error}", where=where, hint="one rule a line")
    if isinstance(entry, dict) and "exported_count" in entry:
        return None
    try:
        return _rule(entry, where)
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        return RuleError(f"it is no rule: {error}", where=where, hint="export it from Kibana anew")


def _rule(entry: Any, where: str) -> ElasticRule:
    if entry["type"] not in TYPES:
        raise ValueError(f"`type` is {entry['type']!r}, known are {', '.join(TYPES)}")
    return ElasticRule(
        id=_text(entry["rule_id"], "rule_id"),
        type=entry["type"],
        where=where,
        language=_text(entry.get("language") or "kuery", "language"),
        query=_text(entry.get("query") or "", "query"),
        index=_texts(entry.get("index")),
        event_category=_text(entry.get("event_category_override") or "event.category", "event_category_override"),
        filters=tuple(entry.get("filters") or ()),
        fields=tuple(dict.fromkeys(_fields(entry))),
        jobs=_texts(entry.get("machine_learning_job_id")),
        indicators=_indicators(entry) if entry["type"] == "threat_match" else None,
    )


def _fields(entry: Mapping[str, Any]) -> Iterator[str]:
    threshold = entry.get("threshold") or {}
    yield from _texts(threshold.get("field"))
    yield from (_text(one["field"], "threshold.cardinality.field") for one in threshold.get("cardinality") or ())
    yield from _texts(entry.get("new_terms_fields") or (entry.get("new_terms") or {}).get("value"))  # API, rule file
    yield from _texts((entry.get("alert_suppression") or {}).get("group_by"))
    yield from (pair["field"] for pair in _pairs(entry))


def _indicators(entry: Mapping[str, Any]) -> Indicators:
    return Indicators(
        language=_text(entry.get("threat_language") or "kuery", "threat_language"),
        query=_text(entry.get("threat_query") or "", "threat_query"),
        index=_texts(entry.get("threat_index")),
        filters=tuple(entry.get("threat_filters") or ()),
        fields=tuple(dict.fromkeys(pair["value"] for pair in _pairs(entry))),
    )


def _pairs(entry: Mapping[str, Any]) -> Iterator[Mapping[str, str]]:
    for alternative in entry.get("threat_mapping") or ():
        yield from alternative["entries"]


def _text(value: Any, key: str) -> str:
    if not isinstance(value, str):
        raise TypeError(f"`{key}` must be a text")
    return value


def _texts(value: Any) -> tuple[str, ...]:
    texts = [value] if isinstance(value, str) else value or ()
    return tuple(_text(one, "a list's element") for one in texts)
