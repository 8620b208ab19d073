"""ES|QL over several streams and over files: what some lack, what they store in different ways, how tables look."""

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bartizan.ecs import Registry, load_registry
from bartizan.engine.base import Engine
from bartizan.ingest.codecs import Bounds
from bartizan.query.budget import Budget
from bartizan.query.errors import QueryError
from bartizan.query.esql.compile import compile_esql
from bartizan.query.files.store import opened_files
from bartizan.query.schema import Schema
from bartizan.query.search import Found, Search
from bartizan.query.table import Reading
from bartizan.query.table_rows import as_documents, table_of
from tests.query.conftest import DATABASE, NOW, Ask, create_table, load_events

TIME = {"@timestamp": "DateTime64(3, 'UTC')", "event.id": "String"}
STREAMS = {
    "logs-one-esql": {**TIME, "user.name": "String", "user.id": "String", "tags": "Array(String)", "c1": "String"},
    "logs-two-esql": {**TIME, "user.id": "Nullable(UInt32)", "source.port": "Nullable(UInt16)", "tags": "String"},
    "logs-three-esql": {**TIME, "source.ip": "Nullable(IPv6)", "source.port": "String"},
}
ONE = '{"@timestamp":"2024-05-01T00:00:01Z","event.id":"a1","user.name":"ann","user.id":"7","tags":["t","u"],"c1":"x"}'
TWO = """{"@timestamp":"2024-05-01T00:00:02Z","event.id":"b1","user.id":7,"source.port":443,"tags":"t"}
{"@timestamp":"2024-05-01T00:00:04Z","event.id":"b2"}"""
THREE = """{"@timestamp":"2024-05-01T00:00:03Z","event.id":"c1","source.ip":"10.0.0.1","source.port":"443"}
{"@timestamp":"2024-05-01T00:00:03Z","event.id":"c2","source.ip":"10.0.0.2","source.port":"high"}"""


@pytest.fixture(scope="module")
def three(ask: Ask, chdb_connection: Any, registry: Registry) -> Schema:
    for (stream, columns), lines in zip(STREAMS.items(), (ONE, TWO, THREE), strict=True):
        create_table(chdb_connection, stream, columns)
        load_events(chdb_connection, stream, lines)
    return Schema(STREAMS, registry)


@pytest.mark.parametrize(
    ("query", "rows"),
    [
        ("FROM logs-*-esql | KEEP event.id | SORT event.id", [["a1"], ["b1"], ["b2"], ["c1"], ["c2"]]),
        ("FROM logs-two-* | KEEP event.id, source.port | SORT event.id", [["b1", 443], ["b2", None]]),
        (
            "FROM logs-* METADATA _index | STATS n = COUNT(*) BY _index | SORT _index",
            [[1, "logs-one-esql"], [2, "logs-three-esql"], [2, "logs-two-esql"]],
        ),
        ('FROM logs-* | WHERE user.name == "ann" | KEEP event.id, source.ip', [["a1", None]]),
        ('FROM logs-* | WHERE user.id == "7" | KEEP event.id | SORT event.id', [["a1"], ["b1"]]),
        ("FROM logs-* | WHERE source.port == 443 | KEEP event.id | SORT event.id", [["b1"], ["c1"]]),
        ("FROM logs-* | WHERE source.port IS NULL | KEEP event.id | SORT event.id", [["a1"], ["b2"], ["c2"]]),
        ("FROM logs-* | STATS n = COUNT(*) BY tags | SORT tags", [[2, "t"], [1, "u"], [3, None]]),
        ('FROM logs-* | WHERE tags == "t" | KEEP event.id', [["b1"]]),
        ('FROM logs-* | WHERE c1 == "x" | EVAL c2 = CONCAT(c1, event.id) | KEEP c1, c2', [["x", "xa1"]]),
        (
            'FROM logs-* | WHERE KQL("source.ip: 10.0.0.0/31 or tags: u") | KEEP event.id | SORT event.id',
            [["a1"], ["c1"]],
        ),
        ("FROM logs-three-* | KEEP source.ip | SORT source.ip", [["10.0.0.1"], ["10.0.0.2"]]),
    ],
)
def test_streams_are_read_as_one_table(three: Schema, ask: Ask, query: str, rows: list[list[Any]]) -> None:
    compiled = compile_esql(query, three, NOW, Reading(DATABASE))
    assert table_of(compiled, ask(compiled.tree, compiled.params)).rows == rows


def test_time_and_limit_of_the_search(three: Schema, ask: Ask) -> None:
    day = datetime(2024, 5, 1, tzinfo=UTC)
    reading = Reading(DATABASE, time_from=day.replace(second=2), time_to=day.replace(second=4), limit=2)
    compiled = compile_esql("FROM logs-* | KEEP event.id | SORT event.id | LIMIT 3", three, NOW, reading)
    assert table_of(compiled, ask(compiled.tree, compiled.params)).rows == [["b1"], ["c1"]]


def test_rows_with_an_id_are_events(three: Schema, ask: Ask) -> None:
    query = "FROM logs-one-* METADATA _id, _index | EVAL Esql.seen = 1 | DROP c1"
    compiled = compile_esql(query, three, NOW, Reading(DATABASE))
    (document,) = as_documents(table_of(compiled, ask(compiled.tree, compiled.params)), three.registry)
    assert document == {
        "@timestamp": "2024-05-01 00:00:01.000",
        "event": {"id": "a1"},
        "user": {"name": "ann", "id": "7"},
        "tags": ["t", "u"],
        "Esql": {"seen": 1},
    }


def test_every_stage_says_what_is_read(three: Schema) -> None:
    sql = compile_esql("FROM logs-* | STATS COUNT(*)", three, NOW, Reading()).tree.sql(dialect="clickhouse")
    assert "user.name" not in sql
    assert sql.count("UNION ALL") == 2


def test_no_text_of_a_query_is_sql(three: Schema) -> None:
    query = 'FROM logs-* | EVAL `evil"name` = "evil value" | STATS `evil n` = MAX(`evil"name`) BY `evil k` = user.name'
    compiled = compile_esql(query, three, NOW, Reading())
    assert "evil" not in compiled.tree.sql(dialect="clickhouse")
    assert [one.name for one in compiled.columns] == ["evil n", "evil k"]


def search_file(engine: Engine, path: Path, query: str) -> Found:
    with opened_files(engine, [path], load_registry(), Bounds()) as opened:
        return opened.run(opened.prepare(Search(query, "esql"), NOW), Budget())


def test_files(engine: Engine, tmp_path: Path) -> None:
    path = tmp_path / "a.ndjson"
    path.write_text('{"who":"ann","port":22,"tags":["a","b"]}\n{"who":"bob","port":443,"ok":true}\n{"who":"bob"}\n')
    found = search_file(engine, path, "FROM any | STATS n = COUNT(*), p = VALUES(port) BY who | SORT who")
    assert found.table is not None
    assert [one.name for one in found.table.columns] == ["n", "p", "who"]
    assert found.table.rows == [[1, 22, "ann"], [2, 443, "bob"]]
    everything = search_file(engine, path, "FROM any | WHERE ok | LIMIT 5")
    assert everything.table is not None
    assert dict(zip((one.name for one in everything.table.columns), *everything.table.rows, strict=True)) == {
        "who": "bob",
        "port": 443,
        "tags": None,
        "ok": True,
    }
    events = search_file(engine, path, 'FROM any METADATA _id | WHERE who == "ann" | KEEP _id, who, tags')
    assert events.documents == [{"who": "ann", "tags": ["a", "b"]}]
    with pytest.raises(QueryError, match="did you mean `who`"):
        search_file(engine, path, "FROM any | KEEP whoo")
