"""The rows of a table as people and programs read them: one value alone, several as a list, none as null."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from bartizan.ecs.document import address, document
from bartizan.ecs.registry import Registry
from bartizan.query.table import CompiledTable

_ID = "_id"
_METADATA = frozenset({"_id", "_index", "_version", "_source", "_ignored", "_score"})


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name and type."""

    name: str
    type: str


@dataclass(frozen=True, slots=True)
class Table:
    """Columns, and rows with values in their order."""

    columns: list[Column]
    rows: list[list[Any]]


def table_of(compiled: CompiledTable, rows: Sequence[Mapping[str, Any]]) -> Table:
    """The table that a statement gave as `rows` by the ids of its columns."""
    readers = [(own.id, address if own.type == "ip" else _same) for own in compiled.columns]
    shown = [[_rendered(row[id_], read) for id_, read in readers] for row in rows]
    return Table([Column(own.name, own.type) for own in compiled.columns], shown)


def as_documents(table: Table, registry: Registry) -> list[dict[str, Any]]:
    """The rows as ECS documents, if they are events: if `_id` is among the columns."""
    names = [own.name for own in table.columns]
    if _ID not in names:
        return []
    kept = [(place, name) for place, name in enumerate(names) if name not in _METADATA]
    return [document({name: row[place] for place, name in kept}, registry) for row in table.rows]


def _rendered(value: Any, read: Callable[[Any], Any]) -> Any:
    if isinstance(value, list):
        values = [read(one) for one in value]
        return values if len(values) > 1 else values[0] if values else None
    return value if value is None else read(value)


def _same(value: Any) -> Any:
    return value
