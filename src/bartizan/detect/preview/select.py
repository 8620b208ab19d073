"""Which rules a preview is about, and with which exceptions."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import replace
from datetime import datetime

from bartizan.detect.errors import UnknownRule
from bartizan.detect.rule import Rule
from bartizan.detect.rulebook import Rulebook
from bartizan.detect.tuning import Tuned, Tuning


def selected(
    rulebook: Rulebook,
    ids: Iterable[str] = (),
    tags: Collection[str] = (),
    added: Iterable[Rule] = (),
    has_all: bool = False,
) -> list[Rule]:
    """Rules by id, those with one of `tags`, `added` ones that are not in the rulebook, or all; each once.

    Of two rules with one id the added one counts. Raises `UnknownRule` for an id that is not there.
    """
    own = {rule.id: rule for rule in added}
    chosen = {rule.id: rule for rule in rulebook if has_all or not set(tags).isdisjoint(rule.tags)}
    for id in ids:
        if id not in rulebook.rules and id not in own:
            raise UnknownRule(f"there is no rule `{id}`", where="rules", hint="`bartizan rules list` tells the ids")
        if id in rulebook.rules:
            chosen[id] = rulebook.rules[id]
    return list({**chosen, **own}.values())


def as_asked(rules: Sequence[Rule], tuning: Tuning | None, now: datetime, without_exceptions: bool = False) -> Tuned:
    """The rules as they would run, those that are switched off too: somebody asked for them. `without_exceptions`
    leaves out all of their exceptions, their own and shared ones. None for `tuning` takes them as their files say."""
    if without_exceptions:
        rules = [replace(rule, exceptions=(), exception_lists=()) for rule in rules]
    tuned = tuning.asked(rules, now) if tuning else Tuned(rules, {})
    if without_exceptions:
        return Tuned(rules, {}, tuned.off)
    return tuned
