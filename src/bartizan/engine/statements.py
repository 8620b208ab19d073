"""How a statement tree becomes the text an engine gets, and which settings every statement carries."""

from sqlglot import exp

from bartizan.engine.base import PIECES, FileInsert, Settings

OUTPUT_SETTINGS: Settings = {
    "date_time_output_format": "iso",
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_validate_utf8": 1,
    "output_format_json_escape_forward_slashes": 0,
    "output_format_arrow_string_as_string": 1,
}
"""Dates as ISO 8601, integers as numbers, broken UTF-8 replaced when shown (it is stored as it came)."""

ONE_BLOCK: Settings = {
    "min_insert_block_size_rows": 1_000_000_000,
    "min_insert_block_size_bytes": 1_000_000_000_000,
    "max_insert_threads": 1,
    "max_block_size": 8192,
    "deduplicate_insert": "enable",
    "insert_deduplicate": 1,
    "fsync_after_insert": 1,
}
"""A batch is written as one block, hence one part, hence wholly or not at all; it is on disk when the call returns."""


def text(statement: exp.Expression) -> str:
    """The statement in ClickHouse's dialect; names are quoted, so that a dotted ECS name is one column."""
    return statement.sql(dialect="clickhouse", comments=False)


def with_settings(sql: str, settings: Settings) -> str:
    """The statement with its settings; names and values are this program's own, never a user's."""
    pairs = (exp.EQ(this=exp.to_identifier(name), expression=exp.convert(value)) for name, value in settings.items())
    return f"{sql} SETTINGS {', '.join(pair.sql(dialect='clickhouse') for pair in pairs)}"


def insert_tree(insert: FileInsert, source: exp.Expression) -> exp.Insert:
    """The INSERT with `source` in the place of `PIECES`."""
    select = insert.select.copy()
    for table in list(select.find_all(exp.Table)):
        if table.name == PIECES:
            table.replace(source.copy())
    columns = [exp.to_identifier(name, quoted=True) for name in insert.columns]
    target = exp.Schema(this=_table(insert.table), expressions=columns)
    return exp.Insert(this=target, expression=select)


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))
