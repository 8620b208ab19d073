"""Rules as people have set them: switched off, with shared exceptions and value lists."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect import tuning
from bartizan.detect.rule import Rule
from bartizan.detect.tuning import Tuning
from bartizan.state.database import sqlite_url
from bartizan.state.list_values import ValueType
from bartizan.state.stores import State, open_state
from tests.detect.conftest import varied
from tests.detect.store import NOW, DetectStore, record

WRITTEN = datetime(2026, 3, 1, tzinfo=UTC)


@pytest.fixture
def state(tmp_path: Path) -> Iterator[State]:
    opened = open_state(sqlite_url(tmp_path / "control.sqlite"), lambda: WRITTEN)
    yield opened
    opened.close()


@pytest.fixture
def rules(rule: Rule, store: DetectStore) -> list[Rule]:
    """One that names a shared list, one that names none."""
    own = varied(rule, index=(store.stream,))
    return [varied(own, id="attached", exception_lists=("shared",)), varied(own, id="other")]


def alerts(store: DetectStore, rules: list[Rule], state: State) -> dict[str, list[str]]:
    """Events of the new alerts, by rule; `failed` has the rules that failed."""
    found: dict[str, list[str]] = {rule.id: [] for rule in rules}
    for detected in store.detection(rules, Tuning(state)).run():
        for alert in detected.alerts:
            found[alert["rule"]["id"]] += alert["alert"]["events"]
        for failed in detected.failed:
            found.setdefault("failed", []).append(failed.rule.id)
    return {rule: sorted(events) for rule, events in found.items()}


def entry(field: str, operator: str, *values: Any, **more: Any) -> dict[str, Any]:
    return {"name": "known", "conditions": [{"field": field, "operator": operator, "values": list(values)}], **more}


def test_a_rule_that_is_off_does_not_run_and_misses_nothing(
    store: DetectStore, rules: list[Rule], state: State
) -> None:
    state.rule_states.enable(["other"], False)
    store.add(record(1, "StopLogging"))
    assert alerts(store, rules, state) == {"attached": ["event-1"], "other": []}
    state.rule_states.enable(["other"], None)
    store.add(record(2, "StopLogging"))
    assert alerts(store, rules, state) == {"attached": ["event-2"], "other": ["event-1", "event-2"]}


def test_shared_exceptions_are_for_rules_that_name_the_list_or_are_named(
    store: DetectStore, rules: list[Rule], state: State
) -> None:
    shared = state.exceptions.create("shared", "", "me")
    state.exceptions.add_entry(shared.id, entry("source.ip", "in_cidr", "192.0.2.0/24"), "me")
    state.exceptions.add_entry(shared.id, entry("user.name", "is", "bob", rules=["other"]), "me")
    expired = {"expires_at": NOW - timedelta(days=1)}
    state.exceptions.add_entry(shared.id, entry("user.name", "is", "alice", **expired), "me")
    bob = {"userIdentity": {"type": "IAMUser", "userName": "bob"}}
    store.add(
        record(1, "StopLogging"),
        record(2, "StopLogging", sourceIPAddress="192.0.2.1"),
        record(3, "StopLogging", **bob),
    )
    assert alerts(store, rules, state) == {"attached": ["event-1", "event-3"], "other": ["event-1", "event-2"]}


@pytest.mark.parametrize(
    ("field", "type", "values"),
    [
        ("source.ip", ValueType.IP, ["198.51.100.7"]),
        ("source.ip", ValueType.IP_RANGE, ["198.51.100.0/25"]),
        ("user.name", ValueType.KEYWORD, ["alice", "'; DROP TABLE x --"]),
    ],
)
def test_value_lists_are_looked_up_as_they_are_now(
    store: DetectStore, rules: list[Rule], state: State, field: str, type: ValueType, values: list[str]
) -> None:
    shared = state.exceptions.create("shared", "", "me")
    listed = state.value_lists.create("known", type, "", "me")
    state.exceptions.add_entry(shared.id, entry(field, "in_list", "known"), "me")
    store.add(record(1, "StopLogging"))
    assert alerts(store, rules, state) == {"attached": ["event-1"], "other": ["event-1"]}
    state.value_lists.add(listed.id, [value.encode() for value in values], "me")
    store.add(record(2, "StopLogging"))
    assert alerts(store, rules, state) == {"attached": [], "other": ["event-2"]}


def test_a_list_that_is_missing_or_too_long_fails_its_rule_alone(
    store: DetectStore, rules: list[Rule], state: State, monkeypatch: pytest.MonkeyPatch
) -> None:
    shared = state.exceptions.create("shared", "", "me")
    state.exceptions.add_entry(shared.id, entry("user.name", "in_list", "known"), "me")
    store.add(record(1, "StopLogging"))
    assert alerts(store, rules, state) == {"attached": [], "failed": ["attached"], "other": ["event-1"]}
    listed = state.value_lists.create("known", ValueType.KEYWORD, "", "me")
    state.value_lists.add(listed.id, [b"bob", b"carol"], "me")
    monkeypatch.setattr(tuning, "MAX_LIST_VALUES", 1)
    assert alerts(store, rules, state) == {"attached": [], "failed": ["attached"], "other": []}
    monkeypatch.undo()
    assert alerts(store, rules, state) == {"attached": ["event-1"], "other": []}
