"""Any series of updates and changes: each field is what a model of one field alone says."""

from dataclasses import dataclass
from itertools import count
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.detect.attack.registry import Attack
from bartizan.detect.packs.customise import Side, customise, resolve
from bartizan.detect.packs.loaded import PackRule, load_packs
from bartizan.detect.rule_entry import rule_entry
from tests.detect.packs.conftest import RULE, Desk

VALUES: dict[str, list[Any]] = {
    "severity": ["low", "medium", "high"],
    "risk_score": [1, 2, 3],
    "max_alerts": [None, 5, 6],
    "reason": [None, "a", "b"],
}
FIELDS = sorted(VALUES)


@dataclass
class Field:
    """One field of a tuned rule."""

    base: Any
    yours: Any
    theirs: Any

    @property
    def is_conflict(self) -> bool:
        return self.yours not in (self.base, self.theirs) and self.base != self.theirs

    @property
    def in_force(self) -> Any:
        return self.theirs if self.yours == self.base else self.yours

    def settle(self) -> None:
        """What an update does to a copy."""
        if not self.is_conflict:
            self.base, self.yours = self.theirs, self.in_force


UPDATE = st.tuples(st.just("update"), st.fixed_dictionaries({name: st.sampled_from(VALUES[name]) for name in FIELDS}))
SET = st.sampled_from(FIELDS).flatmap(
    lambda name: st.tuples(st.just("set"), st.tuples(st.just(name), st.sampled_from(VALUES[name])))
)
RESOLVE = st.tuples(st.just("resolve"), st.tuples(st.sampled_from(FIELDS), st.sampled_from(Side)))


@pytest.mark.slow
@settings(max_examples=60)
@given(st.lists(UPDATE | SET | RESOLVE, min_size=3, max_size=10))
def test_any_history(tmp_path_factory: pytest.TempPathFactory, attack: Attack, steps: list[tuple[str, Any]]) -> None:
    desk, versions = Desk(tmp_path_factory.mktemp("history"), attack), count()
    desk.install("0.0.0", RULE)
    customise(desk.installed, "r-1", {}, attack)
    model = {name: Field(RULE.get(name), RULE.get(name), RULE.get(name)) for name in FIELDS}
    for kind, what in steps:
        if kind == "update":
            changes = {name: value for name, value in what.items() if value is not None}
            desk.update(f"1.{next(versions)}.0", {**RULE, **changes})
            for name, field in model.items():
                field.theirs = what[name]
        elif kind == "set":
            name, value = what
            customise(desk.installed, "r-1", {name: value}, attack)
            model[name] = Field(model[name].theirs, value, model[name].theirs)
        elif model[what[0]].is_conflict:
            name, side = what
            resolve(desk.installed, "r-1", side, [name], attack)
            yours = model[name].yours if side is Side.MINE else model[name].theirs
            model[name] = Field(model[name].theirs, yours, model[name].theirs)
        for field in model.values():
            field.settle()
        check(in_force(desk), model)


def in_force(desk: Desk) -> PackRule:
    ((rule,),) = (pack.rules for pack in load_packs(desk.installed, desk.attack).loaded)
    return rule


def check(found: PackRule, model: dict[str, Field]) -> None:
    entry = rule_entry(found.rule)
    assert {name: entry.get(name) for name in FIELDS} == {name: field.in_force for name, field in model.items()}
    assert {one.field: (one.base, one.yours, one.theirs) for one in found.conflicts} == {
        name: (field.base, field.yours, field.theirs) for name, field in model.items() if field.is_conflict
    }
