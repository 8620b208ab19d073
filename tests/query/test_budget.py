"""Searches that take more than they may, and searches that are cancelled."""

import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime

import pytest
from sqlglot import parse_one

from bartizan.ecs import Registry
from bartizan.engine.base import Engine, rows
from bartizan.query import cancel as cancelling
from bartizan.query.budget import Budget, BudgetExceeded, SearchCancelled
from bartizan.query.cancel import cancel, interruptible, new_search
from bartizan.query.schema import Schema
from bartizan.query.search import Search, search

NOW = datetime(2024, 5, 10, tzinfo=UTC)
TABLE = "logs-budget-default"
COLUMNS = {"@timestamp": "DateTime64(3, 'UTC')", "event.id": "String", "user.name": "String"}
DIGITS = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
ENDLESS = f"ROW a = {DIGITS} | EVAL " + ", ".join(f"{name} = a" for name in "bcdefghijkl") + " | "
ENDLESS += " | ".join(f"MV_EXPAND {name}" for name in "abcdefghijkl") + " | STATS n = COUNT(*), s = SUM(a + b)"
"""Ten to the power of twelve rows, out of nothing."""


@pytest.fixture(scope="module")
def schema(engine: Engine, registry: Registry) -> Iterator[Schema]:
    make = f"CREATE TABLE `{TABLE}` ENGINE = MergeTree ORDER BY `@timestamp` AS SELECT "
    make += "toDateTime64('2024-05-01', 3, 'UTC') AS `@timestamp`, toString(number) AS `event.id`, "
    make += "repeat('x', 100) || toString(number) AS `user.name` FROM numbers(100000)"
    engine.query(parse_one(make, dialect="clickhouse"), format="Null")
    yield Schema({TABLE: COLUMNS}, registry)
    engine.query(parse_one(f"DROP TABLE `{TABLE}`", dialect="clickhouse"), format="Null")


@pytest.mark.parametrize(
    ("asked", "budget", "message", "setting"),
    [
        (Search(ENDLESS, "esql"), Budget(timeout_s=0.2), "took longer than 0.2 s", "search_timeout_s"),
        (
            Search("user.name: *9*9*9*", index=(TABLE,)),
            Budget(max_rows=1000),
            "read more than 1,000 rows",
            "search_max_rows",
        ),
        (
            Search(f"FROM {TABLE} | STATS v = VALUES(user.name)", "esql"),
            Budget(max_memory_bytes=5_000_000),
            "more memory than it may",
            "search_max_memory_bytes",
        ),
    ],
    ids=["time", "rows", "memory"],
)
def test_what_is_said(
    engine: Engine, schema: Schema, asked: Search, budget: Budget, message: str, setting: str
) -> None:
    with pytest.raises(BudgetExceeded) as refused:
        search(engine, schema, asked, NOW, budget)
    assert message in refused.value.message
    assert setting in refused.value.hint
    assert search(engine, schema, Search("*", index=(TABLE,), limit=3), NOW, Budget()).documents


def test_a_search_is_cancelled(engine: Engine, schema: Schema) -> None:
    id = new_search()
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(search, engine, schema, Search(ENDLESS, "esql"), NOW, Budget(timeout_s=60, search=id))
        started = time.monotonic()
        while not running.done() and time.monotonic() - started < 30:
            cancel(engine, id)
            time.sleep(0.02)
        with pytest.raises(SearchCancelled):
            running.result()
    assert rows(engine, parse_one("SELECT 1 AS one", dialect="clickhouse")) == [{"one": 1}]


def test_an_interrupt_ends_the_search_first(engine: Engine, schema: Schema, monkeypatch: pytest.MonkeyPatch) -> None:
    ended = []

    def work(id: str) -> None:
        try:
            search(engine, schema, Search(ENDLESS, "esql"), NOW, Budget(timeout_s=60, search=id))
        except SearchCancelled:
            ended.append(id)

    def interrupted(_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(cancelling, "_awaited", interrupted)
    with pytest.raises(KeyboardInterrupt):
        interruptible(engine, work)
    assert len(ended) == 1
