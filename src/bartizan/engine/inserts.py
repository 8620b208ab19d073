"""Inserts that happen once: a file's rows go into a table as one block, under the batch's name."""

from collections.abc import Mapping, Sequence

from sqlglot import exp

from bartizan.engine.base import Engine, LocalFile, Settings, Value
from bartizan.engine.statements import Prepared

ONE_BLOCK: Settings = {
    "min_insert_block_size_rows": 1_000_000_000,
    "min_insert_block_size_bytes": 1_000_000_000_000,
    "max_insert_threads": 1,
    "max_block_size": 32_768,
    "insert_deduplicate": 1,
    "async_insert": 0,
    "distributed_foreground_insert": 1,
}
"""A batch is written as one block, hence one part, hence wholly or not at all; on a cluster one on each shard, all of
them there when the statement ends."""

UNOPTIMISED: Settings = {
    "query_plan_enable_optimizations": 0,
    "optimize_and_compare_chain": 0,
    "optimize_or_like_chain": 0,
}
"""A mapping is thousands of expressions and nothing to optimise; these passes alone took half of its analysis time."""


def prepare_insert(table: str | exp.Placeholder, columns: Sequence[str], select: exp.Query) -> Prepared:
    """`INSERT INTO table (columns) SELECT ...`, to be run by `insert_once` for one file after another; a parameter that
    stands for the table makes it good for several."""
    target = exp.Schema(
        this=exp.Table(this=exp.to_identifier(table, quoted=True) if isinstance(table, str) else table),
        expressions=[exp.to_identifier(name, quoted=True) for name in columns],
    )
    return Prepared(exp.Insert(this=target, expression=select))


def insert_once(engine: Engine, insert: Prepared, file: LocalFile, token: str, parameters: Mapping[str, Value]) -> None:
    """Run an insert over the file; a repeated call with the same `token` adds nothing.

    clickhouse.com/docs/guides/developer/deduplicating-inserts-on-retries: the token names the block, within a partition
    and the table's deduplication window.
    """
    settings = {**ONE_BLOCK, **UNOPTIMISED, "insert_deduplication_token": token}
    engine.query(insert, parameters, file=file, format="Null", settings=settings)
