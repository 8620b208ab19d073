"""The three-way merge of a rule that its user has tuned: what the pack said then, what the user says, what it says now.

What one side alone changed is taken from that side. What both changed differently is a conflict: the user's value stays
in force until somebody decides.
"""

from collections.abc import Container, Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path as FilePath
from typing import Any, Literal

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.packs.fields import Fields, Path, entry_of, field_name, fields_of
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import read_rule

Outcome = Literal["kept", "taken", "same", "merged", "conflict"]
"""`kept` is the user's, `taken` the pack's, `merged` a list that has the changes of both."""

_SETS = {("attack",), ("exception_lists",), ("false_positives",), ("index",), ("references",), ("tags",)}
"""Lists whose order means nothing and whose items stand each for itself."""


@dataclass(frozen=True, slots=True)
class MergedField:
    """What became of a field that the versions don't agree on; None is a value that is not there."""

    field: str
    outcome: Outcome
    base: Any
    yours: Any
    theirs: Any
    value: Any
    """What is in force."""


@dataclass(frozen=True, slots=True)
class Merged:
    """A rule that is in force, and how it came about."""

    rule: Rule
    fields: tuple[MergedField, ...]
    problem: RuleError | None = None
    """Why the user's rule is in force as a whole: what came of the merge is no rule."""


def merge(base: Rule, yours: Rule, theirs: Rule, attack: Attack) -> Merged:
    """The rule in force."""
    merged, told = _merged(base, yours, theirs)
    try:
        return Merged(rule_of(merged, yours.file, attack), told)
    except RuleError as error:
        message = f"merged with the pack's version it is no rule: {error.message}"
        hint = "yours is in force as it is; edit it, then resolve it with --take mine"
        return Merged(yours, told, RuleError(message, where=error.where, hint=hint))


def with_values(base: Rule, yours: Rule, theirs: Rule, values: Mapping[str, Any], attack: Attack) -> Rule:
    """The merged rule with other values in some fields; raises `RuleError` if that is no rule."""
    merged, _ = _merged(base, yours, theirs)
    paths = {field_name(path): path for path in _paths(fields_of((base, yours, theirs)))}
    for name, value in values.items():
        _put(merged, paths[name], value)
    return rule_of(merged, yours.file, attack)


def base_after(base: Rule, yours: Rule, theirs: Rule, decided: Container[str], attack: Attack) -> Rule:
    """The base of the merged rule: the pack's version, but for conflicts that are not `decided`, which stay."""
    before, own, new = fields_of((base, yours, theirs))
    for path in _paths((before, own, new)):
        outcome, _ = _decided(path, before.get(path), own.get(path), new.get(path))
        if outcome == "conflict" and field_name(path) not in decided:
            _put(new, path, before.get(path))
    return rule_of(new, base.file, attack)


def rule_of(fields: Fields, file: FilePath, attack: Attack) -> Rule:
    """The rule that fields stand for; raises `RuleError`."""
    return read_rule(entry_of(fields), str(file), file, attack)


def _paths(versions: Sequence[Fields]) -> Iterable[Path]:
    """Each field once, in the order of the pack's file."""
    return dict.fromkeys(path for fields in reversed(versions) for path in fields)


def _merged(base: Rule, yours: Rule, theirs: Rule) -> tuple[Fields, tuple[MergedField, ...]]:
    before, own, new = versions = fields_of((base, yours, theirs))
    merged: Fields = {}
    told: list[MergedField] = []
    for path in _paths(versions):
        said = before.get(path), own.get(path), new.get(path)
        outcome, value = _decided(path, *said)
        _put(merged, path, value)
        if outcome:
            told.append(MergedField(field_name(path), outcome, *said, value))
    return merged, tuple(told)


def _decided(path: Path, base: Any, yours: Any, theirs: Any) -> tuple[Outcome | None, Any]:
    """What becomes of a field: None for one that nobody has changed, and its value."""
    if yours == theirs:
        return ("same" if yours != base else None), yours
    if yours == base:
        return "taken", theirs
    if theirs == base:
        return "kept", yours
    if path in _SETS:
        return "merged", _united(base or [], yours or [], theirs or [])
    return "conflict", yours


def _united(base: list[str], yours: list[str], theirs: list[str]) -> list[str] | None:
    """The pack's list without what the user removed, and with what the user added."""
    removed = set(base) - set(yours)
    added = [one for one in yours if one not in base and one not in theirs]
    return [one for one in theirs if one not in removed] + added or None


def _put(fields: Fields, path: Path, value: Any) -> None:
    if value is None:
        fields.pop(path, None)
    else:
        fields[path] = value
