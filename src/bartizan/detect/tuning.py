"""What people have set beside the rules' files: which rules are on, shared exceptions, the value lists they name."""

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bartizan.detect.errors import RuleError
from bartizan.detect.exceptions import Entry, Lists, RuleException
from bartizan.detect.rule import Rule

if TYPE_CHECKING:  # with SQLAlchemy, which takes a quarter of a second and `scan` doesn't need
    from bartizan.state.conditions import Condition
    from bartizan.state.exceptions import ExceptionEntry
    from bartizan.state.stores import State

MAX_LIST_VALUES = 100_000
"""Values of a list that an exception may use: they are sent with the rule's statement."""


@dataclass(frozen=True, slots=True)
class Tuned:
    """The rules as they are to run, and what their exceptions look values up in."""

    rules: Sequence[Rule]
    lists: Lists


@dataclass(frozen=True, slots=True)
class Tuning:
    """Reads what is set from the control-plane database."""

    state: "State"

    def applied(self, rules: Iterable[Rule], now: datetime) -> Tuned:
        """The rules that are on, with the shared exceptions that are theirs."""
        states = self.state.rule_states.all()
        off = {rule for rule, state in states.items() if state.enabled is False}
        shared = self.state.exceptions.in_force(now)
        names = {one.id: one.name for one in self.state.exceptions.lists()} if shared else {}
        tuned = [_with(rule, shared, names) for rule in rules if rule.id not in off]
        return Tuned(tuned, self._lists(tuned))

    def _lists(self, rules: Iterable[Rule]) -> Lists:
        wanted = {name for rule in rules for one in rule.exceptions for name in _list_names(one.entries)}
        known = {one.name: one for one in self.state.value_lists.lists() if one.name in wanted} if wanted else {}
        return {
            name: self.state.value_lists.values(one.id) if one.size <= MAX_LIST_VALUES else _TooMany(name, one.size)
            for name, one in known.items()
        }


class _TooMany(Sequence[str]):
    """A list that is too long: the rules that use it fail when they do, and no others."""

    def __init__(self, name: str, size: int) -> None:
        self._name = name
        self._size = size

    def __len__(self) -> int:
        return self._size

    def __iter__(self) -> Iterator[str]:
        raise self._error()

    def __getitem__(self, at: object) -> str:
        raise self._error()

    def _error(self) -> RuleError:
        message = f"the value list `{self._name}` has {self._size:,} values, an exception can use {MAX_LIST_VALUES:,}"
        return RuleError(message, hint="make it shorter, or give networks instead of addresses")


def _with(rule: Rule, shared: Sequence["ExceptionEntry"], names: dict[str, str]) -> Rule:
    own = tuple(_exception(entry) for entry in shared if _applies(entry, rule, names))
    return replace(rule, exceptions=(*rule.exceptions, *own)) if own else rule


def _applies(entry: "ExceptionEntry", rule: Rule, names: dict[str, str]) -> bool:
    if entry.rules is not None:
        return rule.id in entry.rules
    return names.get(entry.list_id, "") in rule.exception_lists


def _exception(entry: "ExceptionEntry") -> RuleException:
    entries = tuple(map(_entry, entry.conditions))
    system = (Entry("host.os.type", "is", (entry.os,)),) if entry.os else ()
    return RuleException(entry.name, (*entries, *system), entry.expires_at)


def _entry(condition: "Condition") -> Entry:
    return Entry(
        condition.field,
        condition.operator.value,
        tuple(map(_text, condition.values)),
        condition.negate,
        tuple(map(_entry, condition.conditions)),
    )


def _text(value: str | int | float | bool) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def _list_names(entries: Iterable[Entry]) -> Iterator[str]:
    for entry in entries:
        if entry.operator == "in_list":
            yield from entry.values
        yield from _list_names(entry.entries)
