"""The tables that streams live in, as they are: what they hold is asked, what they lack is added in place."""

import re

from sqlglot import exp

from bartizan.engine.base import Engine, rows
from bartizan.engine.ddl import Table, create_statements, retention_statement, updatable_statement, widen_statements

__all__ = ["Table", "columns_query", "ensure_table", "tables_query"]

_IS_UPDATABLE = "enable_block_number_column = 1"
_RETENTION = re.compile(r"\bTTL toDateTime\(`event\.ingested`\) \+ toIntervalDay\((\d+)\)")


def ensure_table(engine: Engine, table: Table) -> None:
    """Make the table, or add the columns it lacks and change its retention; columns no longer given stay. One made
    before its rows could be updated becomes updatable.

    Where the engine is a cluster, that is done on all its servers.
    """
    have = {row["name"] for row in rows(engine, columns_query(), {"table": table.name})}
    if not have:
        for statement in create_statements(table, engine.cluster):
            engine.query(statement, format="Null")
        return
    if missing := [column for column in table.columns if column.name not in have]:
        for statement in widen_statements(table.name, missing, engine.cluster):
            engine.query(statement, format="Null")
    engine_of = _engine_of(engine, table.name)
    if _retention_days(engine_of) != table.retention_days:
        engine.query(retention_statement(table.name, table.retention_days, engine.cluster), format="Null")
    if table.is_updatable and _IS_UPDATABLE not in engine_of:
        engine.query(updatable_statement(table.name, engine.cluster), format="Null")


def columns_query() -> exp.Select:
    """Names and types of `{table:String}`'s columns, in order; no rows when there is no such table."""
    return (
        exp.select("name", "type")
        .from_("system.columns")
        .where(_here(), _equals("table", _parameter("table", "String")))
        .order_by("position")
    )


def tables_query() -> exp.Select:
    """Table and column names and types of every stream: a name begins with one of `{prefixes:Array(String)}`.

    `default_kind` is `ALIAS` for a derived column, which is computed when it is read."""
    prefix = exp.to_identifier("prefix")
    begins = exp.Lambda(this=exp.func("startsWith", exp.column("table"), prefix), expressions=[prefix.copy()])
    return (
        exp.select("table", "name", "type", "default_kind")
        .from_("system.columns")
        .where(_here(), exp.func("arrayExists", begins, _parameter("prefixes", "Array(String)")))
        .order_by("table", "position")
    )


def _engine_of(engine: Engine, table: str) -> str:
    """The table's own definition from `ENGINE` on."""
    kept = engine.cluster.local(table) if engine.cluster else table
    described = exp.select("engine_full").from_("system.tables")
    query = described.where(_here(), _equals("name", _parameter("table", "String")))
    return next((str(row["engine_full"]) for row in rows(engine, query, {"table": kept})), "")


def _retention_days(engine_of: str) -> int:
    """What the table's own definition says; 0 when nothing in it expires."""
    found = _RETENTION.search(engine_of)
    return int(found[1]) if found else 0


def _here() -> exp.EQ:
    return _equals("database", exp.func("currentDatabase"))


def _equals(column: str, value: exp.Expr) -> exp.EQ:
    return exp.EQ(this=exp.column(column), expression=value)


def _parameter(name: str, type: str) -> exp.Placeholder:
    return exp.Placeholder(this=name, kind=type)
