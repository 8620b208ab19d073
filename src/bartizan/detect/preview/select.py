"""Which rules a preview is about."""

from collections.abc import Collection, Iterable

from bartizan.detect.errors import UnknownRule
from bartizan.detect.rule import Rule
from bartizan.detect.rulebook import Rulebook


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
