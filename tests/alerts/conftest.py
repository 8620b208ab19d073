"""Alerts are stored where detection's tests store events."""

from collections.abc import Callable
from typing import Any

import pytest

from bartizan.alerts.change_sets import ChangeSet
from bartizan.alerts.changes import AlertChanges
from bartizan.alerts.workflow import Change
from bartizan.engine.statements import fixed
from bartizan.query.budget import Budget
from bartizan.query.search import Search, search
from tests.detect.conftest import make_store
from tests.detect.store import NOW, DetectStore

__all__ = ["make_store"]

_FILL = """
INSERT INTO {table: Identifier}
    (`alert.id`, `event.id`, `alert.status`, `alert.severity`, `@timestamp`, `event.ingested`, `event.original`)
SELECT
    concat({prefix: String}, leftPad(toString(number), 6, '0')) AS id, id, 'open', 'low',
    toDateTime64('2026-03-01 10:00:00', 3, 'UTC') + number, toDateTime64('2026-03-01 11:00:00', 3, 'UTC'),
    concat('{"alert":{"id":"', id, '","status":"open"}}')
FROM numbers({count: UInt32})
"""


@pytest.fixture(scope="module")
def store(make_store: Callable[[], DetectStore]) -> DetectStore:
    """One store for all tests of a module: each has alerts with a prefix of its own."""
    return make_store()


@pytest.fixture(scope="module")
def changes(store: DetectStore) -> AlertChanges:
    return AlertChanges(store.engine, store.alerts.table, store.intake.loader.prepare, store.clock)


def alert(id: str, second: int = 0, severity: str = "low", risk_score: int = 1, **more: Any) -> dict[str, Any]:
    at = f"2026-03-01T10:00:{second:02d}.000Z"
    known = {"id": id, "severity": severity, "risk_score": risk_score, "events": [id], "start": at, "end": at}
    return {"@timestamp": at, "rule": {"id": "r"}, "threat": {}, "alert": known, **more}


def open_alerts(store: DetectStore, *ids: str) -> list[str]:
    """Store alerts as detection does."""
    made = [alert(id) for id in ids]
    for one in made:
        one["alert"]["status"] = "open"
    store.alerts.add(made)
    return list(ids)


def many_alerts(store: DetectStore, prefix: str, count: int) -> list[str]:
    """Store so many alerts that going through the spool would take long."""
    said = {"table": store.alerts.table, "prefix": prefix, "count": count}
    store.engine.query(fixed(_FILL), said, format="Null")
    return [f"{prefix}{number:06d}" for number in range(count)]


def changed(changes: AlertChanges, ids: list[str], actor: str = "alice", **what: Any) -> ChangeSet:
    return changes.finish(changes.begin(ids, Change(**what), actor).id)


def undone(changes: AlertChanges, change_set: ChangeSet) -> ChangeSet:
    return changes.finish(changes.begin_undo(change_set.id, "bob").id)


def found(store: DetectStore, query: str, language: str = "kql", limit: int = 100) -> list[str]:
    """Ids of the alerts that a search finds."""
    asked = Search(query, language, (store.alerts.table,), limit=limit)
    documents = search(store.engine, store.schema(), asked, NOW, Budget()).documents
    return sorted(document["alert"]["id"] for document in documents)


def state(store: DetectStore, id: str) -> dict[str, Any]:
    """What people change of an alert, as its document has it."""
    document = store.alerts.get(id)
    assert document is not None
    names = ("status", "closed_reason", "assignees", "tags", "notes")
    return {name: document["alert"][name] for name in names if name in document["alert"]}
