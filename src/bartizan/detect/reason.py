"""The one sentence that explains an alert: a rule's text with the event's values put in, as inert text."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bartizan.detect.executor import Hit
from bartizan.detect.rule import Rule

_PLACE = re.compile(r"\{([\w.@|-]+)\}")
"""`{user.name}`, or `{user.name|user.id}`: the first of the fields that has a value."""

MAX_VALUE_CHARACTERS = 120
MAX_FIELDS = 3
"""Fields that the sentence of several events names."""
GENERAL = "{event.action} by {user.name|user.id} from {source.ip|source.address}"


def reason(rule: Rule, hit: Hit) -> str:
    """The rule's sentence for what it found. Values come once and are never read as places again."""
    template = rule.reason or f"{rule.name}: {_general(hit)}"
    return _PLACE.sub(lambda place: _shown(_first(hit.fields, place[1].split("|"))), template)


def _general(hit: Hit) -> str:
    """For an event who did what; for several of them how many there are and what they share."""
    if hit.count == 1:
        return GENERAL
    names = [name for name in hit.fields if _PLACE.fullmatch(f"{{{name}}}")][:MAX_FIELDS]
    of = ", ".join(f"{name} {{{name}}}" for name in names)
    return f"{hit.count:,} events{f' of {of}' if of else ''}"


def fields(template: str) -> tuple[str, ...]:
    """The fields a sentence has places for."""
    return tuple(field for place in _PLACE.findall(template) for field in place.split("|"))


def _first(row: Mapping[str, Any], names: Iterable[str]) -> Any:
    return next((row[name] for name in names if row.get(name) not in (None, "", [])), None)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = "" if value is None else str(value).removeprefix("::ffff:")
    if not text:
        return "(unknown)"
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]}..."
