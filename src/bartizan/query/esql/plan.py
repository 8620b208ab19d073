"""The typed plan of a pipeline: where rows come from, what happens to them stage by stage, and which columns come out.

Every column that a stage makes has an id of its own, so names may be given twice, renamed and dropped without any SQL:
`KEEP`, `DROP` and `RENAME` are no stages. Expressions are ClickHouse trees that name ids and parameters only.
"""

from dataclasses import dataclass

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.esql.typed import Type


@dataclass(frozen=True, slots=True)
class Column:
    """A column as a query sees it, and the id that SQL knows it by."""

    id: str
    name: str
    type: Type
    many: bool
    """Whether it can hold several values: an array in SQL, else one value or NULL."""


@dataclass(frozen=True, slots=True)
class Defined:
    """A new column: its id, how it is computed, and how that reads in ES|QL."""

    id: str
    tree: exp.Expression
    shown: str


@dataclass(frozen=True, slots=True)
class StreamScan:
    """What is read of one stream: a tree for each column of the scan, and which events."""

    stream: str
    trees: tuple[exp.Expression, ...]
    condition: exp.Expression | None = None


@dataclass(frozen=True, slots=True)
class Scan:
    """Events of streams, one below the other."""

    columns: tuple[Column, ...]
    streams: tuple[StreamScan, ...]


@dataclass(frozen=True, slots=True)
class Values:
    """One row of constants."""

    columns: tuple[Defined, ...]


@dataclass(frozen=True, slots=True)
class Filter:
    """The rows for which `condition` is true."""

    condition: exp.Expression
    shown: str


@dataclass(frozen=True, slots=True)
class Extend:
    """The rows with more columns."""

    columns: tuple[Defined, ...]


@dataclass(frozen=True, slots=True)
class Expand:
    """A row for each value of the arrays in `column`."""

    column: Defined


@dataclass(frozen=True, slots=True)
class Aggregate:
    """One row for each group, or one at all."""

    keys: tuple[Defined, ...]
    aggregates: tuple[Defined, ...]


@dataclass(frozen=True, slots=True)
class Window:
    """The rows, each with the aggregates of its group."""

    keys: tuple[str, ...]
    aggregates: tuple[Defined, ...]


@dataclass(frozen=True, slots=True)
class Key:
    """A column to sort by."""

    id: str
    descending: bool
    nulls_first: bool


@dataclass(frozen=True, slots=True)
class Sort:
    """The rows in order."""

    keys: tuple[Key, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """The first rows."""

    count: int
    by: str = ""
    """The id of a column: the first rows of each of its values; empty for the first of all."""


@dataclass(frozen=True, slots=True)
class Join:
    """The rows with columns of a table where all `on` are equal: a row for each match, or one without values."""

    table: str
    on: tuple[tuple[str, str], ...]
    """Pairs of a column's id and the id of the table's."""
    rows: exp.Expression
    """An array of tuples: the table's rows."""
    keys: tuple[Defined, ...]
    """The table's columns to compare with: ids and how they are read of a row."""
    columns: tuple[Defined, ...]
    """The table's columns to give."""
    grouped: bool
    """Whether the rows of equal keys become one."""


Source = Scan | Values
Stage = Filter | Extend | Expand | Aggregate | Window | Sort | Limit | Join


@dataclass(frozen=True, slots=True)
class Plan:
    """A whole pipeline."""

    source: Source
    stages: tuple[Stage, ...]
    columns: tuple[Column, ...]
    """What comes out, in this order."""
    necessary: ir.Expr | None = None
    """What every event fulfils that is read."""
