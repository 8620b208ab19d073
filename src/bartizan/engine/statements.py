"""How a statement tree becomes the text an engine gets, and which settings every statement carries."""

from functools import cache, lru_cache

from sqlglot import exp, parse_one

from bartizan.engine.base import PIECES, Settings

OUTPUT_SETTINGS: Settings = {
    "date_time_output_format": "iso",
    "output_format_json_quote_64bit_integers": 0,
    "output_format_json_validate_utf8": 1,
    "output_format_json_escape_forward_slashes": 0,
    "output_format_arrow_string_as_string": 1,
    "asterisk_include_alias_columns": 1,
}
"""Dates as ISO 8601, integers as numbers, broken UTF-8 replaced when shown (it is stored as it came); `*` has the
derived columns of a stream too."""


class Prepared:
    """A statement that is run again and again, such as a stream's insert: its text is made once for each source."""

    def __init__(self, statement: exp.Expr) -> None:
        self.statement = statement
        self._texts: dict[str, str] = {}

    def text(self, source: exp.Expr | None) -> str:
        """The statement's text, `source` in the place of `PIECES`."""
        key = source.sql(dialect="clickhouse") if source is not None else ""
        if key not in self._texts:
            tree = self.statement if source is None else with_source(self.statement, source)
            self._texts[key] = tree.sql(dialect="clickhouse", comments=False)
        return self._texts[key]


class Explained(Prepared):
    """A query that is not run: its result is ClickHouse's plan, one line a row in the column `explain`."""

    def text(self, source: exp.Expr | None) -> str:
        """The query's text behind `EXPLAIN` (clickhouse.com/docs/sql-reference/statements/explain)."""
        return f"EXPLAIN PLAN indexes = 1 {super().text(source)}"


class Estimated(Prepared):
    """A query that is not run: its result is how many rows of which tables it would read."""

    def text(self, source: exp.Expr | None) -> str:
        """The query's text behind `EXPLAIN ESTIMATE` (clickhouse.com/docs/sql-reference/statements/explain)."""
        return f"EXPLAIN ESTIMATE {super().text(source)}"


@cache
def fixed(sql: str) -> Prepared:
    """A statement of this program's own that always has the same text, parsed once."""
    return Prepared(parse_one(sql, dialect="clickhouse"))


def prepared(statement: exp.Expr | Prepared) -> Prepared:
    """A statement made ready to be run; one that is ready stays as it is."""
    return statement if isinstance(statement, Prepared) else Prepared(statement)


def with_settings(sql: str, settings: Settings) -> str:
    """The statement with its settings; names and values are this program's own, never a user's."""
    return f"{sql} SETTINGS {', '.join(_setting(name, value) for name, value in settings.items())}"


@lru_cache(maxsize=1024, typed=True)
def _setting(name: str, value: str | int | float) -> str:
    """Kept, since each statement has the same twenty: writing them took longer than a small statement runs."""
    return exp.EQ(this=exp.to_identifier(name), expression=exp.convert(value)).sql(dialect="clickhouse")


def with_source(statement: exp.Expr, source: exp.Expr) -> exp.Expr:
    """A copy of the statement with `source` in the place of `PIECES`."""
    return put_source(statement.copy(), source)


def put_source(statement: exp.Expr, source: exp.Expr) -> exp.Expr:
    """The statement itself with `source` in the place of `PIECES`: for a tree that nobody else holds, since a mapping's
    copy takes a tenth of a second."""
    for table in list(statement.find_all(exp.Table)):
        if table.name == PIECES:
            table.replace(source.copy())
    return statement
