"""What the types of Elastic's rules ask for beside the query, as the tables of our rules' files."""

from collections.abc import Callable, Mapping
from typing import Any

import orjson

from bartizan.detect.elastic.durations import before_now_s
from bartizan.detect.keys import Keys, span_text

TYPES: Mapping[str, str] = {
    "query": "query",
    "saved_query": "query",
    "eql": "eql",
    "esql": "esql",
    "threshold": "threshold",
    "new_terms": "new_terms",
    "threat_match": "indicator_match",
    "machine_learning": "machine_learning",
}
"""Elastic's types and ours."""

HISTORY_S = 14 * 86_400

Note = Callable[[str], None]


def settings(type: str, keys: Keys, from_s: int, note: Note) -> dict[str, Any]:
    """The table of the type, by its name; nothing for a type that has none. `from_s` is how far the rule looks back."""
    read = _READERS.get(type)
    return {} if read is None else {TYPES[type]: read(keys, from_s, note)}


def _eql(keys: Keys, from_s: int, note: Note) -> dict[str, Any]:
    """A sequence lies within what one run looks at, where it has no `maxspan`."""
    named = {"event_category_override": "event_category_field"}
    fields = {key: keys.raw(key) for key in ("event_category_override", "timestamp_field", "tiebreaker_field")}
    return {"span": span_text(from_s), **{named.get(key, key): value for key, value in fields.items() if value}}


def _esql(keys: Keys, from_s: int, note: Note) -> dict[str, Any]:
    return {"span": span_text(from_s)}


def _threshold(keys: Keys, from_s: int, note: Note) -> dict[str, Any]:
    own = keys.table("threshold", '{"field": [], "value": 5}')
    if own is None:
        raise keys.error("threshold", "is missing")
    found: dict[str, Any] = {"count": own.whole("value", least=1), "span": span_text(from_s)}
    if fields := named(own, "field"):
        found["fields"] = fields
    cardinality = own.tables("cardinality")
    if cardinality:
        found["cardinality"] = {"field": cardinality[0].text("field"), "count": cardinality[0].whole("value", least=1)}
    if len(cardinality) > 1:
        note("of its cardinalities only the first is kept")
    return found


def _new_terms(keys: Keys, from_s: int, note: Note) -> dict[str, Any]:
    """The API has `new_terms_fields` and `history_window_start`, rule files have both within `new_terms`."""
    fields, start = list(keys.texts("new_terms_fields")), keys.text("history_window_start", "now-14d")
    if own := keys.table("new_terms", '{"field": "new_terms_fields", "value": []}'):
        fields = list(own.texts("value"))
        start = next((one.text("value") for one in own.tables("history_window_start")), start)
    history_s = before_now_s(start)
    if history_s is None:
        note(f"`history_window_start` is `{start}`, which is no span before now: it is {HISTORY_S} s")
    return {"fields": fields, "history": span_text(history_s or HISTORY_S)}


def _indicators(keys: Keys, from_s: int, note: Note) -> dict[str, Any]:
    filters = keys.raw("threat_filters")
    language = keys.text("threat_language", "kuery")
    query = keys.raw("threat_query")
    return {
        "index": list(keys.texts("threat_index")) or ["logs-ti_*"],
        "language": "kql" if language == "kuery" else language,
        "query": query if isinstance(query, str) and query.strip() else "*",
        "match": [
            [_pair(one) for one in alternative.tables("entries")] for alternative in keys.tables("threat_mapping")
        ],
        **({"filters": orjson.dumps(filters).decode()} if filters else {}),
    }


def _pair(keys: Keys) -> dict[str, str]:
    if keys.raw("negate"):
        raise keys.error("negate", "is not read: a rule here finds what has an indicator")
    return {"field": keys.text("field"), "indicator": keys.text("value")}


def _machine_learning(keys: Keys, from_s: int, note: Note) -> dict[str, Any]:
    return {"jobs": named(keys, "machine_learning_job_id"), "score": keys.whole("anomaly_threshold", 50, most=100)}


def named(keys: Keys, key: str) -> list[str]:
    """A name or a list of names, blank ones left out."""
    said = keys.raw(key)
    found = [said] if isinstance(said, str) else list(keys.texts(key)) if said is not None else []
    return [one for one in found if one.strip()]


_READERS: Mapping[str, Callable[[Keys, int, Note], dict[str, Any]]] = {
    "eql": _eql,
    "esql": _esql,
    "threshold": _threshold,
    "new_terms": _new_terms,
    "threat_match": _indicators,
    "machine_learning": _machine_learning,
}
