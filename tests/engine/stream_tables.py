"""A stream's table in small: every kind of column that the storage policy knows."""

from bartizan.engine.columns import Column
from bartizan.engine.ddl import Table

TIME = "DateTime64(3, 'UTC')"

COLUMNS = (
    Column("@timestamp", TIME, "Delta(8), ZSTD(1)", "minmax"),
    Column("event.ingested", TIME, "Delta(8), ZSTD(1)", "minmax"),
    Column("event.id", "String", "ZSTD(1)", "bloom_filter(0.01)"),
    Column("event.action", "LowCardinality(String)", "ZSTD(1)"),
    Column("event.category", "Array(LowCardinality(String))", "ZSTD(1)"),
    Column("event.type", "Array(LowCardinality(String))", "ZSTD(1)"),
    Column("event.severity", "Nullable(Int64)", "ZSTD(1)"),
    Column("event.original", "String", "ZSTD(3)"),
)

ADDED = (
    Column("related.ip", "Array(IPv6)", "ZSTD(1)", "bloom_filter(0.01)"),
    Column("user.name", "LowCardinality(String)", "ZSTD(1)", "bloom_filter(0.01)"),
    Column("source.bytes", "Nullable(UInt64)", "ZSTD(1)"),
)


def stream_table(name: str, columns: tuple[Column, ...] = COLUMNS, retention_days: int = 30) -> Table:
    """The table of a stream, ordered as one."""
    return Table(name, columns, ("event.action", "event.severity", "@timestamp"), retention_days)
