"""The alerts that a query in any language finds, as ids: what a change of many alerts is for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from bartizan.alerts.building_blocks import without_building_blocks
from bartizan.alerts.errors import ChangeRefused
from bartizan.engine.base import Engine, rows
from bartizan.query.budget import Budget, kept
from bartizan.query.compile import MAX_ROWS, Compiled, Within, compile_events
from bartizan.query.schema import Schema
from bartizan.query.search import Found, Search, prepared, run

ID = "alert.id"
_ID_COLUMNS = (ID, "event.id", "_id", "kibana.alert.uuid")


@dataclass(frozen=True, slots=True)
class Selection:
    """Alerts by a query, within a time range."""

    query: str
    language: str = "kql"
    time_from: datetime | None = None
    time_to: datetime | None = None
    """`time_from` <= time < `time_to`."""
    building_blocks: bool = False
    """Whether building blocks are among them."""

    def said(self) -> dict[str, str]:
        """As a change set keeps it."""
        times = {"from": self.time_from, "to": self.time_to}
        return {
            "query": self.query,
            "language": self.language,
            **{name: at.isoformat() for name, at in times.items() if at is not None},
            **({"building_blocks": "true"} if self.building_blocks else {}),
        }


def select_alerts(
    engine: Engine, schema: Schema, table: str, wanted: Selection, now: datetime, budget: Budget
) -> list[str]:
    """Ids of the alerts that a query finds; for sequences those of all their steps; for ES|QL those in its table.

    Raises a `QueryError` for a query that is wrong, `ChangeRefused` for a table without ids, `BudgetExceeded`.
    """
    within = {} if wanted.building_blocks else without_building_blocks(schema.only([table]))
    asked = Search(
        *(wanted.query, wanted.language, (table,), wanted.time_from, wanted.time_to, MAX_ROWS),
        streams=(table,),
        within=within,
    )
    ready = prepared(schema, asked, now)
    if not isinstance(ready, Compiled):
        return _found(run(engine, schema, ready, budget))
    ids = compile_events(ready.wanted, schema.only([table]), Within(limit=MAX_ROWS, order=(), only=within), (ID,))
    values = {name: bound.value for name, bound in ids.params.items()}
    with kept(budget):
        return [row[ID] for row in rows(engine, ids.tree, values, settings=budget.settings()) if row[ID]]


def _found(found: Found) -> list[str]:
    if found.table is None:
        events = (event for group in found.groups or () for event in group.events)
        return list(dict.fromkeys(event["alert"]["id"] for event in events))
    names = [one.name for one in found.table.columns]
    place = next((names.index(name) for name in _ID_COLUMNS if name in names), None)
    if place is None:
        hint = "add METADATA _id to FROM, or KEEP alert.id"
        raise ChangeRefused("the query's table doesn't tell which alerts it is of", where="query", hint=hint)
    return list(dict.fromkeys(id for row in found.table.rows for id in _texts(row[place])))


def _texts(value: object) -> Sequence[str]:
    return [value] if isinstance(value, str) else [one for one in value or () if isinstance(one, str)]  # type: ignore[attr-defined]
