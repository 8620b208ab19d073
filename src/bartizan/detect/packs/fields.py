"""A rule as fields that are merged one by one.

A field is a key of the rule's file (`severity`), a key of a table (`suppress.span`) or an exception by its name
(`exceptions.scanner`). What means something only together is one field: `logic` is type, language, query, index and
settings where a version has another type or language; a table that a version doesn't have is taken whole.
"""

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

from bartizan.detect.keys import span_text
from bartizan.detect.rule import Rule
from bartizan.detect.rule_entry import rule_entry
from bartizan.detect.rule_settings import TYPES

Path = tuple[str, ...]
"""A key, or a table's key and a key in it."""
Fields = dict[Path, Any]
"""Values by field; what a rule doesn't say is not there."""

LOGIC = "logic"
EXCEPTIONS = "exceptions"
_LOGIC_KEYS = ("type", "language", "query", "filters", "index", *(type for type in TYPES if type != "query"))
"""`query` is a type and the name of the condition; rules of that type have no table of their own."""


def field_name(path: Path) -> str:
    """How a field is named for people."""
    return ".".join(path)


def fields_of(rules: Sequence[Rule]) -> list[Fields]:
    """The fields of versions of one rule, cut alike for all of them."""
    entries = [_entry(rule) for rule in rules]
    if len({(entry["type"], entry.get("language")) for entry in entries}) > 1:
        entries = [_with_logic(entry) for entry in entries]
    tables = {key for entry in entries for key, value in entry.items() if isinstance(value, Mapping)}
    split = {key for key in tables - {LOGIC} if all(key in entry for entry in entries)}
    if all(map(_are_named, entries)):
        split.add(EXCEPTIONS)
        entries = [_with_named(entry) for entry in entries]
    return [_fields(entry, split) for entry in entries]


def is_same(one: Rule, other: Rule) -> bool:
    """Whether two rules say the same, whatever files they are in and whatever the order of exceptions is."""
    first, second = fields_of((one, other))
    return first == second


def entry_of(fields: Fields) -> dict[str, Any]:
    """The keys of a rule's file that fields stand for."""
    entry: dict[str, Any] = {}
    for path, value in fields.items():
        if path == (LOGIC,):
            entry |= value
        elif len(path) == 1:
            entry[path[0]] = value
        else:
            entry.setdefault(path[0], {})[path[1]] = value
    if isinstance(named := entry.get(EXCEPTIONS), Mapping):
        entry[EXCEPTIONS] = list(named.values())
    return entry


def _entry(rule: Rule) -> dict[str, Any]:
    """The schedule is always said: one that is left out would look like one that was taken away."""
    every, lookback = span_text(rule.schedule.every_s), span_text(rule.schedule.lookback_s)
    return {**rule_entry(rule), "schedule": {"every": every, "lookback": lookback}}


def _with_logic(entry: Mapping[str, Any]) -> dict[str, Any]:
    logic = {key: entry[key] for key in _LOGIC_KEYS if key in entry}
    return {**{key: value for key, value in entry.items() if key not in logic}, LOGIC: logic}


def _are_named(entry: Mapping[str, Any]) -> bool:
    names = Counter(one["name"] for one in entry.get(EXCEPTIONS, ()))
    return all(count == 1 for count in names.values())


def _with_named(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {**entry, EXCEPTIONS: {one["name"]: one for one in entry.get(EXCEPTIONS, ())}}


def _fields(entry: Mapping[str, Any], split: set[str]) -> Fields:
    fields: Fields = {}
    for key, value in entry.items():
        if key in split:
            fields |= {(key, inner): said for inner, said in value.items()}
        else:
            fields[key,] = value
    return fields
