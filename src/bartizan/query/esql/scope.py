"""The columns that a command sees, by name and in order, and what `KEEP`, `DROP` and `RENAME` make of them."""

from collections.abc import Iterable
from dataclasses import dataclass, field, replace
from difflib import get_close_matches

from bartizan.query.esql.plan import Column
from bartizan.query.esql.scanning import Streams

MAX_COLUMNS = 10_000
"""Most columns at any place of a pipeline."""


@dataclass(frozen=True, slots=True)
class Scope:
    """Columns; None is one of the streams that nobody asked for yet."""

    columns: dict[str, Column | None]
    streams: Streams | None = None
    """Where further names are looked up; None once a command decided which columns there are."""
    events: Streams | None = None
    """What the rows are events of; None if they are no events, or not any more."""
    hidden: frozenset[str] = field(default_factory=frozenset)
    """Names of the streams that are gone: dropped or renamed."""
    kept: tuple[tuple[str, ...], ...] | None = None
    """Patterns of which a name of the streams must fit one, since a `KEEP`; None is any name."""

    def find(self, name: str) -> Column | None:
        """The column called `name`."""
        known = self.columns.get(name)
        if known is not None:
            return known
        if self.streams is None or name in self.hidden:
            return None
        if self.kept is not None and not any(fits(name, parts) for parts in self.kept):
            return None
        return self.streams.find(name)

    def is_source(self, name: str) -> bool:
        """Whether `name` is the event as one JSON text, as `METADATA` names it."""
        return name == "_source" and self.events is not None and name in self.columns and self.columns[name] is None

    def all(self) -> tuple[Column, ...]:
        """Every column in order."""
        found = (self.find(name) for name in self.columns)
        return tuple(replace(one, name=name) for name, one in zip(self.columns, found, strict=True) if one is not None)

    def nearest(self, name: str) -> str | None:
        """The known name most like `name`, to suggest."""
        alike = get_close_matches(name, self.columns, 1) if len(name) < 200 else []
        if alike or self.streams is None:
            return alike[0] if alike else None
        return self.streams.schema.nearest(name)

    def matching(self, parts: tuple[str, ...]) -> tuple[str, ...]:
        """The names that fit a pattern, which has wildcards between its parts."""
        return tuple(name for name in self.columns if fits(name, parts))

    def put(self, columns: Iterable[Column]) -> "Scope":
        """With more columns at the end; one of a known name takes its place."""
        names = {one.name: one for one in columns}
        kept = {name: one for name, one in self.columns.items() if name not in names}
        return replace(self, columns={**kept, **names})

    def put_in_place(self, column: Column) -> "Scope":
        """With another column in the place of the one of the same name."""
        return replace(self, columns={**self.columns, column.name: column})

    def only(self, names: Iterable[str], patterns: tuple[tuple[str, ...], ...]) -> "Scope":
        """These columns in this order, and of what no stream has but the registry knows only what fits a pattern."""
        found = {name: self.find(name) for name in names}
        columns = {name: replace(one, name=name) for name, one in found.items() if one is not None}
        gone = self.hidden | frozenset(self.columns) if patterns else frozenset()
        streams = self.streams if patterns else None
        return Scope(dict(columns), streams, self.events, gone - frozenset(columns), patterns)

    def without(self, names: Iterable[str]) -> "Scope":
        """Without these columns."""
        gone = frozenset(names)
        kept = {name: one for name, one in self.columns.items() if name not in gone}
        return replace(self, columns=kept, hidden=self.hidden | gone)

    def renamed(self, old: str, new: str) -> "Scope":
        """With the column `old` called `new`, at its place; what was called `new` is gone."""
        found = self.find(old)
        assert found is not None
        columns: dict[str, Column | None] = {}
        for name, one in self.columns.items():
            if name == old:
                columns[new] = replace(found, name=new)
            elif name != new:
                columns[name] = one
        if old not in self.columns:
            columns[new] = replace(found, name=new)
        return replace(self, columns=columns, hidden=self.hidden | {old})


def fits(name: str, parts: tuple[str, ...]) -> bool:
    """Whether a name fits a pattern, which has wildcards between its parts."""
    first, *rest = parts
    if not rest:
        return name == first
    if not name.startswith(first):
        return False
    position = len(first)
    for part in rest[:-1]:
        position = name.find(part, position)
        if position < 0:
            return False
        position += len(part)
    return len(name) - len(rest[-1]) >= position and name.endswith(rest[-1])
