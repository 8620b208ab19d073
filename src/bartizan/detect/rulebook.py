"""All rules there are, found by folder: what loads, and what doesn't and why; a bad rule stops no other."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import DuplicateRule, RuleError
from bartizan.detect.imported import Imported
from bartizan.detect.rule import Rule
from bartizan.detect.rule_sources import load_rules


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules by id, and what could not be loaded."""

    rules: dict[str, Rule]
    problems: tuple[RuleError, ...]
    notes: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """What of a rule of others is not kept, by the rule's id."""

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    def __len__(self) -> int:
        return len(self.rules)


def load_rulebook(folders: Iterable[Path], attack: Attack) -> Rulebook:
    """Read every rule below `folders`. Of two rules with one id the first is kept and the second is a problem."""
    rules: dict[str, Rule] = {}
    notes: dict[str, tuple[str, ...]] = {}
    problems: list[RuleError] = []
    for one in unique(load_rules(folders, attack)):
        if isinstance(one, RuleError):
            problems.append(one)
        else:
            rules[one.rule.id] = one.rule
            if one.notes:
                notes[one.rule.id] = one.notes
    return Rulebook(rules, tuple(problems), notes)


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
