"""All rules there are, found by folder: what loads, and what doesn't and why; a bad rule stops no other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from itertools import chain
from pathlib import Path

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import DuplicateRule, RuleError
from bartizan.detect.imported import Imported, Origin
from bartizan.detect.packs.installed import Installed
from bartizan.detect.packs.loaded import Packs, load_packs
from bartizan.detect.rule import Rule
from bartizan.detect.rule_sources import load_rules


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules by id, and what could not be loaded."""

    rules: dict[str, Rule]
    problems: tuple[RuleError, ...]
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What of a rule of others is not kept, by the rule's id."""
    origins: Mapping[str, Origin] = field(default_factory=dict)
    """The packs that rules are of, by the rule's id."""
    packs: Packs = field(default_factory=Packs)

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    def __len__(self) -> int:
        return len(self.rules)


def load_rulebook(folders: Iterable[Path], attack: Attack, installed: Installed | None = None) -> Rulebook:
    """Read every rule below `folders`, then those of the installed packs. Of two rules with one id the first is kept
    and the second is a problem."""
    packs = load_packs(installed, attack) if installed else Packs()
    found = list(unique(chain(load_rules(folders, attack), packs.imported())))
    taken = {one.rule.id: one for one in found if isinstance(one, Imported)}
    return Rulebook(
        {id: one.rule for id, one in taken.items()},
        tuple(one for one in found if isinstance(one, RuleError)),
        {id: one.notes for id, one in taken.items() if one.notes},
        {id: one.origin for id, one in taken.items() if one.origin},
        packs,
    )


def unique(found: Iterable[Imported | RuleError]) -> Iterator[Imported | RuleError]:
    """The same, but a rule whose id an earlier one has is an error that names both places."""
    seen: dict[str, str] = {}
    for one in found:
        if isinstance(one, Imported) and (other := seen.get(one.rule.id)):
            yield DuplicateRule(f"id `{one.rule.id}` is already the one of {other}", where=one.where)
            continue
        if isinstance(one, Imported):
            seen[one.rule.id] = one.where
        yield one
