"""Lookup tables: what `ENRICH` and `LOOKUP JOIN` read besides events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.esql.typed import CLICKHOUSE, Type, cast
from bartizan.query.sql import call, column

Cell = str | int | float | bool | None

MAX_ROWS = 20_000
"""Most rows of one table; they go with the statement."""

ROW = "_r"
"""A row of a table in SQL: a tuple in the order of the columns."""


@dataclass(frozen=True, slots=True)
class LookupTable:
    """Columns with their types, and rows in the same order. Addresses and times are texts."""

    columns: Mapping[str, Type]
    rows: Sequence[Sequence[Cell]]
    match_field: str = ""
    """The column that `ENRICH` compares with; the first if it is not named."""

    @property
    def key(self) -> str:
        """The column that `ENRICH` compares with."""
        return self.match_field or next(iter(self.columns))

    def repeats(self, name: str) -> bool:
        """Whether a value of a column is in several rows."""
        place = list(self.columns).index(name)
        values = [row[place] for row in self.rows]
        return len(set(values)) < len(values)


def bound_rows(table: LookupTable, binder: Binder) -> exp.Expression:
    """The rows as an array of tuples, all their values bound."""
    columns = [_bound(values, binder) for values in zip(*table.rows, strict=True)]
    return call("arrayZip", *columns)


def cell(table: LookupTable, name: str) -> exp.Expression:
    """The value of a column in `ROW`; '' is no value."""
    place = exp.Literal.number(list(table.columns).index(name) + 1)
    value = call("tupleElement", column(ROW), place)
    return cast(value, f"Nullable({CLICKHOUSE[table.columns[name]]})")


def _bound(values: Sequence[Any], binder: Binder) -> exp.Expression:
    some = next((value for value in values if value is not None), "")
    empty = type(some)()
    bound = binder.array([empty if value is None else value for value in values])
    if None not in values:
        return bound
    missing = binder.array([value is None for value in values])
    pair = [exp.to_identifier("_v"), exp.to_identifier("_n")]
    chosen = call("if", exp.column("_n"), exp.Null(), exp.column("_v"))
    return call("arrayMap", exp.Lambda(this=chosen, expressions=pair), bound, missing)
