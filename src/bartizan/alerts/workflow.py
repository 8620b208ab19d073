"""The workflow of an alert: the fields that people change, and what a change makes of them."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from typing import Any

import orjson

from bartizan.alerts.errors import ChangeRefused

STATUS, REASON, ASSIGNEES, TAGS = "alert.status", "alert.closed_reason", "alert.assignees", "alert.tags"
NOTES = "alert.notes"
"""Only added to: a change's note is a row of the history, the column holds the newest ones."""

TEXTS = (STATUS, REASON)
LISTS = (ASSIGNEES, TAGS)
FIELDS = (*TEXTS, *LISTS)
"""Columns of the alerts' table that a change sets; lists are without repetition."""

OPEN, ACKNOWLEDGED, CLOSED = "open", "acknowledged", "closed"
STATUSES = (OPEN, ACKNOWLEDGED, CLOSED)
REASONS = ("false_positive", "true_positive", "benign", "duplicate", "other")
"""Why an alert was closed."""

MAX_NAMES = 50
"""Assignees or tags of one alert, and of one change."""
MAX_NAME_CHARS = 200
MAX_NOTE_CHARS = 4_000

Value = str | tuple[str, ...]
"""A text, or the elements of a list."""
Values = Mapping[str, Value]
"""What `FIELDS` hold."""


@dataclass(frozen=True, slots=True)
class Change:
    """What is to become of alerts. Raises `ChangeRefused` when it makes no sense."""

    status: str | None = None
    """One of `STATUSES`; None leaves it."""
    closed_reason: str | None = None
    """One of `REASONS`: needed to close, allowed only then."""
    assign: tuple[str, ...] = ()
    unassign: tuple[str, ...] = ()
    tag: tuple[str, ...] = ()
    untag: tuple[str, ...] = ()
    note: str = ""
    """What people wrote about it, up to `MAX_NOTE_CHARS`."""

    def __post_init__(self) -> None:
        if not any(getattr(self, one.name) for one in fields(self)):
            raise ChangeRefused("the change changes nothing", hint="give a status, assignees, tags or a note")
        _check_status(self.status, self.closed_reason)
        for called in ("assign", "unassign", "tag", "untag"):
            _check_names(called, getattr(self, called))
        if len(self.note) > MAX_NOTE_CHARS or not _is_text(self.note):
            raise ChangeRefused(f"a note is a text of at most {MAX_NOTE_CHARS:,} characters", where="note")

    def apply(self, before: Values) -> Values:
        """The values afterwards; a list keeps its first `MAX_NAMES`."""
        after = dict(before)
        if self.status is not None:
            after[STATUS], after[REASON] = self.status, self.closed_reason or ""
        after[ASSIGNEES] = _edited(before[ASSIGNEES], self.assign, self.unassign)
        after[TAGS] = _edited(before[TAGS], self.tag, self.untag)
        return after


def written(value: Value) -> str:
    """A value as the history keeps it: a text as it is, a list as JSON."""
    return value if isinstance(value, str) else orjson.dumps(value).decode()


def read(field: str, text: str) -> Any:
    """What `written` wrote of a field, as JSON has it."""
    return orjson.loads(text or "[]") if field in LISTS else text


def change_of(said: Mapping[str, Any]) -> Change:
    """A change out of its JSON."""
    lists = {name: tuple(value) for name, value in said.items() if isinstance(value, list)}
    return Change(**{**said, **lists})


def _edited(before: Value, add: Sequence[str], remove: Sequence[str]) -> tuple[str, ...]:
    return tuple(name for name in dict.fromkeys((*before, *add)) if name not in remove)[:MAX_NAMES]


def _check_status(status: str | None, reason: str | None) -> None:
    if status is not None and status not in STATUSES:
        raise ChangeRefused("there is no such status", where="status", hint=f"known are {', '.join(STATUSES)}")
    if reason is not None and reason not in REASONS:
        raise ChangeRefused("there is no such reason", where="closed_reason", hint=f"known are {', '.join(REASONS)}")
    if (status == CLOSED) != (reason is not None):
        hint = f"close with one of {', '.join(REASONS)}"
        raise ChangeRefused("an alert is closed for a reason, and has none otherwise", where="closed_reason", hint=hint)


def _check_names(called: str, names: Sequence[str]) -> None:
    if len(names) > MAX_NAMES:
        raise ChangeRefused(f"a change holds at most {MAX_NAMES} of them", where=called)
    for name in names:
        if not name.strip() or len(name) > MAX_NAME_CHARS or not _is_text(name):
            raise ChangeRefused(f"a name is a text of 1 to {MAX_NAME_CHARS} characters", where=called)


def _is_text(text: str) -> bool:
    """Whether it can be stored: half of a surrogate pair is no character."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
