"""All rules there are, found by folder: what loads, and what doesn't and why; a bad rule stops no other."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import DuplicateRule, RuleError
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import load_rule


@dataclass(frozen=True, slots=True)
class Rulebook:
    """Rules by id, and what could not be loaded."""

    rules: dict[str, Rule]
    problems: tuple[RuleError, ...]

    def __iter__(self) -> Iterator[Rule]:
        return iter(self.rules.values())

    def __len__(self) -> int:
        return len(self.rules)


def load_rulebook(folders: Iterable[Path], attack: Attack) -> Rulebook:
    """Read every `*.toml` below `folders`. Of two rules with one id the first is kept and the second is a problem."""
    rules: dict[str, Rule] = {}
    problems: list[RuleError] = []
    for folder in folders:
        files = sorted(folder.rglob("*.toml")) if folder.is_dir() else [folder]
        if not files or not folder.exists():
            problems.append(RuleError("there are no rules here", where=str(folder)))
            continue
        for file in files:
            try:
                _add(rules, load_rule(file, attack))
            except RuleError as error:
                problems.append(error)
    return Rulebook(rules, tuple(problems))


def _add(rules: dict[str, Rule], rule: Rule) -> None:
    if other := rules.get(rule.id):
        raise DuplicateRule(f"id `{rule.id}` is already the one of {other.file}", where=str(rule.file))
    rules[rule.id] = rule
