"""A case: what it says, in what form, and how large it may be."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from bartizan.state.errors import Invalid
from bartizan.state.texts import at_most, line, text
from bartizan.state.versions import Written

MAX_TEXT_CHARACTERS = 30_000
"""Characters of a description, a comment or a note."""
MAX_LABELS = 100
"""Tags, or people, of a case."""


class Severity(StrEnum):
    """How grave it is, in the words that rules use."""

    LOW = "low"
    MEDIUM = "medium"
    HIGH = "high"
    CRITICAL = "critical"


class Status(StrEnum):
    """Where it is on its way."""

    OPEN = "open"
    IN_PROGRESS = "in_progress"
    CLOSED = "closed"


class Reason(StrEnum):
    """Why it was closed."""

    TRUE_POSITIVE = "true_positive"
    """It was an attack."""
    BENIGN = "benign"
    """It happened, and was allowed."""
    FALSE_POSITIVE = "false_positive"
    """It did not happen: a rule was wrong."""
    DUPLICATE = "duplicate"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Case:
    """A case as it was when it was read."""

    id: str
    title: str
    description: str
    severity: Severity
    status: Status
    reason: Reason | None
    """Of a closed case alone."""
    assignees: tuple[str, ...]
    tags: tuple[str, ...]
    written: Written


LABELS = {"assignees": "assignee", "tags": "tag"}
"""Members of a case that are sets of words, and the kind of label they are stored as."""


def checked(values: Mapping[str, Any]) -> dict[str, Any]:
    """Some members of a case in the form they are stored in. Raises `Invalid`, `where` names the member."""
    found: dict[str, Any] = {}
    if "title" in values:
        found["title"] = line(values["title"], "title")
    if "description" in values:
        found["description"] = text(values["description"], "description", MAX_TEXT_CHARACTERS)
    for name, kind in (("severity", Severity), ("status", Status)):
        if name in values:
            found[name] = _one_of(kind, values[name], name)
    if "reason" in values:
        found["reason"] = None if values["reason"] is None else _one_of(Reason, values["reason"], "reason")
    for name in LABELS:
        if name in values:
            found[name] = _words(values[name], name)
    return found


def closed_as_it_should_be(status: str, reason: str | None) -> str | None:
    """The reason to keep: a closed case has one, no other has. Raises `Invalid` for a case closed without."""
    if status != Status.CLOSED:
        return None
    if reason is None:
        raise Invalid("a case is closed with a reason", where="reason", hint=f"one of {', '.join(Reason)}")
    return reason


def _one_of(kind: type[StrEnum], value: Any, where: str) -> str:
    try:
        return str(kind(value))
    except ValueError as error:
        raise Invalid("there is no such value", where=where, hint=f"known are {', '.join(kind)}") from error


def _words(values: Iterable[str], where: str) -> tuple[str, ...]:
    words = tuple(sorted({line(value, where) for value in values}))
    at_most(words, MAX_LABELS, where, where)
    return words
