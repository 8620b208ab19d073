"""The DDL of tables as trees: made, widened and given another retention, on one machine or a cluster."""

from collections.abc import Sequence
from dataclasses import dataclass

import sqlglot
from sqlglot import exp

from bartizan.engine.cluster import Cluster
from bartizan.engine.columns import Column

DEDUPLICATION_WINDOW = 10_000
"""Batches that the engine remembers the tokens of: more than a spool ever holds."""

_MIB = 1024 * 1024

_KEEPER_NAMES = ("/clickhouse/tables/{shard}/{database}/{table}", "{replica}")
"""Where the replicas of a shard find each other; each server fills in the macros of its own configuration."""

_SETTINGS = {
    "share_nested_offsets": 0,
    "ttl_only_drop_parts": 1,
    "materialize_ttl_recalculate_only": 1,
    "min_bytes_for_wide_part": 256 * _MIB,
    "allow_nullable_key": 0,
    "fsync_after_insert": 1,
    "fsync_part_directory": 1,
}
"""clickhouse.com/docs/operations/settings/merge-tree-settings. `share_nested_offsets = 0` lets `event.category` and
`event.type` be arrays of different lengths: without it ClickHouse takes dotted array columns for one Nested structure.
A new retention only recalculates when parts expire, it rewrites none of them."""

_UPDATABLE = {"enable_block_number_column": 1, "enable_block_offset_column": 1}
"""What lightweight updates need (clickhouse.com/docs/sql-reference/statements/update)."""


@dataclass(frozen=True, slots=True)
class Table:
    """A stream's table."""

    name: str
    columns: tuple[Column, ...]
    sort_key: tuple[str, ...]
    retention_days: int
    """Days after ingest; 0 keeps rows for ever."""
    is_updatable: bool = False
    """Whether values of its rows change after their insert (`engine.updates`)."""


def create_statements(table: Table, cluster: Cluster | None = None) -> tuple[exp.Expr, ...]:
    """The CREATE of a table: `MergeTree`, on a cluster `ReplicatedMergeTree` with a `Distributed` table before it."""
    if cluster is None:
        window = {"non_replicated_deduplication_window": DEDUPLICATION_WINDOW}
        return (_create(table.name, table, _engine("MergeTree"), window, None),)
    replicated = _engine("ReplicatedMergeTree", *(exp.Literal.string(macros) for macros in _KEEPER_NAMES))
    window = {"replicated_deduplication_window": DEDUPLICATION_WINDOW}
    return _create(cluster.local(table.name), table, replicated, window, cluster), _distributed(table, cluster)


def widen_statements(table: str, columns: Sequence[Column], cluster: Cluster | None = None) -> tuple[exp.Expr, ...]:
    """Add columns with their skip indexes in one step; on a cluster to the shards' tables, then to that before them."""
    added = [_added(column) for column in columns]
    indexed = [_added_index(column) for column in columns if column.index]
    if cluster is None:
        return (_alter(table, [*added, *indexed], None),)
    return _alter(cluster.local(table), [*added, *indexed], cluster), _alter(table, added, cluster)


def retention_statement(table: str, days: int, cluster: Cluster | None = None) -> exp.Expr:
    """Change how long rows are kept; 0 keeps them for ever."""
    action = exp.Command(this="MODIFY", expression=_ttl(days).sql(dialect="clickhouse"))
    forever = exp.Command(this="REMOVE", expression="TTL")
    return _alter(cluster.local(table) if cluster else table, [action if days else forever], cluster)


def updatable_statement(table: str, cluster: Cluster | None = None) -> exp.Expr:
    """Let the rows of a table be updated from now on, those that it has included."""
    settings = ", ".join(f"{name} = {value}" for name, value in _UPDATABLE.items())
    action = exp.Command(this="MODIFY", expression=f"SETTING {settings}")
    return _alter(cluster.local(table) if cluster else table, [action], cluster)


def _create(
    name: str, table: Table, engine: exp.EngineProperty, window: dict[str, int], cluster: Cluster | None
) -> exp.Create:
    definitions = [*(_definition(column) for column in table.columns), *(_index(c) for c in table.columns if c.index)]
    ordered = exp.Tuple(expressions=[exp.column(column, quoted=True) for column in _null_free(table)])
    properties: list[exp.Expr] = [
        *_on(cluster),
        engine,
        exp.PartitionedByProperty(this=exp.func("toMonday", exp.column("event.ingested", quoted=True))),
        exp.Order(expressions=[exp.Ordered(this=ordered, nulls_first=False)]),
        *([_ttl(table.retention_days)] if table.retention_days else []),
        _settings({**_SETTINGS, **(_UPDATABLE if table.is_updatable else {}), **window}),
    ]
    return _create_table(name, definitions, properties)


def _distributed(table: Table, cluster: Cluster) -> exp.Create:
    local = exp.Literal.string(cluster.local(table.name))
    shard = exp.func("cityHash64", *(exp.column(name, quoted=True) for name in _spread_by(table)))
    engine = _engine("Distributed", exp.Literal.string(cluster.name), exp.func("currentDatabase"), local, shard)
    return _create_table(table.name, [_definition(column) for column in table.columns], [*_on(cluster), engine])


def _create_table(name: str, definitions: Sequence[exp.Expr], properties: Sequence[exp.Expr]) -> exp.Create:
    return exp.Create(
        this=exp.Schema(this=_named(name), expressions=list(definitions)),
        kind="TABLE",
        exists=True,
        properties=exp.Properties(expressions=list(properties)),
    )


def _spread_by(table: Table) -> Sequence[str]:
    """A repeated batch must meet the same shards, which know its token: so rows are never spread at random."""
    return ["event.id"] if any(column.name == "event.id" for column in table.columns) else _null_free(table)


def _null_free(table: Table) -> list[str]:
    """A sort key can't hold nullable columns; those of another stream version are left out."""
    types = {column.name: column.type for column in table.columns}
    return [name for name in table.sort_key if "Nullable" not in types.get(name, "Nullable")]


def _definition(column: Column) -> exp.ColumnDef:
    if column.derived is not None:
        return _defined(column, exp.ComputedColumnConstraint(this=column.derived.copy()))
    codecs = [sqlglot.parse_one(codec, dialect="clickhouse") for codec in column.codec.split(", ")]
    return _defined(column, exp.CompressColumnConstraint(this=codecs))


def _defined(column: Column, kind: exp.ColumnConstraintKind) -> exp.ColumnDef:
    return exp.ColumnDef(
        this=exp.to_identifier(column.name, quoted=True),
        kind=exp.DataType.build(column.type, dialect="clickhouse", udt=True),
        constraints=[exp.ColumnConstraint(kind=kind)],
    )


def _index(column: Column) -> exp.IndexColumnConstraint:
    return exp.IndexColumnConstraint(
        this=exp.to_identifier(f"{column.name} index", quoted=True),
        expression=exp.column(column.name, quoted=True),
        index_type=sqlglot.parse_one(column.index, dialect="clickhouse"),
        granularity=exp.Literal.number(1),
    )


def _added(column: Column) -> exp.ColumnDef:
    definition = _definition(column)
    definition.set("exists", True)
    return definition


def _added_index(column: Column) -> exp.Command:
    described = _index(column).sql(dialect="clickhouse").removeprefix("INDEX ")
    return exp.Command(this="ADD INDEX IF NOT EXISTS", expression=described)


def _alter(table: str, actions: Sequence[exp.Expr], cluster: Cluster | None) -> exp.Alter:
    return exp.Alter(this=_named(table), kind="TABLE", actions=list(actions), cluster=next(iter(_on(cluster)), None))


def _ttl(days: int) -> exp.MergeTreeTTL:
    ingested = exp.func("toDateTime", exp.column("event.ingested", quoted=True))
    expires = exp.Add(this=ingested, expression=exp.func("toIntervalDay", exp.Literal.number(days)))
    return exp.MergeTreeTTL(expressions=[expires])


def _settings(values: dict[str, int]) -> exp.SettingsProperty:
    return exp.SettingsProperty(
        expressions=[exp.EQ(this=exp.column(name), expression=exp.convert(value)) for name, value in values.items()]
    )


def _engine(name: str, *arguments: exp.Expr) -> exp.EngineProperty:
    return exp.EngineProperty(
        this=exp.Anonymous(this=name, expressions=list(arguments)) if arguments else exp.to_identifier(name)
    )


def _on(cluster: Cluster | None) -> list[exp.Expr]:
    return [exp.OnCluster(this=exp.to_identifier(cluster.name, quoted=True))] if cluster else []


def _named(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))
