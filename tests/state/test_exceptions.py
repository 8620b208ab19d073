"""Exception lists and their entries: versions, expiry, and conditions that are checked when they are written."""

from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.state.conditions import MAX_CONDITIONS, Condition, Operator, as_json, read_conditions
from bartizan.state.errors import Duplicate, Invalid, Missing, Outdated
from bartizan.state.exceptions import ExceptionList
from bartizan.state.stores import State
from tests.control_plane import START, Time

IS = {"field": "user.name", "operator": "is", "values": ["backup"]}


@pytest.fixture
def shared(state: State) -> ExceptionList:
    return state.exceptions.create("trusted", "Our scanners", "maria")


def test_a_list_is_made_changed_and_removed(state: State, shared: ExceptionList, time: Time) -> None:
    assert (shared.name, shared.written.version, shared.written.created_by) == ("trusted", 1, "maria")
    time.pass_s(60)
    changed = state.exceptions.update(shared.id, {"description": "Scanners"}, "paul", version=1)
    assert (changed.description, changed.written.version, changed.written.updated_by) == ("Scanners", 2, "paul")
    assert changed.written.created_at == START < changed.written.updated_at
    assert state.exceptions.named("trusted") == state.exceptions.get(shared.id) == changed
    with pytest.raises(Outdated, match="by paul; the newest is 2"):
        state.exceptions.update(shared.id, {"description": "x"}, "maria", version=1)
    entry = state.exceptions.add_entry(shared.id, {"name": "e", "conditions": [IS]}, "maria")
    with pytest.raises(Outdated):
        state.exceptions.delete(shared.id, version=1)
    state.exceptions.delete(shared.id, version=2)
    for gone in (lambda: state.exceptions.get(shared.id), lambda: state.exceptions.entry(shared.id, entry.id)):
        with pytest.raises(Missing):
            gone()
    assert state.exceptions.lists() == ()


def test_names_are_one_list_s_own(state: State, shared: ExceptionList) -> None:
    other = state.exceptions.create("other", "", "maria")
    for double in (
        lambda: state.exceptions.create("trusted", "", "maria"),
        lambda: state.exceptions.update(other.id, {"name": "trusted"}, "maria"),
    ):
        with pytest.raises(Duplicate):
            double()
    assert [found.name for found in state.exceptions.lists()] == ["other", "trusted"]


def test_an_entry_is_made_changed_and_discussed(state: State, shared: ExceptionList, time: Time) -> None:
    values = {
        "name": "Backup",
        "conditions": [IS, {"field": "source.ip", "operator": "in_list", "values": ["office"], "negate": True}],
        "os": "linux",
        "expires_at": START + timedelta(days=1),
        "rules": ["rule-1"],
    }
    made = state.exceptions.add_entry(shared.id, values, "maria")
    assert made.conditions[1] == Condition("source.ip", Operator.IN_LIST, ("office",), (), True)
    assert (made.rules, made.os, made.expires_at) == (("rule-1",), "linux", values["expires_at"])
    changed = state.exceptions.update_entry(shared.id, made.id, {"rules": None, "os": None}, "paul", version=1)
    assert (changed.rules, changed.os, changed.conditions) == (None, None, made.conditions)
    said = state.exceptions.comment(shared.id, made.id, "until the move is done", "paul")
    assert [(one.text, one.by, one.at) for one in said.comments] == [("until the move is done", "paul", START)]
    assert state.exceptions.entries(shared.id) == (said,)
    with pytest.raises(Outdated):
        state.exceptions.delete_entry(shared.id, made.id, version=2)
    state.exceptions.delete_entry(shared.id, made.id, version=3)
    assert state.exceptions.entries(shared.id) == ()


def test_what_expired_is_not_in_force(state: State, shared: ExceptionList) -> None:
    for name, expires_at in (("always", None), ("till noon", START), ("till one", START + timedelta(hours=1))):
        state.exceptions.add_entry(shared.id, {"name": name, "conditions": [IS], "expires_at": expires_at}, "maria")
    assert sorted(entry.name for entry in state.exceptions.in_force(START)) == ["always", "till one"]
    assert len(state.exceptions.entries(shared.id)) == 3


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({"name": "e"}, "conditions"),
        ({"conditions": [IS]}, "name"),
        ({"name": " ", "conditions": [IS]}, "name"),
        ({"name": "a\nb", "conditions": [IS]}, "name"),
        ({"name": "e", "conditions": [IS], "os": "beos"}, "os"),
        ({"name": "e", "conditions": [IS], "rules": [""]}, "rules"),
        ({"name": "e", "conditions": [IS], "rules": ["r"] * 1001}, "rules"),
    ],
)
def test_entries_that_are_refused(state: State, shared: ExceptionList, values: dict[str, Any], where: str) -> None:
    with pytest.raises(Invalid) as refused:
        state.exceptions.add_entry(shared.id, values, "maria")
    assert refused.value.where == where


@pytest.mark.parametrize(
    ("document", "where", "said"),
    [
        (5, "", "no object"),
        ({}, ".operator", "no such operator"),
        ({**IS, "x": 1}, "", "there is no `x`"),
        ({**IS, "field": ""}, ".field", "empty"),
        ({**IS, "field": None}, ".field", "missing"),
        ({**IS, "field": "f" * 501}, ".field", "longer"),
        ({**IS, "operator": ["is"]}, ".operator", "no such operator"),
        ({**IS, "negate": "yes"}, ".negate", "true or false"),
        ({**IS, "values": []}, ".values", "takes 1 values, not 0"),
        ({**IS, "values": ["a", "b"]}, ".values", "takes 1 values, not 2"),
        ({**IS, "values": "a"}, ".values", "wrong type"),
        ({**IS, "values": [None]}, ".values.0", "a text, a number"),
        ({**IS, "values": [2**63]}, ".values.0", "64 bits"),
        ({**IS, "values": [float("nan")]}, ".values.0", "64 bits"),
        ({**IS, "values": [float("-inf")]}, ".values.0", "64 bits"),
        ({**IS, "values": ["a\0"]}, ".values.0", "control"),
        ({**IS, "values": ["\ud800"]}, ".values.0", "Unicode"),
        ({**IS, "values": ["x" * 8193]}, ".values.0", "longer"),
        ({**IS, "operator": "is_one_of", "values": ["x"] * 1001}, ".values", "1 to 1000"),
        ({**IS, "operator": "exists"}, ".values", "takes 0"),
        ({**IS, "operator": "matches", "values": [5]}, ".values.0", "wrong type"),
        ({**IS, "operator": "in_cidr", "values": ["10.0.0.0/33"]}, ".values.0", "no network"),
        ({**IS, "operator": "in_list", "values": ["../x"]}, ".values.0", "no name"),
        ({**IS, "conditions": [IS]}, ".conditions", "no other operator"),
        ({"field": "f", "operator": "nested"}, ".conditions", "no other operator"),
        ({"field": "f", "operator": "nested", "conditions": [{**IS, "values": []}]}, ".conditions.0.values", "takes"),
        (
            {"field": "f", "operator": "nested", "conditions": [{"field": "f", "operator": "nested"}]},
            ".conditions.0",
            "nested",
        ),
    ],
)
def test_conditions_that_are_refused(document: Any, where: str, said: str) -> None:
    with pytest.raises(Invalid, match=said) as refused:
        read_conditions([IS, document])
    assert refused.value.where == f"conditions.1{where}"


@pytest.mark.parametrize("documents", [[], [IS] * (MAX_CONDITIONS + 1)])
def test_none_would_hide_everything_and_too_many_are_too_many(documents: list[Any]) -> None:
    with pytest.raises(Invalid):
        read_conditions(documents)


def test_networks_come_in_one_form() -> None:
    read = read_conditions([{"field": "source.ip", "operator": "in_cidr", "values": ["10.1.2.3/8", "2001:DB8::/32"]}])
    assert read[0].values == ("10.0.0.0/8", "2001:db8::/32")


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text() | st.sampled_from(list(Operator)),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.sampled_from(["field", "operator", "values", "conditions", "negate"]) | st.text(), inner)
    ),
    max_leaves=12,
)


@given(st.lists(JSON, max_size=4))
def test_whatever_comes_is_read_or_refused_and_what_is_read_is_written_back(documents: list[Any]) -> None:
    try:
        read = read_conditions(documents)
    except Invalid:
        return
    assert read_conditions([as_json(condition) for condition in read]) == read
