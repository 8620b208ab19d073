"""An Elastic rule as ours: its entry is written anew with the keys of a rule's file, and read through that door."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from bartizan.detect.attack.foreign import resolve
from bartizan.detect.attack.registry import Attack
from bartizan.detect.elastic.durations import before_now_s, span_s
from bartizan.detect.elastic.entries import Entry, Items
from bartizan.detect.elastic.tuning import exceptions, overrides, suppression
from bartizan.detect.elastic.types import TYPES, named, settings
from bartizan.detect.errors import RuleError
from bartizan.detect.imported import Imported
from bartizan.detect.keys import Keys, span_text
from bartizan.detect.rule_file import read_rule

FROM_S = 360
"""Seconds that a rule looks back where it says nothing (`now-6m`: elastic.co, Kibana API, "Create a rule")."""
INTERVAL_S = 300
_LANGUAGES: Mapping[str, str] = {"kuery": "kql"}
_ALL_LOGS = ["logs-*"]

_UNUSED = (
    *("id", "version", "revision", "created_at", "created_by", "updated_at", "updated_by", "immutable", "enabled"),
    *("rule_source", "output_index", "meta", "namespace", "outcome", "alias_target_id", "alias_purpose", "to"),
    *("required_fields", "related_integrations", "investigation_fields", "execution_summary", "saved_id"),
    *("timeline_id", "timeline_title", "timestamp_override_fallback_disabled", "threat_indicator_path"),
    *("concurrent_searches", "items_per_search", "throttle"),
)
"""Keys that say nothing about what is found, or are Kibana's own."""


def convert(entry: Entry, attack: Attack, items: Items) -> Imported:
    """The rule of an entry, and a note for each thing it says that has no counterpart. Raises `RuleError`."""
    notes: dict[str, None] = {}
    keys = Keys({name: value for name, value in entry.data.items() if value is not None}, entry.where)
    own = _rule(keys, attack, items, lambda note: notes.update({note: None}))
    if unknown := keys.unasked():
        notes[f"`{'`, `'.join(unknown)}` is not known here"] = None
    return Imported(read_rule(own, entry.where, entry.file, attack), entry.where, tuple(notes))


def _rule(keys: Keys, attack: Attack, items: Items, note: Callable[[str], None]) -> dict[str, Any]:
    type = keys.choice("type", tuple(TYPES))
    id = keys.text("rule_id")
    from_s, every_s = _from_s(keys, note), _every_s(keys, note)
    own: dict[str, Any] = {
        "id": id,
        "type": TYPES[type],
        **_query(keys, type),
        **_words(keys, id),
        **_grade(keys),
        "index": _index(keys, note),
        "attack": _threats(keys, attack, note),
        "schedule": {"every": span_text(every_s), "lookback": span_text(max(from_s - every_s, 0))},
        "max_alerts": keys.whole("max_signals", 1000, least=1),
        "building_block": keys.has("building_block_type"),
        "unknown_fields": "missing",
        "override": overrides(keys, note),
        "exceptions": exceptions(keys, items, note),
        **settings(type, keys, from_s, note),
    }
    keys.raw("building_block_type")
    if suppress := suppression(keys, own, note):
        own["suppress"] = suppress
    _tell_unused(keys, note)
    return own


def _query(keys: Keys, type: str) -> dict[str, Any]:
    if type == "machine_learning":
        for key in ("language", "query", "index", "filters"):
            keys.raw(key)
        return {}
    language = keys.text("language", {"eql": "eql", "esql": "esql"}.get(type, "kuery"))
    query = keys.raw("query") or ""
    if not isinstance(query, str):
        raise keys.error("query", "must be a text")
    if not query.strip():
        if keys.has("saved_id") or language in ("eql", "esql"):
            hint = "export the rule with its query"
            raise RuleError("it has no query of its own", where=keys.where, hint=hint)
        query = "*"
    filters = keys.raw("filters")
    if filters is not None and not isinstance(filters, list):
        raise keys.error("filters", "must be a list")
    beside = {"filters": orjson.dumps(filters).decode()} if filters else {}
    return {"language": _LANGUAGES.get(language, language), "query": query, **beside}


def _words(keys: Keys, id: str) -> dict[str, Any]:
    """What the rule says to people; author and licence are tags, for nothing else here holds them."""
    name = keys.text("name", id)
    parts = [_text(keys, "note"), f"## Setup\n\n{setup}" if (setup := _text(keys, "setup")) else ""]
    authors = named(keys, "author")
    license = _text(keys, "license")
    return {
        "name": name,
        "description": _text(keys, "description") or name,
        "false_positives": list(keys.texts("false_positives")),
        "references": list(keys.texts("references")),
        "tags": [
            *keys.texts("tags"),
            *(f"Author: {one}" for one in authors),
            *([f"License: {license}"] if license else []),
        ],
        **({"guide": guide} if (guide := "\n\n".join(filter(None, parts))) else {}),
    }


def _text(keys: Keys, key: str) -> str:
    found = keys.raw(key) or ""
    if not isinstance(found, str):
        raise keys.error(key, "must be a text")
    return found.strip()


def _grade(keys: Keys) -> dict[str, Any]:
    return {"severity": keys.text("severity", "low"), "risk_score": keys.whole("risk_score", 21, most=100)}


def _index(keys: Keys, note: Callable[[str], None]) -> list[str]:
    index = [one for one in keys.texts("index") if one.strip()]
    if view := keys.raw("data_view_id"):
        note(f"data view `{view}` is not known here, the rule reads `{'`, `'.join(index or _ALL_LOGS)}`")
    return index or _ALL_LOGS


def _threats(keys: Keys, attack: Attack, note: Callable[[str], None]) -> list[str]:
    named: list[tuple[str, str]] = []
    for threat in keys.tables("threat"):
        if (framework := threat.text("framework", "MITRE ATT&CK")) != "MITRE ATT&CK":
            note(f"its threats of `{framework}` are not kept")
            continue
        tactic = threat.table("tactic", '{ id = "TA0005" }')
        tactic_id = tactic.text("id") if tactic else ""
        techniques = threat.tables("technique")
        if not techniques:
            note(f"tactic `{tactic_id}` is not kept: it names no technique")
        for technique in techniques:
            narrower = [one.text("id") for one in technique.tables("subtechnique")]
            named += [(tactic_id, id) for id in narrower or [technique.text("id")]]
    resolved = resolve(named, attack)
    for told in resolved.notes:
        note(told)
    return list(resolved.references)


def _from_s(keys: Keys, note: Callable[[str], None]) -> int:
    said = keys.text("from", f"now-{FROM_S}s")
    found = before_now_s(said)
    if found is None:
        note(f"`from` is `{said}`, which is no span before now: it looks back {FROM_S} s")
    return found or FROM_S


def _every_s(keys: Keys, note: Callable[[str], None]) -> int:
    said = keys.text("interval", f"{INTERVAL_S}s")
    found = span_s(said)
    if not found:
        note(f"`interval` is `{said}`, which is no span: it runs every {INTERVAL_S} s")
    return found or INTERVAL_S


def _tell_unused(keys: Keys, note: Callable[[str], None]) -> None:
    for key in _UNUSED:
        keys.raw(key)
    for key in ("actions", "response_actions"):
        if keys.raw(key):
            note(f"its `{key}` are not taken over: what happens with an alert is set up here")
