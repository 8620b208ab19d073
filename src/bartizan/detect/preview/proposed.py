"""An exception that somebody thinks of, or one that is there: which rules it is for, and what they are without it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TYPE_CHECKING

from bartizan.detect.errors import RuleError, UnknownRule
from bartizan.detect.exceptions import Lists, RuleException
from bartizan.detect.rule import Rule
from bartizan.detect.rulebook import Rulebook
from bartizan.detect.tuning import Tuning, applies, stored_exception

if TYPE_CHECKING:  # with SQLAlchemy
    from bartizan.state.exceptions import ExceptionEntry


@dataclass(frozen=True, slots=True)
class Proposed:
    """What is looked at. With `exceptions` these, in the place of the stored one `entry_id` if there is one; without,
    what is stored: the exception, all of the list, or else the rules' own ones."""

    exceptions: tuple[RuleException, ...] = ()
    rules: tuple[str, ...] | None = None
    """Ids of the rules they are for; None: those that use the list."""
    list_id: str = ""
    """Of the shared list that they are in, or will be."""
    entry_id: str = ""
    added: tuple[Rule, ...] = ()
    """Rules that are not in the rulebook; of two with one id this one counts."""


@dataclass(frozen=True, slots=True)
class Tried:
    """A rule, and exceptions that it is tried with."""

    rule: Rule
    """With the exceptions that it has beside these."""
    exceptions: tuple[RuleException, ...]


@dataclass(frozen=True, slots=True)
class Trials:
    """The rules that are tried."""

    tried: Sequence[Tried]
    lists: Lists
    off: frozenset[str]
    """Ids of rules that are switched off."""


def trials_of(proposed: Proposed, rulebook: Rulebook, tuning: Tuning, now: datetime) -> Trials:
    """The rules that what is proposed is for. Raises `Missing` for a list or an exception, `UnknownRule` for a rule
    that is not there, `RuleError` if it is for none."""
    known = {**rulebook.rules, **{rule.id: rule for rule in proposed.added}}
    stored = _stored(proposed, tuning)
    names = {one.id: one.name for one in tuning.state.exceptions.lists()}
    chosen = {rule.id: rule for rule in _chosen(proposed, stored, known, names)}
    own: dict[str, tuple[RuleException, ...]] = {}
    for id, rule in chosen.items():
        if proposed.exceptions:
            own[id] = proposed.exceptions
        elif proposed.list_id:
            own[id] = tuple(stored_exception(entry) for entry in stored if applies(entry, rule, names))
        else:
            own[id], chosen[id] = rule.exceptions, replace(rule, exceptions=())
    is_replaced = bool(proposed.entry_id or not proposed.exceptions)
    tuned = tuning.asked(chosen.values(), now, [entry.id for entry in stored] if is_replaced else ())
    tried = [Tried(rule, own[rule.id]) for rule in tuned.rules if own[rule.id]]
    if not tried:
        hint = "give `rules`, or a list that rules name in `exception_lists`"
        raise RuleError("there is no exception of a rule to look at", hint=hint)
    return Trials(tried, tuning.lists(with_exceptions(one) for one in tried), tuned.off)


def with_exceptions(tried: Tried) -> Rule:
    """The rule with what it is tried with."""
    return replace(tried.rule, exceptions=(*tried.rule.exceptions, *tried.exceptions))


def _stored(proposed: Proposed, tuning: Tuning) -> Sequence["ExceptionEntry"]:
    exceptions = tuning.state.exceptions
    if proposed.entry_id:
        return (exceptions.entry(proposed.list_id, proposed.entry_id),)
    return exceptions.entries(proposed.list_id) if proposed.list_id else ()


def _chosen(
    proposed: Proposed, stored: Iterable["ExceptionEntry"], known: Mapping[str, Rule], names: Mapping[str, str]
) -> Iterable[Rule]:
    if proposed.rules is not None:
        return [*(_rule(id, known) for id in proposed.rules), *proposed.added]
    if proposed.exceptions and not proposed.entry_id:
        using = names.get(proposed.list_id, "")
        return [*(rule for rule in known.values() if using in rule.exception_lists), *proposed.added]
    if proposed.list_id:
        return [rule for rule in known.values() if any(applies(entry, rule, names) for entry in stored)]
    return proposed.added


def _rule(id: str, known: Mapping[str, Rule]) -> Rule:
    if id not in known:
        raise UnknownRule(f"there is no rule `{id}`", where="rules", hint="`bartizan rules list` tells the ids")
    return known[id]
