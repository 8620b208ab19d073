"""Sigma's correlations over a few events: which keys fulfil them, and with which events."""

from datetime import UTC, datetime
from itertools import count
from typing import Any

import pytest
from sqlglot import parse_one

from bartizan.ecs import load_registry
from bartizan.engine.base import Engine
from bartizan.query.budget import Budget
from bartizan.query.errors import QueryError
from bartizan.query.explain import explain_wanted
from bartizan.query.schema import Schema
from bartizan.query.search import Search, prepared, search
from bartizan.query.table import CompiledTable

NOW = datetime(2024, 5, 2, tzinfo=UTC)
COLUMNS = {
    "@timestamp": "DateTime64(3, 'UTC')",
    "event.ingested": "DateTime64(3, 'UTC')",
    "event.id": "String",
    "event.action": "String",
    "user.name": "String",
    "host.name": "String",
    "source.bytes": "Nullable(Int64)",
}
FILL = """
INSERT INTO {table: Identifier} SELECT
    fromUnixTimestamp64Milli(1714521600000 + toInt64(words[1]) * 1000, 'UTC'), now64(3), toString(number), words[2],
    words[3], words[4], toInt64OrNull(words[5])
FROM (
    SELECT number, splitByChar(' ', arrayElement({lines: Array(String)}, number)) AS words
    FROM numbers(1, length({lines: Array(String)}))
)
"""
TABLES = count()
RULE = """
title: {name}
name: {name}
logsource: {{product: test}}
detection: {{sel: {{event.action: {name}}}, condition: sel}}
"""

CASES = {
    "so many events within a time": (
        "type: event_count\nrules: [a]\ngroup-by: [user.name]\ntimespan: 10s\ncondition: {gte: 3}",
        ["1 a ann", "5 a ann", "9 a ann", "1 a bob", "20 a bob", "21 a bob"],
        {"ann": [1, 2, 3]},
    ),
    "the window slides and both its ends count": (
        "type: event_count\nrules: [a]\ngroup-by: [user.name]\ntimespan: 10s\ncondition: {gt: 2}",
        ["1 a ann", "8 a ann", "12 a ann", "18 a ann"],
        {"ann": [2, 3, 4]},
    ),
    "events of several rules count together": (
        "type: event_count\nrules: [a, b]\ngroup-by: [user.name]\ntimespan: 10s\ncondition: {gte: 2}",
        ["1 a ann", "2 b ann", "3 a bob"],
        {"ann": [1, 2]},
    ),
    "without groups all events count together": (
        "type: event_count\nrules: [a]\ntimespan: 10s\ncondition: {gte: 2}",
        ["1 a ann", "2 a bob"],
        {"": [1, 2]},
    ),
    "so many different values": (
        "type: value_count\nrules: [a]\ngroup-by: [user.name]\ntimespan: 10s\ncondition: {gte: 2, field: host.name}",
        ["1 a ann h1", "2 a ann h1", "3 a bob h1", "4 a bob h2", "5 a eve"],
        {"bob": [3, 4]},
    ),
    "a sum": (
        "type: value_sum\nrules: [a]\ngroup-by: [user.name]\ntimespan: 10s\ncondition: {gt: 10, field: source.bytes}",
        ["1 a ann h 6", "2 a ann h 5", "3 a bob h 10", "4 a bob h x"],
        {"ann": [1, 2]},
    ),
    "an average": (
        "type: value_avg\nrules: [a]\ngroup-by: [user.name]\ntimespan: 10s\ncondition: {gte: 5, field: source.bytes}",
        ["1 a ann h 4", "2 a ann h 6", "3 a bob h 4"],
        {"ann": [1, 2]},
    ),
    "a percentile": (
        "type: value_percentile\nrules: [a]\ngroup-by: [user.name]\ntimespan: 10s\n"
        "condition: {gte: 6, field: source.bytes, percentile: 100}",
        ["1 a ann h 4", "2 a ann h 6", "3 a bob h 4"],
        {"ann": [1, 2]},
    ),
    "all rules in any order": (
        "type: temporal\nrules: [a, b]\ngroup-by: [user.name]\ntimespan: 10s",
        ["1 b ann", "2 a ann", "1 a bob", "20 b bob"],
        {"ann": [1, 2]},
    ),
    "a condition over rules": (
        "type: temporal\nrules: [a, b, c]\ngroup-by: [user.name]\ntimespan: 10s\ncondition: a and (b or c) and not b",
        ["1 a ann", "2 c ann", "1 a bob", "2 b bob", "3 c bob"],
        {"ann": [1, 2]},
    ),
    "all rules in their order": (
        "type: temporal_ordered\nrules: [a, b]\ngroup-by: [user.name]\ntimespan: 10s",
        ["1 b ann", "2 a ann", "1 a bob", "5 b bob"],
        {"bob": [3, 4]},
    ),
    "fields of different names": (
        "type: temporal\nrules: [a, b]\ngroup-by: [who]\ntimespan: 10s\naliases: {who: {a: user.name, b: host.name}}",
        ["1 a ann x", "2 b x ann"],
        {"ann": [1, 2]},
    ),
}


def found(engine: Engine, body: str, lines: list[str]) -> dict[str, list[int]]:
    table = f"logs-correlation-{next(TABLES)}"
    columns = ", ".join(f"`{name}` {kind}" for name, kind in COLUMNS.items())
    make = f"CREATE TABLE {{table: Identifier}} ({columns}) ENGINE = Memory"
    engine.query(parse_one(make, dialect="clickhouse"), {"table": table}, format="Null")
    engine.query(parse_one(FILL, dialect="clickhouse"), {"table": table, "lines": lines}, format="Null")
    asked = Search(written(body), "sigma", (table,))
    groups = search(engine, schema(table), asked, NOW, Budget()).groups or []
    engine.query(parse_one("DROP TABLE {table: Identifier}", dialect="clickhouse"), {"table": table}, format="Null")
    return {"/".join(map(str, one.keys)): [int(event["event"]["id"]) for event in one.events] for one in groups}


def written(body: str) -> str:
    indented = "\n".join(f"  {line}" for line in body.splitlines())
    rules = "---".join(RULE.format(name=name) for name in "abc")
    return f"{rules}---\ntitle: all\ncorrelation:\n{indented}\n"


def schema(table: str) -> Schema:
    return Schema({table: COLUMNS}, load_registry())


@pytest.mark.parametrize("case", CASES.values(), ids=CASES)
def test_case(engine: Engine, case: tuple[str, list[str], dict[str, list[int]]]) -> None:
    body, lines, expected = case
    assert found(engine, body, lines) == expected


def test_what_it_means() -> None:
    body = "type: temporal\nrules: [a, b]\ngroup-by: [user.name]\ntimespan: 10s\ncondition: a and not b"
    ready = prepared(schema("logs-x"), Search(written(body), "sigma", ("logs-x",)), NOW)
    shown = '(correlation (window 10000) (and seen-0 (not seen-1)) ((=~ event.action "a") by user.name) '
    assert not isinstance(ready, CompiledTable)
    assert explain_wanted(ready.wanted).startswith(f"(tail 100 {shown}")


REFUSED: dict[str, Any] = {
    "type: event_count\nrules: [zz]\ntimespan: 1m\ncondition: {gte: 1}": "`zz` is no rule of the file",
    "type: event_count\nrules: [a]\ngroup-by: [usr.name]\ntimespan: 1m\ncondition: {gte: 1}": "unknown field",
    "type: temporal_ordered\nrules: [a]\ntimespan: 1m": "one rule has no order",
    "type: temporal\nrules: [a, b]\ntimespan: 1m\ncondition: a and c": "not referenced",
}


@pytest.mark.parametrize(("body", "message"), REFUSED.items())
def test_refused_with_its_place(body: str, message: str) -> None:
    with pytest.raises(QueryError) as caught:
        prepared(schema("logs-x"), Search(written(body), "sigma", ("logs-x",)), NOW)
    assert message in str(caught.value)
    assert "line" in caught.value.where
