"""What a language compiles to whose queries give tables, not events: one SELECT and what its columns are."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from sqlglot import exp

from bartizan.query.binder import Parameter
from bartizan.query.ir import Expr
from bartizan.query.query_fields import ECS_FIELDS, QueryFields


@dataclass(frozen=True, slots=True)
class TableColumn:
    """A column of a table."""

    name: str
    type: str
    """The language's name of it."""
    many: bool
    """Whether it can hold several values."""
    id: str
    """What the SELECT calls it."""


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """A SELECT, the parameters it refers to, and its columns in their order."""

    tree: exp.Select
    params: Mapping[str, Parameter]
    columns: tuple[TableColumn, ...]
    meaning: str
    """The plan, one stage a line."""
    streams: tuple[str, ...] = ()
    """What it reads."""
    necessary: Expr | None = None
    """What every event fulfils that has a part in it; None if nothing is known of them."""
    is_grouped: bool = False
    """Whether its rows are made of several events each."""


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query of tables reads besides its text."""

    database: str | None = None
    fields: QueryFields = ECS_FIELDS
    time_from: datetime | None = None
    time_to: datetime | None = None
    within: Mapping[str, Expr] = field(default_factory=dict)
    """What else the events of a stream fulfil."""
    span_ms: int = 0
    """Length of spans of event time that are asked about each alone, all in one statement; their number since 1970 is
    the last column. 0 asks about all time together."""
    limit: int | None = None
    """Most rows to give, if fewer than the language's own bound."""
    streams: Sequence[str] | None = None
    """The streams to read in the place of those that the text names, for files."""
    hidden: frozenset[str] = frozenset()
    """Columns of the streams that nobody sees unless they are named."""
    parameters: Sequence[Any] | Mapping[str, Any] = ()
    """Values of the text's parameters, by position or by name."""
    tables: Mapping[str, object] = field(default_factory=dict)
    """Tables to look values up in, by name; what they are is the language's own."""
    lookups: Sequence[Path] = ()
    """Folders with such tables, CSV files."""
    version: str = ""
    """This program's version, for queries that ask for it."""
