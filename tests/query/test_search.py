"""A search over several streams: newest first, fields a stream lacks without value, conflicting types by their text."""

from datetime import UTC, datetime
from typing import Any

import pytest

from bartizan.ecs import Registry
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.compile import Compiled, Within, choose, compile_events, to_ir
from bartizan.query.errors import NoStreams, QueryError
from bartizan.query.schema import Schema
from tests.query.conftest import COLUMNS, DATABASE, NOW, Ask, compile_predicate, create_table, load_events

TIME = {"@timestamp": "DateTime64(3, 'UTC')", "event.id": "String"}
STREAMS = {
    "logs-a-default": {**TIME, "user.name": "String", "user.id": "String", "tags": "Array(String)"},
    "logs-b-default": {**TIME, "user.id": "Nullable(UInt32)", "source.port": "Nullable(UInt16)"},
    "logs-c-default": {**TIME, "source.ip": "Nullable(IPv6)", "source.port": "String"},
}
A = '{"@timestamp":"2024-05-01T00:00:01Z","event.id":"a1","user.name":"ann","user.id":"7","tags":["t"]}'
B = """{"@timestamp":"2024-05-01T00:00:02Z","event.id":"b1","user.id":7,"source.port":443}
{"@timestamp":"2024-05-01T00:00:04Z","event.id":"b2"}"""
C = """{"@timestamp":"2024-05-01T00:00:03Z","event.id":"c1","source.ip":"10.0.0.1","source.port":"443"}
{"@timestamp":"2024-05-01T00:00:03Z","event.id":"c2","source.ip":"10.0.0.2","source.port":"high"}"""


@pytest.fixture(scope="module")
def three(ask: Ask, chdb_connection: Any, registry: Registry) -> Schema:
    for (stream, columns), lines in zip(STREAMS.items(), (A, B, C), strict=True):
        create_table(chdb_connection, stream, columns)
        load_events(chdb_connection, stream, lines)
    return Schema(STREAMS, registry)


def search(schema: Schema, text: str, *streams: str, limit: int = 10, **options: Any) -> Compiled:
    time_from, time_to = options.pop("time_from", None), options.pop("time_to", None)
    own = choose(schema, streams or tuple(schema.streams))
    wanted = ir.Wanted(to_ir(text, "kql", own, NOW))
    return compile_events(wanted, own, Within(time_from, time_to, limit), database=DATABASE, **options)


def found(ask: Ask, compiled: Compiled) -> list[str]:
    return [row["event.id"] for row in ask(compiled.tree, compiled.params)]


@pytest.mark.parametrize(
    ("query", "ids"),
    [
        ("", ["b2", "c1", "c2", "b1", "a1"]),
        ("user.id: 7", ["b1", "a1"]),
        ("not user.id: *", ["b2", "c1", "c2"]),
        ("user.name: ann", ["a1"]),
        ("not user.name: ann", ["b2", "c1", "c2", "b1"]),
        ("source.port: 443", ["c1", "b1"]),
        ("source.port > 442 and source.port < 444", ["c1", "b1"]),
        ("not source.port: 443", ["b2", "c2", "a1"]),
        ("source.ip: 10.0.0.0/31", ["c1"]),
        ("tags: t or source.ip: *", ["c1", "c2", "a1"]),
        ("user.target.name: x", []),
    ],
)
def test_finds_over_three_streams(three: Schema, ask: Ask, query: str, ids: list[str]) -> None:
    assert found(ask, search(three, query)) == ids


def test_absent_fields_have_no_value(three: Schema, ask: Ask) -> None:
    compiled = search(three, "event.id: (a1 or c1)")
    assert compiled.columns == ("@timestamp", "event.id", "user.name", "user.id", "tags", "source.port", "source.ip")
    c1, a1 = ask(compiled.tree, compiled.params)
    assert list(c1) == list(compiled.columns)
    assert (c1["user.name"], c1["user.id"], c1["tags"], c1["source.port"]) == ("", "", [], "443")
    assert (a1["source.ip"], a1["source.port"], a1["tags"]) == (None, "", ["t"])


def test_one_stream_limit_columns_and_time(three: Schema, ask: Ask) -> None:
    start, end = (datetime(2024, 5, 1, 0, 0, second, tzinfo=UTC) for second in (2, 4))
    assert found(ask, search(three, "", limit=2)) == ["b2", "c1"]
    assert found(ask, search(three, "", time_from=start, time_to=end)) == ["c1", "c2", "b1"]
    compiled = search(three, "", "logs-b-default", columns=["event.id", "user.id", "no.such"])
    assert compiled.columns == ("event.id", "user.id")
    assert {row["event.id"]: row["user.id"] for row in ask(compiled.tree, compiled.params)} == {"b1": 7, "b2": None}


def test_streams_that_cannot_match_are_not_read(three: Schema) -> None:
    sql = search(three, "user.name: ann").tree.sql(dialect="clickhouse")
    assert "logs-a-default" in sql
    assert "logs-b-default" not in sql


def test_index_conditions_stay_plain(schema: Schema) -> None:
    sql = search(schema, "source.ip: 10.0.0.1").tree.sql(dialect="clickhouse")
    assert '"source.ip" = {p0: IPv6}' in sql
    assert "ifNull" not in sql


def test_choices_that_make_no_search(three: Schema) -> None:
    with pytest.raises(NoStreams):
        choose(three, [])
    with pytest.raises(NoStreams, match="no stream `x`"):
        search(three, "", "x")
    with pytest.raises(QueryError, match="0 to 1000000"):
        search(three, "", limit=-1)


def test_all_columns_of_the_large_stream(schema: Schema, ask: Ask) -> None:
    rows = ask(*_parts(search(schema, "event.category: iam", limit=2)))
    assert [row["event.id"] for row in rows] == ["e15", "e03"]
    assert list(rows[0]) == list(COLUMNS)


def _parts(compiled: Compiled) -> tuple[Any, Any]:
    return compiled.tree, compiled.params


def test_a_value_without_a_field_is_not_looked_for_in_derived_columns(registry: Registry) -> None:
    columns = {"event.original": "String", "user.name": "String", "user_agent.name": "String"}
    schema = Schema({"s": columns}, registry, derived=frozenset({"user_agent.name"}))
    binder = Binder()
    compile_predicate("curl", "kql", schema.only(["s"]).narrow("s"), binder, NOW)
    sql = compile_predicate("curl", "kql", schema, binder, NOW).sql(dialect="clickhouse")
    assert "user.name" in sql
    assert "user_agent.name" not in sql
    named = compile_predicate("user_agent.name: curl", "kql", schema, binder, NOW).sql(dialect="clickhouse")
    assert "user_agent.name" in named
