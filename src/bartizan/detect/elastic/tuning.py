"""How Elastic's rules are tuned (suppression, overrides, exceptions), as the keys of our rules' files."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bartizan.detect.elastic.durations import duration_s
from bartizan.detect.elastic.entries import Items
from bartizan.detect.elastic.types import Note
from bartizan.detect.errors import RuleError
from bartizan.detect.keys import Keys, span_text

_MISSING: Mapping[str, str] = {"suppress": "together", "doNotSuppress": "alone"}
_OPERATORS: Mapping[str, str] = {
    "match": "is",
    "match_any": "is_one_of",
    "exists": "exists",
    "wildcard": "matches",
    "list": "in_list",
    "nested": "nested",
}
"""Types of entries (elastic.co, Kibana API, "Create an exception list item") and our operators."""
_ARRIVAL = "event.ingested"


def suppression(keys: Keys, own: Mapping[str, Any], note: Note) -> dict[str, Any] | None:
    """`suppress` of a rule's file; a threshold rule suppresses by the fields that it counts."""
    said = keys.table("alert_suppression", '{"group_by": ["user.name"]}')
    if said is None:
        return None
    by = list(said.texts("group_by")) or own.get("threshold", {}).get("fields", [])
    if not by:
        note("its suppression is not kept: it names no field")
        return None
    found: dict[str, Any] = {"by": by}
    if duration := said.raw("duration"):
        seconds = duration_s(duration) if isinstance(duration, dict) else None
        if seconds is None:
            raise said.error("duration", 'must be {"value": 5, "unit": "m"}')
        found["span"] = span_text(seconds)
    found["missing"] = _MISSING[said.choice("missing_fields_strategy", tuple(_MISSING), "suppress")]
    return found


def overrides(keys: Keys, note: Note) -> dict[str, Any]:
    """`override` of a rule's file. By arrival is how every rule runs here."""
    timestamp = keys.raw("timestamp_override")
    if timestamp not in (None, "", _ARRIVAL):
        note(f"`timestamp_override` is `{timestamp}`: rules run in the order of arrival here")
    scores = keys.tables("risk_score_mapping")
    if len(scores) > 1 or any(one.raw("value") for one in scores):
        note("of `risk_score_mapping` only the first field is kept")
    name = keys.raw("rule_name_override")
    return {
        "severity": [_severity(one) for one in keys.tables("severity_mapping")],
        **({"risk_score": scores[0].text("field")} if scores else {}),
        **({"name": name} if name else {}),
    }


def _severity(keys: Keys) -> dict[str, str]:
    return {key: keys.text(key) for key in ("field", "value", "severity")}


def exceptions(keys: Keys, items: Items, note: Note) -> list[dict[str, Any]]:
    """The exceptions of the lists that the rule names, as far as the file holds their items."""
    found = []
    for one in keys.tables("exceptions_list"):
        name = one.text("list_id")
        if name not in items:
            note(f"exception list `{name}` is not in the file")
        for item in items.get(name, ()):
            try:
                found.append(_exception(Keys(item, keys.where, "exceptions_list.")))
            except RuleError as error:
                note(f"an exception of list `{name}` is left out: {error.message}")
    return found


def _exception(keys: Keys) -> dict[str, Any]:
    if keys.raw("os_types"):
        raise keys.error("os_types", "are not read")
    expires = keys.raw("expire_time")
    found = {"name": keys.text("name"), "entries": _entries(keys.tables("entries"), 1)}
    return {**found, "expires": _instant(keys, expires)} if expires else found


def _instant(keys: Keys, said: Any) -> datetime:
    try:
        return datetime.fromisoformat(said)
    except (TypeError, ValueError):
        raise keys.error("expire_time", "must be a date") from None


def _entries(entries: Sequence[Keys], depth: int) -> list[dict[str, Any]]:
    return [_entry(one, depth) for one in entries]


def _entry(keys: Keys, depth: int) -> dict[str, Any]:
    type = keys.choice("type", tuple(_OPERATORS))
    found: dict[str, Any] = {"field": keys.text("field"), "operator": _OPERATORS[type]}
    if keys.text("operator", "included") == "excluded":
        found["negate"] = True
    if type == "nested" and depth == 1:
        return {**found, "entries": _entries(keys.tables("entries"), depth + 1)}
    if type == "exists":
        return found
    if type == "list":
        listed = keys.table("list", '{"id": "name"}')
        return {**found, "values": [listed.text("id") if listed else ""]}
    value = keys.raw("value")
    return {**found, "values": value if isinstance(value, list) else [value]}
