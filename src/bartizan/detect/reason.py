"""The one sentence that explains an alert: a rule's text with the event's values put in, as inert text."""

import re
from collections.abc import Mapping
from typing import Any

from bartizan.detect.rule import Rule

_PLACE = re.compile(r"\{([\w.@-]+)\}")
MAX_VALUE_CHARACTERS = 120
GENERAL = "{event.action} by {user.name} from {source.ip}"


def reason(rule: Rule, row: Mapping[str, Any]) -> str:
    """The rule's sentence for this event. Values come once and are never read as places again."""
    template = rule.reason or f"{rule.name}: {GENERAL}"
    return _PLACE.sub(lambda place: _shown(row.get(place[1])), template)


def _shown(value: Any) -> str:
    if isinstance(value, list):
        value = ", ".join(map(str, value))
    text = "" if value is None else str(value).removeprefix("::ffff:")
    if not text:
        return "(unknown)"
    return text if len(text) <= MAX_VALUE_CHARACTERS else f"{text[:MAX_VALUE_CHARACTERS]}..."
