"""Changes of alerts: counted, searchable at once, in the history, undone."""

from collections.abc import Callable
from typing import Any

import pytest

from bartizan.alerts.change_sets import CANCELLED, DONE, ChangeSet
from bartizan.alerts.changes import AlertChanges
from bartizan.alerts.workflow import Change
from bartizan.query.budget import Budget
from bartizan.query.search import Search, search
from tests.alerts.test_store import alert
from tests.detect.store import NOW, DetectStore


@pytest.fixture(scope="module")
def store(make_store: Callable[[], DetectStore]) -> DetectStore:
    return make_store()


@pytest.fixture(scope="module")
def changes(store: DetectStore) -> AlertChanges:
    return AlertChanges(store.engine, store.alerts.table, store.intake.loader.prepare, store.clock)


def opened(store: DetectStore, *ids: str) -> list[str]:
    made = [alert(id) for id in ids]
    for one in made:
        one["alert"]["status"] = "open"
    store.alerts.add(made)
    return list(ids)


def changed(changes: AlertChanges, ids: list[str], actor: str = "alice", **what: Any) -> ChangeSet:
    return changes.finish(changes.begin(ids, Change(**what), actor).id)


def found(store: DetectStore, query: str, language: str = "kql") -> list[str]:
    asked = Search(query, language, (store.alerts.table,))
    documents = search(store.engine, store.schema(), asked, NOW, Budget()).documents
    return sorted(document["alert"]["id"] for document in documents)


def test_one_alert(store: DetectStore, changes: AlertChanges) -> None:
    ids = opened(store, "one-1", "one-2")
    done = changed(changes, ["one-1", "nobody"], status="acknowledged", assign=("bob", "bob"), tag=("x",), note="seen")
    assert (done.state, done.matched, done.missing, done.changed, done.unchanged) == (DONE, 1, 1, 1, 0)
    assert store.alerts.get("one-1")["alert"] | {"notes": ["seen"]} == alert("one-1")["alert"] | {
        "status": "acknowledged",
        "assignees": ["bob"],
        "tags": ["x"],
        "notes": ["seen"],
    }
    assert store.alerts.get("one-2")["alert"]["status"] == "open"
    assert found(store, "alert.status: acknowledged and alert.assignees: bob") == ["one-1"]
    again = changed(changes, ids, status="acknowledged")
    assert (again.changed, again.unchanged) == (1, 1)
    assert [(row["actor"], row["field"], row["before"], row["after"]) for row in changes.history("one-1")] == [
        ("alice", "alert.assignees", [], ["bob"]),
        ("alice", "alert.notes", None, "seen"),
        ("alice", "alert.status", "open", "acknowledged"),
        ("alice", "alert.tags", [], ["x"]),
    ]
