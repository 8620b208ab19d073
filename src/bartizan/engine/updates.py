"""Rows changed in place: ClickHouse's lightweight UPDATE, whose patches are seen at once and merged in later.

The table must be made updatable (`Table.is_updatable`). clickhouse.com/docs/sql-reference/statements/update
"""

from collections.abc import Mapping

from sqlglot import exp

from bartizan.engine.cluster import Cluster


def update_statement(
    table: str, values: Mapping[str, exp.Expr], where: exp.Expr, cluster: Cluster | None = None
) -> exp.Expr:
    """Set columns to expressions over the row in the rows that `where` holds for; on a cluster on all its shards, each
    of which knows the rows that it has. A sort key's columns can't be set."""
    assignments = [exp.EQ(this=exp.column(name, quoted=True), expression=value) for name, value in values.items()]
    if cluster is None:
        return exp.Update(this=_named(table), expressions=assignments, where=exp.Where(this=where))
    local = _named(cluster.local(table))
    everywhere = exp.OnCluster(this=exp.to_identifier(cluster.name, quoted=True))
    written = ", ".join(map(_text, assignments))
    return exp.Command(
        this="UPDATE", expression=f"{_text(local)} {_text(everywhere)} SET {written} WHERE {_text(where)}"
    )


def _text(tree: exp.Expr) -> str:
    """sqlglot has no node for an UPDATE on a cluster."""
    return tree.sql(dialect="clickhouse")


def _named(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))
