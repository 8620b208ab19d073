"""Alerts in pages, in groups, by queries; and what they stand on."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from bartizan.alerts import ancestors as ancestry
from bartizan.alerts.ancestors import ancestors
from bartizan.alerts.building_blocks import without_building_blocks
from bartizan.alerts.changes import AlertChanges
from bartizan.alerts.errors import ChangeRefused
from bartizan.alerts.groups import groups
from bartizan.alerts.listing import AlertFilter, page
from bartizan.alerts.selection import Selection, select_alerts
from bartizan.query.budget import Budget
from bartizan.query.errors import QueryError
from bartizan.query.search import Search, search
from tests.alerts.conftest import alert, changed
from tests.detect.store import NOW, DetectStore, record

BUDGET = Budget()


@pytest.fixture(scope="module")
def store(make_store: Callable[[], DetectStore]) -> DetectStore:
    """Six alerts over two events; the last is over two of the others, and over what is gone."""
    store = make_store()
    store.add(record(1, "StopLogging"), record(2, "DeleteTrail"))
    store.alerts.add(
        [
            made("a-1", 1, "low", 21, "r-1", "web", ["event-1"]),
            made("a-2", 2, "high", 73, "r-1", "web", ["event-1"]),
            made("a-3", 2, "critical", 99, "r-2", "db", ["event-2"]),
            made("a-4", 3, "low", 21, "r-2", "", ["event-2"]),
            made("a-5", 4, "low", 21, "r-2", "", ["event-2"]),
            made("a-6", 5, "high", 80, "r-3", "", ["a-1", "a-3", "gone", "a-6"]),
        ]
    )
    changes = AlertChanges(store.engine, store.alerts.table, store.intake.loader.prepare, store.clock)
    changed(changes, ["a-1", "a-3"], status="acknowledged", assign=("alice", "bob"), tag=("x", "y"))
    changed(changes, ["a-2"], status="closed", closed_reason="benign", tag=("y",))
    return store


def made(
    id: str, second: int, severity: str, risk_score: int, rule: str, host: str, events: list[str]
) -> dict[str, Any]:
    one = alert(id, second, severity, risk_score)
    one["alert"] |= {"status": "open", "events": events}
    return {**one, "rule": {"id": rule, "name": rule.upper(), "category": ["AWS"]}, "host": {"name": host}}


def listed(store: DetectStore, limit: int = 100, after: str = "", **wanted: Any) -> tuple[list[str], str | None]:
    found = page(store.engine, store.schema(), store.alerts.table, AlertFilter(**wanted), NOW, limit, after)
    return [one["alert"]["id"] for one in found.alerts], found.after


@pytest.mark.parametrize(
    ("wanted", "ids"),
    [
        ({}, ["a-6", "a-5", "a-4", "a-3", "a-2", "a-1"]),
        ({"statuses": ["acknowledged", "closed"]}, ["a-3", "a-2", "a-1"]),
        ({"statuses": ["acknowledged"], "severities": ["low"]}, ["a-1"]),
        ({"assignees": ["bob", "nobody"]}, ["a-3", "a-1"]),
        ({"tags": ["y"], "rules": ["r-1"]}, ["a-2", "a-1"]),
        ({"query": "host.name: w* and not alert.status: closed"}, ["a-1"]),
        ({"query": "any where kibana.alert.risk_score >= 80", "language": "eql"}, ["a-6", "a-3"]),
        ({"since": datetime(2026, 3, 1, 10, 0, 3, tzinfo=UTC)}, ["a-6", "a-5", "a-4"]),
        ({"until": datetime(2026, 3, 1, 10, 0, 2, tzinfo=UTC)}, ["a-1"]),
        ({"tags": ["' OR 1=1 --", "\\", "]"]}, []),
    ],
)
def test_a_list(store: DetectStore, wanted: dict[str, Any], ids: list[str]) -> None:
    assert listed(store, **wanted) == (ids, None)


def test_pages(store: DetectStore) -> None:
    pages = []
    after: str | None = ""
    while after is not None:
        ids, after = listed(store, 2, after)
        pages.append(ids)
    assert pages == [["a-6", "a-5"], ["a-4", "a-3"], ["a-2", "a-1"]]


@pytest.mark.parametrize(
    "after",
    [
        "x",
        "e30=",
        "WzEsMiwzXQ==",
        "\u00e9",
        "WyIyMDI2IiwieCIsImlkIl0=",
        "WyIyMDI2LTAxLTAxVDAwOjAwOjAwWiIsIDEwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAwMDAsICJ4Il0=",
        "WyIwMDAxLTAxLTAxVDAwOjAwOjAwKzE0OjAwIiwgMSwgIngiXQ==",
    ],
)
def test_a_place_that_is_none(store: DetectStore, after: str) -> None:
    with pytest.raises(ChangeRefused, match="no place"):
        listed(store, after=after)


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("sequence [any where true] [any where true]", "eql"),
        ("any where true | head 1", "eql"),
        ("FROM alerts-*", "esql"),
        ("rule.nmae: x", "kql"),
        ("x", "sql"),
    ],
)
def test_a_condition_that_is_none(store: DetectStore, query: str, language: str) -> None:
    with pytest.raises(QueryError):
        listed(store, query=query + " ", language=language)


def grouped(store: DetectStore, *by: str, limit: int = 100, **wanted: Any) -> tuple[list[tuple[Any, ...]], int]:
    found = groups(store.engine, store.schema(), store.alerts.table, by, AlertFilter(**wanted), NOW, limit)
    return [
        (*one.values.values(), one.count, one.open, one.severity, one.risk_score) for one in found.groups
    ], found.total


@pytest.mark.parametrize(
    ("by", "rows"),
    [
        (["rule.name"], [("R-2", 3, 2, "critical", 99), ("R-1", 2, 0, "high", 73), ("R-3", 1, 1, "high", 80)]),
        (
            ["kibana.alert.rule.name"],
            [("R-2", 3, 2, "critical", 99), ("R-1", 2, 0, "high", 73), ("R-3", 1, 1, "high", 80)],
        ),
        (["alert.tags"], [(None, 3, 3, "high", 80), ("y", 3, 0, "critical", 99), ("x", 2, 0, "critical", 99)]),
        (["host.name", "alert.risk_score"], None),
    ],
)
def test_groups(store: DetectStore, by: list[str], rows: list[tuple[Any, ...]] | None) -> None:
    found, total = grouped(store, *by)
    assert total == len(found)
    if rows is not None:
        assert found == rows
    assert (grouped(store, *by, limit=1)) == (found[:1], total)


@pytest.mark.parametrize("by", [[], ["rule.nmae"], ["a", "b", "c", "d"], ["event.id'); DROP TABLE x"], ["rule"]])
def test_groups_by_what_is_no_field(store: DetectStore, by: list[str]) -> None:
    with pytest.raises(ChangeRefused):
        grouped(store, *by)


def test_ancestors(store: DetectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def told(id: str) -> tuple[list[tuple[int, str]], list[str], bool]:
        events = (store.alerts.get(id) or {})["alert"]["events"]
        found = ancestors(store.engine, store.schema(), events, BUDGET)
        ids = sorted((one.depth, one.document["event"]["id"]) for one in found.ancestors)
        return ids, found.missing, found.is_cut

    assert told("a-2") == ([(1, "event-1")], [], False)
    whole = [(1, "a-1"), (1, "a-3"), (1, "a-6"), (2, "event-1"), (2, "event-2")]
    assert told("a-6") == (whole, ["gone"], False)
    monkeypatch.setattr(ancestry, "MAX_DEPTH", 1)
    assert told("a-6") == (whole[:3], ["gone"], True)
    monkeypatch.setattr(ancestry, "MAX_ANCESTORS", 2)
    assert told("a-6") == (whole[:2], [], True)


@pytest.mark.parametrize(
    ("query", "language", "ids"),
    [
        ("rule.id: r-1", "kql", ["a-1", "a-2"]),
        ("*", "kql", ["a-1", "a-2", "a-3", "a-4", "a-5", "a-6"]),
        ("rule.id:r-3 OR host.name:db", "lucene", ["a-3", "a-6"]),
        ('any where rule.id : "R-1" and alert.severity == "low"', "eql", ["a-1"]),
        ('sequence by rule.id [any where host.name == "db"] [any where true]', "eql", ["a-3", "a-4"]),
        ('FROM alerts-* METADATA _id | WHERE rule.id == "r-2" | SORT @timestamp | LIMIT 2', "esql", ["a-3", "a-4"]),
        (
            'FROM alerts-* | STATS alert.id = VALUES(alert.id) BY rule.id | WHERE rule.id == "r-1"',
            "esql",
            ["a-1", "a-2"],
        ),
        ('{"term": {"rule.id": "r-3"}}', "dsl", ["a-6"]),
    ],
)
def test_a_selection(store: DetectStore, query: str, language: str, ids: list[str]) -> None:
    wanted = Selection(query, language)
    assert sorted(select_alerts(store.engine, store.schema(), store.alerts.table, wanted, NOW, BUDGET)) == ids


def test_a_selection_within_times(store: DetectStore) -> None:
    at = datetime(2026, 3, 1, 10, 0, 2, tzinfo=UTC)
    wanted = Selection("*", time_from=at, time_to=at.replace(second=4))
    found = select_alerts(store.engine, store.schema(), store.alerts.table, wanted, NOW, BUDGET)
    assert sorted(found) == ["a-2", "a-3", "a-4"]


@pytest.mark.parametrize(
    ("query", "language", "kind"),
    [
        ("rule.nmae: x", "kql", QueryError),
        ("FROM alerts-* | STATS COUNT(*)", "esql", ChangeRefused),
        ("(", "kql", QueryError),
    ],
)
def test_a_selection_that_can_not_be(store: DetectStore, query: str, language: str, kind: type[Exception]) -> None:
    with pytest.raises(kind):
        select_alerts(store.engine, store.schema(), store.alerts.table, Selection(query, language), NOW, BUDGET)


@pytest.fixture(scope="module")
def blocks(make_store: Callable[[], DetectStore]) -> DetectStore:
    """A building block and another alert."""
    store = make_store()
    block = made("b-1", 1, "high", 73, "r-1", "web", ["event-1"])
    block["alert"]["building_block_type"] = "default"
    store.alerts.add([block, made("b-2", 2, "low", 21, "r-1", "web", ["event-1"])])
    return store


@pytest.mark.parametrize(("asked", "ids"), [(False, ["b-2"]), (True, ["b-2", "b-1"])])
def test_building_blocks_are_shown_to_who_asks_for_them(blocks: DetectStore, asked: bool, ids: list[str]) -> None:
    assert listed(blocks, building_blocks=asked) == (ids, None)
    wanted = AlertFilter(building_blocks=asked)
    counted = groups(blocks.engine, blocks.schema(), blocks.alerts.table, ["host.name"], wanted, NOW, 10).groups
    assert [one.count for one in counted] == [len(ids)]
    for query, language in (("*", "kql"), ("any where true", "eql"), ("FROM alerts-* | KEEP alert.id", "esql")):
        selection = Selection(query, language, building_blocks=asked)
        found = select_alerts(blocks.engine, blocks.schema(), blocks.alerts.table, selection, NOW, BUDGET)
        assert sorted(found) == sorted(ids)


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("host.name: web", "kql"),
        ("FROM alerts-* METADATA _id | KEEP _id", "esql"),
        ('sample by host.name [any where true] [any where rule.id == "r-1"]', "eql"),
    ],
)
def test_searches_leave_building_blocks_out(blocks: DetectStore, query: str, language: str) -> None:
    table, schema = blocks.alerts.table, blocks.schema()
    counts = []
    for within in ({}, without_building_blocks(schema)):
        asked = Search(query, language, (table,), streams=(table,), within=within)
        found = search(blocks.engine, schema, asked, NOW, BUDGET)
        counts.append(len(found.groups if found.groups is not None else found.documents))
    assert counts == ([2, 1] if language != "eql" else [1, 0])
    assert without_building_blocks(schema.only([])) == {}


def test_elastics_name_finds_building_blocks(blocks: DetectStore) -> None:
    table = blocks.alerts.table
    asked = Search("kibana.alert.building_block_type: default", "kql", (table,))
    (found,) = search(blocks.engine, blocks.schema(), asked, NOW, BUDGET).documents
    assert found["alert"]["id"] == "b-1"
