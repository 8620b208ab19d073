"""Tunes rules of installed packs: makes copies, changes values in them, decides conflicts, gives copies up."""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.packs.errors import UnknownPack, Unresolved
from bartizan.detect.packs.installed import Installed
from bartizan.detect.packs.loaded import LoadedPack, PackRule, load_packs
from bartizan.detect.packs.merge import MergedField, base_after, with_values
from bartizan.detect.packs.renew import renew
from bartizan.detect.packs.tuned import TunedRule, copy_file, remove_copy, settle, write_base, write_copy
from bartizan.detect.rule import Rule
from bartizan.detect.rule_entry import rule_entry
from bartizan.detect.rule_file import read_rule
from bartizan.detect.rule_writing import rule_text


class Side(StrEnum):
    """Whose value is taken."""

    MINE = "mine"
    THEIRS = "theirs"


@dataclass(frozen=True, slots=True)
class Value:
    """A value of neither side."""

    value: Any


def customise(installed: Installed, rule_id: str, values: Mapping[str, Any], attack: Attack) -> Path:
    """Make a copy of a rule, or bring the one there is up to date, with other values by key (`severity`,
    `suppress.span`); None takes a key away. Gives the copy's file. Raises `UnknownPack`, and `RuleError` if it is no
    rule then."""
    with _changing(installed, rule_id, attack) as (pack, one):
        if one.tuned is None:
            assert one.theirs is not None
            file = copy_file(installed.tuned / pack.manifest.id, one.theirs)
            content = _set(one.theirs, values, attack) if values else one.theirs.file.read_bytes()
            write_copy(file, content, one.theirs)
            return file
        _change(one, one.tuned, values, attack)
        return one.tuned.file


def resolve(
    installed: Installed, rule_id: str, take: Side | Value, fields: Sequence[str], attack: Attack
) -> tuple[MergedField, ...]:
    """Decide conflicts of a rule, all or those of some `fields`, by taking a side, or a value for one field. Gives the
    conflicts that were decided. Raises `Unresolved` where there is none, and `RuleError` for a value that can't be."""
    with _changing(installed, rule_id, attack) as (_, one):
        if one.problem and isinstance(take, Side):
            _decide_whole(one, take)
            return one.conflicts
        decided = _chosen(one, fields)
        if isinstance(take, Value) and len(decided) > 1:
            names = ", ".join(field.field for field in decided)
            raise Unresolved(f"a value is for one field, and {names} are in conflict", hint="name it with --field")
        _decide(one, {field.field: _taken(field, take) for field in decided}, attack)
        return tuple(decided)


def reset(installed: Installed, rule_id: str, attack: Attack) -> None:
    """Give a copy up: the rule is as the pack has it. Raises `UnknownPack` where there is no copy."""
    with _changing(installed, rule_id, attack) as (_, one):
        if one.tuned is None:
            raise UnknownPack(f"rule `{rule_id}` is not tuned")
        remove_copy(one.tuned.file)


@contextmanager
def _changing(installed: Installed, rule_id: str, attack: Attack) -> Iterator[tuple[LoadedPack, PackRule]]:
    """A rule of an installed pack, to be changed by this process alone; raises `UnknownPack`."""
    with installed.changing():
        for id in installed.ids():
            settle(installed.tuned / id)
        yield found_rule(installed, rule_id, attack)


def found_rule(installed: Installed, rule_id: str, attack: Attack) -> tuple[LoadedPack, PackRule]:
    """A rule of an installed pack; raises `UnknownPack`."""
    for pack in load_packs(installed, attack).loaded:
        for one in pack.rules:
            if one.rule.id == rule_id:
                return pack, one
    hint = "`bartizan rules list` shows which rules are of packs"
    raise UnknownPack(f"no installed pack has a rule `{rule_id}`", hint=hint)


def _chosen(one: PackRule, fields: Sequence[str]) -> list[MergedField]:
    known = [field.field for field in one.conflicts]
    if unknown := [name for name in fields if name not in known]:
        hint = f"in conflict are {', '.join(known)}" if known else ""
        raise Unresolved(f"`{unknown[0]}` of rule `{one.rule.id}` is in no conflict", hint=hint)
    if not known:
        raise Unresolved(f"rule `{one.rule.id}` has no conflict")
    return [field for field in one.conflicts if not fields or field.field in fields]


def _taken(field: MergedField, take: Side | Value) -> Any:
    if isinstance(take, Value):
        return take.value
    return field.yours if take is Side.MINE else field.theirs


def _change(one: PackRule, tuned: TunedRule, values: Mapping[str, Any], attack: Attack) -> None:
    """Values that are set now were set in sight of the pack's: they are in no conflict."""
    base, yours, theirs = tuned.base or one.theirs or tuned.yours, tuned.yours, one.theirs
    if theirs is None or one.problem:
        write_copy(tuned.file, _set(yours, values, attack), base)
    elif values:
        write_copy(tuned.file, _set(one.rule, values, attack), base_after(base, yours, theirs, values, attack))
    else:
        renew(base, yours, theirs, attack)


def _decide(one: PackRule, values: Mapping[str, Any], attack: Attack) -> None:
    assert one.tuned is not None
    assert one.theirs is not None
    base, yours = one.tuned.base or one.theirs, one.tuned.yours
    after = base_after(base, yours, one.theirs, values, attack)
    decided = with_values(base, yours, one.theirs, values, attack)
    write_copy(one.tuned.file, rule_text(decided).encode(), after)


def _decide_whole(one: PackRule, side: Side) -> None:
    """Where no merge is possible: the copy as it is, or as the pack has it."""
    assert one.tuned is not None
    assert one.theirs is not None
    if side is Side.MINE:
        write_base(one.tuned.file, one.theirs)
    else:
        write_copy(one.tuned.file, rule_text(one.theirs).encode(), one.theirs)


def _set(rule: Rule, values: Mapping[str, Any], attack: Attack) -> bytes:
    entry = rule_entry(rule)
    for key, value in values.items():
        table, _, name = key.rpartition(".")
        place = entry.setdefault(table, {}) if table else entry
        if not isinstance(place, dict):
            raise RuleError(f"`{table}` is no table of a rule")
        if value is None:
            place.pop(name, None)
        else:
            place[name] = value
    if entry.get("id") != rule.id:
        raise RuleError("the `id` of a rule stays: alerts refer to it")
    said = {key: value for key, value in entry.items() if value != {}}
    return rule_text(read_rule(said, "the changed rule", rule.file, attack)).encode()
