"""The tables that streams live in: DDL as trees, made and widened in place, for one machine or a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from bartizan.engine.base import Engine, rows
from bartizan.engine.columns import Column

DEDUPLICATION_WINDOW = 10_000
"""Batches that the engine remembers the tokens of: more than a spool ever holds."""


@dataclass(frozen=True, slots=True)
class Table:
    """A stream's table."""

    name: str
    columns: tuple[Column, ...]
    sort_key: tuple[str, ...]
    retention_days: int
    """Days after ingest; 0 keeps rows for ever."""


@dataclass(frozen=True, slots=True)
class Cluster:
    """Where a table is spread: a ClickHouse cluster's name; shards take rows at random."""

    name: str

    def local(self, table: str) -> str:
        """The name of the table on each shard, behind the distributed one."""
        return f"{table}-local"


def ensure_table(engine: Engine, table: Table, cluster: Cluster | None = None) -> None:
    """Make the table, or add the columns it lacks; columns that the mapping no longer gives stay."""
    have = {row["name"] for row in rows(engine, columns_query(), {"table": table.name})}
    if not have:
        for statement in create_statements(table, cluster):
            engine.query(statement, format="Null")
        return
    for column in table.columns:
        if column.name not in have:
            for statement in widen_statements(table.name, column, cluster):
                engine.query(statement, format="Null")


def columns_query() -> exp.Select:
    """Names and types of `{table:String}`'s columns, in order; no rows when there is no such table."""
    return (
        exp.select("name", "type")
        .from_("system.columns")
        .where(_equals("database", exp.func("currentDatabase")), _equals("table", _parameter("table", "String")))
        .order_by("position")
    )


def tables_query() -> exp.Select:
    """Table and column names and types of every stream: those whose name starts with `{prefix:String}`."""
    return (
        exp.select("table", "name", "type")
        .from_("system.columns")
        .where(
            _equals("database", exp.func("currentDatabase")),
            exp.func("startsWith", exp.column("table"), _parameter("prefix", "String")),
        )
        .order_by("table", "position")
    )


def create_statements(table: Table, cluster: Cluster | None = None) -> tuple[exp.Expr, ...]:
    """The CREATE of a table: `MergeTree`, or on a cluster `ReplicatedMergeTree` with a `Distributed` table before it."""
    if cluster is None:
        return (_create(table.name, table, _engine("MergeTree"), None),)
    local = cluster.local(table.name)
    path = f"/clickhouse/tables/{{shard}}/{local}"
    replicated = _engine("ReplicatedMergeTree", exp.Literal.string(path), exp.Literal.string("{replica}"))
    return (_create(local, table, replicated, cluster), _distributed(table, cluster))


def widen_statements(table: str, column: Column, cluster: Cluster | None = None) -> tuple[exp.Expr, ...]:
    """Add a column (on a cluster to both tables) and, where it has one, its skip index."""
    kept = cluster.local(table) if cluster else table
    statements: list[exp.Expr] = [_add_column(kept, column, cluster)]
    if column.index:
        action = f"ADD INDEX IF NOT EXISTS {_index(column).sql(dialect='clickhouse').removeprefix('INDEX ')}"
        statements.append(exp.Command(this="ALTER", expression=f"TABLE {_on_cluster(kept, cluster)} {action}"))
    if cluster:
        statements.append(_add_column(table, column, cluster))
    return tuple(statements)


def _create(name: str, table: Table, engine: exp.EngineProperty, cluster: Cluster | None) -> exp.Create:
    definitions = [*(_definition(column) for column in table.columns), *(_index(c) for c in table.columns if c.index)]
    ordered = exp.Tuple(expressions=[exp.column(column, quoted=True) for column in _null_free(table)])
    properties: list[exp.Expr] = [
        engine,
        exp.PartitionedByProperty(this=exp.func("toMonday", exp.column("event.ingested", quoted=True))),
        exp.Order(expressions=[exp.Ordered(this=ordered, nulls_first=False)]),
    ]
    if table.retention_days:
        properties.append(_ttl(table.retention_days))
    properties.append(_settings())
    if cluster:
        properties.insert(0, exp.OnCluster(this=exp.to_identifier(cluster.name, quoted=True)))
    return exp.Create(
        this=exp.Schema(this=_named(name), expressions=definitions),
        kind="TABLE",
        exists=True,
        properties=exp.Properties(expressions=properties),
    )


def _null_free(table: Table) -> list[str]:
    """A sort key can't hold nullable columns; those of another stream version are left out."""
    types = {column.name: column.type for column in table.columns}
    return [name for name in table.sort_key if "Nullable" not in types.get(name, "Nullable")]


def _distributed(table: Table, cluster: Cluster) -> exp.Create:
    local = exp.Literal.string(cluster.local(table.name))
    shard = exp.func("cityHash64", exp.column("event.id", quoted=True))
    engine = _engine("Distributed", exp.Literal.string(cluster.name), exp.func("currentDatabase"), local, shard)
    return exp.Create(
        this=exp.Schema(this=_named(table.name), expressions=[_definition(column) for column in table.columns]),
        kind="TABLE",
        exists=True,
        properties=exp.Properties(
            expressions=[exp.OnCluster(this=exp.to_identifier(cluster.name, quoted=True)), engine]
        ),
    )


def _definition(column: Column) -> exp.ColumnDef:
    codecs = [sqlglot.parse_one(codec, dialect="clickhouse") for codec in _split(column.codec)]
    return exp.ColumnDef(
        this=exp.to_identifier(column.name, quoted=True),
        kind=exp.DataType.build(column.type, dialect="clickhouse", udt=True),
        constraints=[exp.ColumnConstraint(kind=exp.CompressColumnConstraint(this=codecs))],
    )


def _index(column: Column) -> exp.IndexColumnConstraint:
    return exp.IndexColumnConstraint(
        this=exp.to_identifier(f"{column.name} index", quoted=True),
        expression=exp.column(column.name, quoted=True),
        index_type=sqlglot.parse_one(column.index, dialect="clickhouse"),
        granularity=exp.Literal.number(1),
    )


def _add_column(table: str, column: Column, cluster: Cluster | None) -> exp.Expr:
    definition = _definition(column)
    definition.set("exists", True)
    on = exp.OnCluster(this=exp.to_identifier(cluster.name, quoted=True)) if cluster else None
    return exp.Alter(this=_named(table), kind="TABLE", actions=[definition], cluster=on)


def _ttl(days: int) -> exp.MergeTreeTTL:
    ingested = exp.func("toDateTime", exp.column("event.ingested", quoted=True))
    return exp.MergeTreeTTL(
        expressions=[exp.Add(this=ingested, expression=exp.func("toIntervalDay", exp.Literal.number(days)))]
    )


def _settings() -> exp.SettingsProperty:
    """`share_nested_offsets = 0` lets `event.category` and `event.type` be arrays of different lengths: without it
    ClickHouse takes dotted array columns for one Nested structure."""
    values = {
        "share_nested_offsets": 0,
        "ttl_only_drop_parts": 1,
        "non_replicated_deduplication_window": DEDUPLICATION_WINDOW,
        "min_bytes_for_wide_part": 256 * 1024 * 1024,
        "allow_nullable_key": 0,
        "fsync_after_insert": 1,
        "fsync_part_directory": 1,
    }
    return exp.SettingsProperty(
        expressions=[exp.EQ(this=exp.column(name), expression=exp.convert(value)) for name, value in values.items()]
    )


def _engine(name: str, *arguments: exp.Expr) -> exp.EngineProperty:
    return exp.EngineProperty(
        this=exp.Anonymous(this=name, expressions=list(arguments)) if arguments else exp.to_identifier(name)
    )


def _on_cluster(table: str, cluster: Cluster | None) -> str:
    named = _named(table).sql(dialect="clickhouse")
    if cluster is None:
        return named
    return f"{named} ON CLUSTER {exp.to_identifier(cluster.name, quoted=True).sql(dialect='clickhouse')}"


def _named(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))


def _equals(column: str, value: exp.Expr) -> exp.EQ:
    return exp.EQ(this=exp.column(column), expression=value)


def _parameter(name: str, type: str) -> exp.Placeholder:
    return exp.Placeholder(this=name, kind=type)


def _split(codec: str) -> Sequence[str]:
    return codec.split(", ")
