"""Texts with places for an alert's fields. Values are put in once, as inert text, and never read as places again."""

import re
from collections.abc import Callable, Mapping
from typing import Any

from bartizan.respond.document import value

_PLACE = re.compile(r"\{([\w.@|-]+)\}")
"""`{user.name}`, or `{user.name|user.id}`: the first of the fields that has a value."""

MAX_VALUE_CHARACTERS = 300

Escape = Callable[[str], str]
"""Makes a value inert for a target."""

SUBJECT = "[{alert.severity}] {rule.name}"
BODY = """{alert.reason}

Rule: {rule.name}
Severity: {alert.severity}, risk score {alert.risk_score}
Time: {alert.start|@timestamp}
Account: {cloud.account.id}, {cloud.region}
User: {user.name|user.id}
Source: {source.ip|source.address}
Alert: {alert.id}"""
"""What connectors say of an alert unless their `template` says otherwise."""


def render(template: str, alert: Mapping[str, Any], escape: Escape = str) -> str:
    """The template with the alert's values, each on one line, printable, clipped and escaped for the target."""
    return _PLACE.sub(lambda place: escape(_shown(_first(alert, place[1]))), template)


def inert(text: str) -> str:
    """Text that a terminal, a header or a page obeys in no way: control characters, line ends and direction marks are
    spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def clipped(text: str, characters: int) -> str:
    """At most that many characters, with `...` where some were cut."""
    return text if len(text) <= characters else f"{text[: characters - 3]}..."


def clipped_bytes(text: str, size_bytes: int) -> bytes:
    """UTF-8 of at most that many bytes, whole characters only."""
    return text.encode()[:size_bytes].decode(errors="ignore").encode()


def _first(alert: Mapping[str, Any], names: str) -> Any:
    found = (value(alert, name) for name in names.split("|"))
    return next((one for one in found if one not in (None, "", [])), None)


def _shown(one: Any) -> str:
    if one is None:
        return "(unknown)"
    text = ", ".join(map(str, one[:20])) if isinstance(one, list) else str(one)
    return inert(clipped(text, MAX_VALUE_CHARACTERS))
