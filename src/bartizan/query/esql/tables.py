"""Lookup tables: what `ENRICH` and `LOOKUP JOIN` read besides events."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from bartizan.query.esql.typed import Type

Cell = str | int | float | bool | None

MAX_ROWS = 100_000
"""Most rows of one table; they go with the statement."""


@dataclass(frozen=True, slots=True)
class LookupTable:
    """Columns with their types, and rows in the same order."""

    columns: Mapping[str, Type]
    rows: Sequence[Sequence[Cell]]
    match_field: str = ""
    """The column that `ENRICH` compares with; the first if it is not named."""

    @property
    def key(self) -> str:
        """The column that `ENRICH` compares with."""
        return self.match_field or next(iter(self.columns))


@dataclass(frozen=True, slots=True)
class Lookups:
    """Tables by name: those of enrich policies and of lookup indices alike."""

    tables: Mapping[str, LookupTable] = field(default_factory=dict)


NO_LOOKUPS = Lookups()
"""There are none."""
