"""Small streams of events, written as lines, and what a query finds in them."""

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import count

import pytest
from sqlglot import parse_one

from bartizan.ecs import Registry, load_registry
from bartizan.engine.base import Engine
from bartizan.query.budget import Budget
from bartizan.query.schema import Schema
from bartizan.query.search import Group, Search, search

BEGIN = datetime(2024, 5, 1, tzinfo=UTC)
NOW = BEGIN + timedelta(days=1)
COLUMNS = {
    "@timestamp": "DateTime64(3, 'UTC')",
    "event.ingested": "DateTime64(3, 'UTC')",
    "event.id": "String",
    "event.action": "String",
    "user.name": "String",
    "host.name": "String",
    "process.name": "String",
    "process.pid": "Nullable(Int64)",
    "source.ip": "Nullable(IPv6)",
}
_MAKE = """
CREATE TABLE {table: Identifier} (`@timestamp` DateTime64(3, 'UTC'), `event.ingested` DateTime64(3, 'UTC'),
`event.id` String, `event.action` String, `user.name` String, `host.name` String, `process.name` String,
`process.pid` Nullable(Int64), `source.ip` Nullable(IPv6)) ENGINE = Memory
"""
_FILL = """
INSERT INTO {table: Identifier} SELECT
    fromUnixTimestamp64Milli({begin: Int64} + toInt64(words[1]) * 1000, 'UTC'),
    fromUnixTimestamp64Milli({begin: Int64} + if(words[8] = '', number, toInt64(words[8])), 'UTC'),
    toString(number), words[2],
    if(words[3] IN ('-', ''), '', words[3]), words[4], words[5], toInt64OrNull(words[6]), toIPv6OrNull(words[7])
FROM (
    SELECT number, splitByChar(' ', arrayElement({lines: Array(String)}, number)) AS words
    FROM numbers(1, length({lines: Array(String)}))
)
"""

_DROP = "DROP TABLE {table: Identifier}"

FindIn = Callable[..., list[Group]]


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry()


@pytest.fixture(scope="session")
def find(engine: Engine, registry: Registry) -> FindIn:
    """What an EQL query finds in events given as lines "second action user host process pid address arrival".

    Arrival is a millisecond; without one each event arrives after the line before."""
    numbers = count()

    def run(query: str, lines: Sequence[str], limit: int = 100) -> list[Group]:
        table = f"logs-sequence-{next(numbers)}"
        values = {"table": table, "begin": int(BEGIN.timestamp() * 1000), "lines": list(lines)}
        engine.query(parse_one(_MAKE, dialect="clickhouse"), {"table": table}, format="Null")
        try:
            engine.query(parse_one(_FILL, dialect="clickhouse"), values, format="Null")
            asked = Search(query, "eql", (table,), time_to=NOW, limit=limit)
            return search(engine, Schema({table: COLUMNS}, registry), asked, NOW, Budget()).groups or []
        finally:
            engine.query(parse_one(_DROP, dialect="clickhouse"), {"table": table}, format="Null")

    return run
