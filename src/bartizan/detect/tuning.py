"""What people have set beside the rules' files: which rules are on, shared exceptions, the value lists they name."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
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
    off: frozenset[str] = frozenset()
    """Ids of those of the rules that are switched off."""


@dataclass(frozen=True, slots=True)
class Tuning:
    """Reads what is set from the control-plane database."""

    state: "State"

    def applied(self, rules: Iterable[Rule], now: datetime) -> Tuned:
        """The rules that are on, with the shared exceptions that are theirs."""
        tuned = self.asked(rules, now)
        return replace(tuned, rules=[rule for rule in tuned.rules if rule.id not in tuned.off], off=frozenset())

    def asked(self, rules: Iterable[Rule], now: datetime, left_out: Collection[str] = ()) -> Tuned:
        """Rules that a person asked for, on or off, with the shared exceptions that are theirs; without those whose ids
        are in `left_out`."""
        states = self.state.rule_states.all()
        shared = [entry for entry in self.state.exceptions.in_force(now) if entry.id not in left_out]
        names = {one.id: one.name for one in self.state.exceptions.lists()} if shared else {}
        tuned = [_with(rule, shared, names) for rule in rules]
        off = frozenset(rule.id for rule in tuned if rule.id in states and states[rule.id].enabled is False)
        return Tuned(tuned, self.lists(tuned), off)

    def lists(self, rules: Iterable[Rule]) -> Lists:
        """The value lists that exceptions of the rules name."""
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
    own = tuple(stored_exception(entry) for entry in shared if applies(entry, rule, names))
    return replace(rule, exceptions=(*rule.exceptions, *own)) if own else rule


def applies(entry: "ExceptionEntry", rule: Rule, names: Mapping[str, str]) -> bool:
    """Whether a shared exception is a rule's: it names the rule, or the rule names its list; `names` are lists' names
    by their ids."""
    if entry.rules is not None:
        return rule.id in entry.rules
    return names.get(entry.list_id, "") in rule.exception_lists


def stored_exception(entry: "ExceptionEntry") -> RuleException:
    """A shared exception as rules have it."""
    return exception_of(entry.name, entry.conditions, entry.os, entry.expires_at)


def exception_of(
    name: str, conditions: Iterable["Condition"], os: str | None, expires_at: datetime | None
) -> RuleException:
    """An exception of conditions, on hosts of one system alone or anywhere, as rules have it."""
    entries = tuple(map(_entry, conditions))
    system = (Entry("host.os.type", "is", (os,)),) if os else ()
    return RuleException(name, (*entries, *system), expires_at)


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
