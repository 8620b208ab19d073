"""Tables of streams on both engines: made, widened and given another retention in place."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import pytest
from sqlglot import exp

from bartizan.engine.base import Engine, LocalFile, Settings, Value, rows
from bartizan.engine.cluster import Cluster
from bartizan.engine.columns import Column
from bartizan.engine.errors import StatementRefused
from bartizan.engine.tables import columns_query, ensure_table, tables_query
from bartizan.engine.updates import update_statement
from tests.engine.conftest import sql
from tests.engine.stream_tables import ADDED, COLUMNS, stream_table

INSERT = """
INSERT INTO {table: Identifier} (`@timestamp`, `event.ingested`, `event.id`, `event.category`, `event.type`)
SELECT now64(3), {ingested: DateTime64(3, 'UTC')}, 'one', ['iam', 'configuration'], ['change']
"""

FILL = """
INSERT INTO {table: Identifier} (`@timestamp`, `event.ingested`, `event.id`)
SELECT toDateTime64('2024-05-10 12:00:00', 3, 'UTC') + number, toDateTime64('2100-01-01 00:00:00', 3, 'UTC'),
    toString(number) FROM numbers(100000)
"""


def described(engine: Engine, table: str) -> dict[str, Any]:
    query = sql(
        "SELECT sorting_key, partition_key, engine, engine_full FROM system.tables WHERE name = {table: String}"
    )
    return rows(engine, query, {"table": table})[0]


def insert(engine: Engine, table: str, ingested: str = "2100-01-01 00:00:00") -> None:
    engine.query(sql(INSERT), {"table": table, "ingested": ingested}, format="Null")


def test_it_is_made_as_described(engine: Engine, table_name: str) -> None:
    ensure_table(engine, stream_table(table_name))
    query = sql("SELECT name, type, compression_codec AS codec FROM system.columns WHERE table = {table: String}")
    assert [(row["name"], row["type"], row["codec"]) for row in rows(engine, query, {"table": table_name})] == [
        (column.name, column.type, f"CODEC({column.codec})") for column in COLUMNS
    ]
    table = described(engine, table_name)
    assert table["engine"] == "MergeTree"
    assert table["partition_key"] == "toMonday(`event.ingested`)"
    assert "TTL toDateTime(`event.ingested`) + toIntervalDay(30)" in table["engine_full"]


def test_nullable_columns_are_left_out_of_its_order(engine: Engine, table_name: str) -> None:
    ensure_table(engine, stream_table(table_name))
    assert described(engine, table_name)["sorting_key"] == "`event.action`, `@timestamp`"


def test_what_is_looked_up_has_a_skip_index(engine: Engine, table_name: str) -> None:
    ensure_table(engine, stream_table(table_name))
    ensure_table(engine, stream_table(table_name, COLUMNS + ADDED))
    query = sql("SELECT name, type_full AS type FROM system.data_skipping_indices WHERE table = {table: String}")
    assert {row["name"]: row["type"] for row in rows(engine, query, {"table": table_name})} == {
        f"{column.name} index": column.index for column in COLUMNS + ADDED if column.index
    }


def test_a_look_up_reads_only_what_its_index_leaves(engine: Engine, table_name: str) -> None:
    ensure_table(engine, stream_table(table_name))
    engine.query(sql(FILL), {"table": table_name}, format="Null")
    query = sql("SELECT count() AS n FROM {table: Identifier} WHERE `event.id` = '77'")
    assert rows(engine, query, {"table": table_name}, settings={"max_rows_to_read": 20_000}) == [{"n": 1}]


def test_arrays_beside_each_other_may_have_different_lengths(engine: Engine, table_name: str) -> None:
    ensure_table(engine, stream_table(table_name))
    insert(engine, table_name)
    query = sql("SELECT `event.category` AS c, `event.type` AS t FROM {table: Identifier}")
    assert rows(engine, query, {"table": table_name}) == [{"c": ["iam", "configuration"], "t": ["change"]}]


def test_a_derived_column_is_computed_when_it_is_read_and_shown_as_any_other(engine: Engine, table_name: str) -> None:
    shouted = Column("event.shouted", "String", "", derived=sql("upper(`event.id`)"))
    ensure_table(engine, stream_table(table_name))
    insert(engine, table_name)
    ensure_table(engine, stream_table(table_name, (*COLUMNS, shouted)))
    query = sql("SELECT `event.id`, `event.shouted` FROM (SELECT * FROM {table: Identifier})")
    assert rows(engine, query, {"table": table_name}) == [{"event.id": "one", "event.shouted": "ONE"}]


def test_it_is_widened_and_keeps_its_rows(engine: Engine, table_name: str) -> None:
    ensure_table(engine, stream_table(table_name))
    insert(engine, table_name)
    ensure_table(engine, stream_table(table_name, COLUMNS + ADDED))
    insert(engine, table_name)
    names = [row["name"] for row in rows(engine, columns_query(), {"table": table_name})]
    assert names == [column.name for column in COLUMNS + ADDED]
    query = sql("SELECT `event.id` AS id, `related.ip` AS ip, `source.bytes` AS b FROM {table: Identifier}")
    assert rows(engine, query, {"table": table_name}) == [{"id": "one", "ip": [], "b": None}] * 2


def test_a_column_no_longer_given_stays(engine: Engine, table_name: str) -> None:
    ensure_table(engine, stream_table(table_name, COLUMNS + ADDED))
    ensure_table(engine, stream_table(table_name))
    assert len(rows(engine, columns_query(), {"table": table_name})) == len(COLUMNS + ADDED)


def test_its_retention_changes_in_place(engine: Engine, table_name: str) -> None:
    for days in (30, 90, 0, 0, 7):
        ensure_table(engine, stream_table(table_name, retention_days=days))
        definition = described(engine, table_name)["engine_full"]
        assert (f"toIntervalDay({days})" in definition) == bool(days)
        assert definition.count("TTL") == bool(days)


def test_a_shorter_retention_reaches_the_rows_there_are(engine: Engine, table_name: str) -> None:
    ensure_table(engine, stream_table(table_name, retention_days=0))
    insert(engine, table_name, ingested="2020-01-01 00:00:00")
    insert(engine, table_name, ingested="2100-01-01 00:00:00")
    ensure_table(engine, stream_table(table_name, retention_days=30))
    engine.query(exp.Command(this="OPTIMIZE", expression=f"TABLE `{table_name}` FINAL"), format="Null")
    query = sql("SELECT toYear(`event.ingested`) AS year FROM {table: Identifier}")
    assert rows(engine, query, {"table": table_name}) == [{"year": 2100}]


def test_rows_of_a_table_that_becomes_updatable_are_updated(engine: Engine, table_name: str) -> None:
    """Those that it had, merged or not, in columns that it gets later, and again."""
    ensure_table(engine, stream_table(table_name))
    engine.query(sql(FILL), {"table": table_name}, format="Null")
    insert(engine, table_name)
    engine.query(exp.Command(this="OPTIMIZE", expression=f"TABLE `{table_name}` FINAL"), format="Null")
    insert(engine, table_name)
    where = sql("`event.id` IN {ids: Array(String)}")
    values = {"event.type": sql("JSONExtract({json: String}, 'Array(String)')")}
    said = {"table": table_name, "ids": ["one", "77", "'; --"], "json": """["a'\\\\", "b"]"""}
    with pytest.raises(StatementRefused):
        engine.query(update_statement(table_name, values, where), said, format="Null")
    updatable = replace(stream_table(table_name, COLUMNS + ADDED), is_updatable=True)
    for _ in range(2):
        ensure_table(engine, updatable)
        engine.query(update_statement(table_name, values, where), said, format="Null")
    engine.query(update_statement(table_name, {"user.name": sql("'x'")}, where), said, format="Null")
    query = sql("SELECT `event.type` AS t, count() AS n FROM {table: Identifier} WHERE `user.name` = 'x' GROUP BY t")
    assert rows(engine, query, said) == [{"t": ["a'\\", "b"], "n": 3}]
    engine.query(exp.Command(this="OPTIMIZE", expression=f"TABLE `{table_name}` FINAL"), format="Null")
    assert rows(engine, query, said) == [{"t": ["a'\\", "b"], "n": 3}]


def test_streams_are_found_by_prefix(engine: Engine, table_name: str) -> None:
    ensure_table(engine, stream_table(f"{table_name}-prefixed"))
    found = rows(engine, tables_query(), {"prefixes": ["nobody-", f"{table_name}-pre"]})
    assert [(row["table"], row["name"]) for row in found] == [(f"{table_name}-prefixed", c.name) for c in COLUMNS]


@dataclass
class OnCluster:
    """The real engine, said to be a cluster: it answers questions, what only a cluster can run is written down."""

    engine: Engine
    cluster: Cluster | None
    name: str = "clickhouse"
    written: list[str] = field(default_factory=list)

    def query(
        self,
        statement: exp.Expr,
        parameters: Mapping[str, Value] | None = None,
        *,
        file: LocalFile | None = None,
        format: str = "JSONEachRow",
        settings: Settings | None = None,
    ) -> bytes:
        if isinstance(statement, exp.Query):
            return self.engine.query(statement, parameters, file=file, format=format, settings=settings)
        self.written.append(statement.sql(dialect="clickhouse"))
        return b""

    def close(self) -> None:
        """Nothing of its own to close."""


@pytest.mark.parametrize(
    ("columns", "retention_days", "begins"),
    [
        (COLUMNS, 30, []),
        (
            COLUMNS + ADDED,
            30,
            ['ALTER TABLE "local-{t}" ON CLUSTER "main" ADD', 'ALTER TABLE "{t}" ON CLUSTER "main" ADD'],
        ),
        (COLUMNS, 90, ['ALTER TABLE "local-{t}" ON CLUSTER "main" MODIFY TTL']),
    ],
)
def test_on_a_cluster_the_tables_of_all_shards_follow(
    engine: Engine, table_name: str, columns: tuple[Any, ...], retention_days: int, begins: list[str]
) -> None:
    ensure_table(engine, stream_table(table_name))
    ensure_table(engine, stream_table(f"local-{table_name}"))
    cluster = OnCluster(engine, Cluster("main"))
    ensure_table(cluster, stream_table(table_name, columns, retention_days))
    assert len(cluster.written) == len(begins)
    for statement, beginning in zip(cluster.written, begins, strict=True):
        assert statement.startswith(beginning.replace("{t}", table_name))


def test_on_a_cluster_it_is_made_on_the_shards_first(engine: Engine, table_name: str) -> None:
    cluster = OnCluster(engine, Cluster("main"))
    ensure_table(cluster, stream_table(table_name))
    local, distributed = cluster.written
    assert local.startswith(f'CREATE TABLE IF NOT EXISTS "local-{table_name}" ON CLUSTER "main"')
    assert distributed.startswith(f'CREATE TABLE IF NOT EXISTS "{table_name}" ON CLUSTER "main"')
