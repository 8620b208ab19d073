"""What an event decides about its alert instead of the rule: severity, risk score and name. All of it is bounded."""

from collections.abc import Callable
from typing import TypeVar

from bartizan.detect.executor import Hit
from bartizan.detect.rule import SEVERITIES
from bartizan.query.values import read_number

MAX_NAME_CHARACTERS = 200

Read = TypeVar("Read")


def severity_of(hit: Hit) -> str:
    """The gravest severity whose condition the hit's fields fulfil; else the rule's."""
    held = [one.severity for one in hit.rule.overrides.severity if one.value in _texts(hit, one.field)]
    return max(held, key=SEVERITIES.index, default=hit.rule.severity)


def risk_score_of(hit: Hit) -> int:
    """The number in the field that the rule names, within 0 to 100; else the rule's."""
    score = _first(hit, hit.rule.overrides.risk_score, _score)
    return hit.rule.risk_score if score is None else score


def name_of(hit: Hit) -> str:
    """The text in the field that the rule names; else the rule's."""
    return _first(hit, hit.rule.overrides.name, lambda text: text[:MAX_NAME_CHARACTERS]) or hit.rule.name


def _score(text: str) -> int | None:
    number = read_number(text)
    return None if number is None else round(min(max(number, 0), 100))


def _first(hit: Hit, field: str, read: Callable[[str], Read | None]) -> Read | None:
    return next((found for text in _texts(hit, field) if (found := read(text)) is not None), None)


def _texts(hit: Hit, field: str) -> list[str]:
    value = hit.fields.get(field)
    values = value if isinstance(value, list) else [value]
    return [str(one) for one in values if one not in (None, "")]
