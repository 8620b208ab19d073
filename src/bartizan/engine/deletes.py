"""Removes rows from a table by a condition (clickhouse.com/docs/sql-reference/statements/delete)."""

from collections.abc import Mapping

from sqlglot import exp, parse_one

from bartizan.engine.base import Engine, Value


def delete_rows(engine: Engine, table: str, where: str, parameters: Mapping[str, Value]) -> None:
    """Remove the rows of a table that a fixed condition over bound parameters takes. When it returns nobody sees them.

    On a cluster the rows are on each server.
    """
    cluster = engine.cluster
    name = cluster.local(table) if cluster else table
    on = exp.OnCluster(this=exp.to_identifier(cluster.name, quoted=True)) if cluster else None
    condition = exp.Where(this=parse_one(where, dialect="clickhouse"))
    statement = exp.Delete(this=exp.Table(this=exp.to_identifier(name, quoted=True)), cluster=on, where=condition)
    engine.query(statement, parameters, format="Null")
