"""The one sentence that explains an alert: a rule's text with the event's values put in, as inert text."""

import re
from collections.abc import Iterable, Mapping
from typing import Any

from bartizan.detect.rule import Rule

_PLACE = re.compile(r"\{([\w.@|-]+)\}")
"""`{user.name}`, or `{user.name|user.id}`: the first of the fields that has a value."""

MAX_VALUE_CHARACTERS = 120
GENERAL = "{event.action} by {user.name|user.id} from {source.ip|source.address}"


def reason(rule: Rule, row: Mapping[str, Any]) -> str:
    """The rule's sentence for this event. Values come once and are never read as places again."""
    template = rule.reason or f"{rule.name}: {GENERAL}"
    return _PLACE.sub(lambda place: _shown(_first(row, place[1].split("|"))), template)


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
