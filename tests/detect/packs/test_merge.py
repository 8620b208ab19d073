"""The three-way merge, field by field: what the pack said, what the user says, what the pack says now."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.detect.attack.registry import Attack
from bartizan.detect.packs.fields import is_same
from bartizan.detect.packs.merge import Merged, base_after, merge, with_values
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import read_rule
from tests.detect.packs.conftest import RULE

EXCEPTION = {"name": "scanner", "entries": [{"field": "user.name", "operator": "is", "values": ["s"]}]}
OTHER = {"name": "other", "entries": [{"field": "user.name", "operator": "is", "values": ["o"]}]}
NARROW = {"name": "scanner", "entries": [{"field": "user.name", "operator": "is", "values": ["s", "t"]}]}
EQL = {"type": "eql", "language": "eql", "query": "any where true"}
SUPPRESS = {"by": ["user.name"], "span": "1h"}


def rule(attack: Attack, **changes: Any) -> Rule:
    entry = {key: value for key, value in {**RULE, **changes}.items() if value is not None}
    return read_rule(entry, "x", Path("x.toml"), attack)


def merged(attack: Attack, base: Mapping[str, Any], yours: Mapping[str, Any], theirs: Mapping[str, Any]) -> Merged:
    return merge(*(rule(attack, **one) for one in (base, yours, theirs)), attack)


def outcomes(found: Merged) -> dict[str, str]:
    return {one.field: one.outcome for one in found.fields}


CASES: list[tuple[str, dict[str, Any], dict[str, Any], dict[str, Any], dict[str, Any], dict[str, str]]] = [
    ("nothing", {}, {}, {}, {}, {}),
    ("yours", {}, {"severity": "low"}, {}, {"severity": "low"}, {"severity": "kept"}),
    ("theirs", {}, {}, {"severity": "low"}, {"severity": "low"}, {"severity": "taken"}),
    ("same", {}, {"severity": "low"}, {"severity": "low"}, {"severity": "low"}, {"severity": "same"}),
    ("conflict", {}, {"severity": "low"}, {"severity": "medium"}, {"severity": "low"}, {"severity": "conflict"}),
    (
        "different fields",
        {},
        {"severity": "low"},
        {"query": "event.action: DeleteTrail"},
        {"severity": "low", "query": "event.action: DeleteTrail"},
        {"severity": "kept", "query": "taken"},
    ),
    (
        "a list of both",
        {"tags": ["a", "b"]},
        {"tags": ["a", "mine"]},
        {"tags": ["new", "a", "b"]},
        {"tags": ["new", "a", "mine"]},
        {"tags": "merged"},
    ),
    ("a list emptied", {"tags": ["a"]}, {"tags": None}, {"tags": ["a", "b"]}, {"tags": ["b"]}, {"tags": "merged"}),
    (
        "the schedule's keys",
        {},
        {"schedule": {"every": "1h", "lookback": "1m"}},
        {"schedule": {"every": "5m", "lookback": "2m"}},
        {"schedule": {"every": "1h", "lookback": "2m"}},
        {"schedule.every": "kept", "schedule.lookback": "taken"},
    ),
    ("the same span, written otherwise", {}, {"schedule": {"every": "300s"}}, {}, {}, {}),
    (
        "a key of a table",
        {"suppress": SUPPRESS},
        {"suppress": {**SUPPRESS, "span": "2h"}},
        {"suppress": {**SUPPRESS, "by": ["user.id"]}},
        {"suppress": {"by": ["user.id"], "span": "2h"}},
        {"suppress.span": "kept", "suppress.by": "taken"},
    ),
    (
        "a table that one doesn't have",
        {"suppress": SUPPRESS},
        {},
        {"suppress": {**SUPPRESS, "missing": "alone"}},
        {},
        {"suppress": "conflict"},
    ),
    (
        "exceptions by name",
        {"exceptions": [EXCEPTION]},
        {"exceptions": [NARROW]},
        {"exceptions": [EXCEPTION, OTHER]},
        {"exceptions": [NARROW, OTHER]},
        {"exceptions.scanner": "kept", "exceptions.other": "taken"},
    ),
    (
        "an exception that both changed",
        {"exceptions": [EXCEPTION]},
        {"exceptions": [NARROW]},
        {},
        {"exceptions": [NARROW]},
        {"exceptions.scanner": "conflict"},
    ),
    (
        "another type: what belongs to it is one",
        {},
        {"query": "event.action: x"},
        EQL,
        {"query": "event.action: x"},
        {"logic": "conflict"},
    ),
    (
        "another type, not tuned",
        {},
        {"severity": "low"},
        EQL,
        {**EQL, "severity": "low"},
        {"logic": "taken", "severity": "kept"},
    ),
]


@pytest.mark.parametrize(
    ("base", "yours", "theirs", "result", "told"), [case[1:] for case in CASES], ids=[case[0] for case in CASES]
)
def test_fields(
    attack: Attack,
    base: dict[str, Any],
    yours: dict[str, Any],
    theirs: dict[str, Any],
    result: dict[str, Any],
    told: dict[str, str],
) -> None:
    found = merged(attack, base, yours, theirs)
    assert (found.rule, found.problem) == (rule(attack, **result), None)
    assert outcomes(found) == told


def test_what_can_not_be_merged_leaves_yours(attack: Attack) -> None:
    found = merged(attack, {"index": ["a", "b"]}, {"index": ["a"]}, {"index": ["b"]})
    assert (found.rule.index, found.problem is not None) == (("a",), True)


VALUES: dict[str, list[Any]] = {
    "severity": ["low", "high", "critical"],
    "risk_score": [1, 2, 3],
    "query": ["event.action: a", "event.action: b", "event.action: c"],
    "tags": [None, ["a"], ["a", "b"], ["b", "c"]],
    "schedule": [None, {"every": "1h"}, {"lookback": "3m"}],
    "suppress": [None, SUPPRESS, {"by": ["user.id"]}],
    "exceptions": [None, [EXCEPTION], [NARROW, OTHER], [OTHER]],
    "max_alerts": [None, 1, 2],
}
VERSIONS = st.fixed_dictionaries({key: st.sampled_from(values) for key, values in VALUES.items()})


@settings(max_examples=40)
@given(VERSIONS, VERSIONS, VERSIONS)
def test_what_is_brought_up_to_date_means_the_same(
    attack: Attack, base: dict[str, Any], yours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    """The copy and its base may be renewed, or only the copy: what is in force and what is in conflict stay."""
    before, own, new = (rule(attack, **one) for one in (base, yours, theirs))
    first = merge(before, own, new, attack)
    after = base_after(before, own, new, (), attack)
    for renewed in (merge(before, first.rule, new, attack), merge(after, first.rule, new, attack)):
        assert is_same(renewed.rule, first.rule)
        assert conflicts(renewed) == conflicts(first)


@settings(max_examples=40)
@given(VERSIONS, VERSIONS, VERSIONS)
def test_sides_that_nobody_changed(
    attack: Attack, base: dict[str, Any], yours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    before, own, new = (rule(attack, **one) for one in (base, yours, theirs))
    assert is_same(merge(before, before, new, attack).rule, new)
    assert is_same(merge(before, own, before, attack).rule, own)
    assert not conflicts(merge(before, own, own, attack))


@settings(max_examples=40)
@given(VERSIONS, VERSIONS, VERSIONS)
def test_decided_is_decided(
    attack: Attack, base: dict[str, Any], yours: dict[str, Any], theirs: dict[str, Any]
) -> None:
    before, own, new = (rule(attack, **one) for one in (base, yours, theirs))
    found = merge(before, own, new, attack)
    taken = {one.field: one.theirs for one in found.fields if one.outcome == "conflict"}
    after = base_after(before, own, new, taken, attack)
    decided = merge(after, with_values(before, own, new, taken, attack), new, attack)
    assert not conflicts(decided)
    assert not conflicts(merge(after, found.rule, new, attack))


def conflicts(found: Merged) -> list[tuple[str, Any, Any]]:
    return sorted((one.field, one.yours, one.theirs) for one in found.fields if one.outcome == "conflict")
