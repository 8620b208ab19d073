"""The one SQL statement that finds a sequence's candidates: per key, the events that some step matches, in order.

Each stream is read once for each way to build the key: the steps' conditions make a bit mask, what no step matches is
left out, and so is every key that lacks an event for one of the steps.
"""

from dataclasses import dataclass

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.schema import Schema
from bartizan.query.sequence.arrived import Arrived
from bartizan.query.sequence.branches import KeyColumns, branches_of, key_columns, rows_of
from bartizan.query.sequence.order import arrival, tie_columns
from bartizan.query.sequence.settings import Asked
from bartizan.query.sql import all_of, call, column, named

EVENTS = "_events"
"""The column with a key's events, in order: tuples of time, ties, arrival, mask, identity and stream's number.

What no field puts in order follows in the order of the query's steps: a source with whole seconds keeps no order within
one, and a chain within it is to be found.
"""


@dataclass(frozen=True, slots=True)
class Candidates:
    """The statement and what its columns mean."""

    tree: exp.Select
    keys: KeyColumns


def candidates(
    steps: tuple[ir.Step, ...], required: int, schema: Schema, asked: Asked, binder: Binder
) -> Candidates | None:
    """The statement for `steps` over the streams of `schema`; None if no key can have all that is `required`."""
    branches = branches_of(steps, schema, asked, binder)
    possible = {bit for branch in branches for bit in branch.conditions}
    if any(required >> bit & 1 and bit not in possible for bit in range(len(steps))):
        return None
    keys = key_columns(branches)
    rows = rows_of(branches, keys, len(steps), asked, binder, lambda own: _order(own, asked, binder))
    return Candidates(_grouped(rows, keys.names, required, asked), keys)


def _order(schema: Schema, asked: Asked, binder: Binder) -> dict[str, exp.Expression]:
    ties = tie_columns(asked.tiebreaker, schema, binder)
    return {**{f"_o{at}": tie for at, tie in enumerate(ties)}, "_g": arrival(schema, asked.arrival)}


def _grouped(rows: exp.Query, keys: tuple[str, ...], required: int, asked: Asked) -> exp.Select:
    ties = ("_o0", "_o1", "_o2") if asked.tiebreaker else ()
    parts = ("_t", *ties, "_g", "_m", "_i", "_s")
    # An array for each part, put together afterwards: ClickHouse's groupArray takes twice as long over tuples.
    events = call("arrayZip", *(call("groupArray", column(part)) for part in parts))
    in_order = named(call("arraySort", events), EVENTS)
    grouped = exp.Select(expressions=[*map(column, keys), in_order]).from_(rows.subquery(alias="_rows", copy=False))
    needed = call("toUInt64", exp.Literal.number(required))
    present = call("bitAnd", call("groupBitOr", column("_m")), needed)
    complete = exp.EQ(this=present, expression=needed.copy())
    wanted = (
        complete if asked.arrived is None or asked.arrived.complete else all_of([complete, _has_new(asked.arrived)])
    )
    return grouped.group_by(*map(column, keys), copy=False).having(wanted, copy=False)


def _has_new(arrived: Arrived) -> exp.Expression:
    """Whether a key has a new event: without one nothing new can be found for it."""
    after = exp.array(*(call("toInt64", exp.Literal.number(ms)) for ms in arrived.after_ms), dialect="clickhouse")
    own = call("arrayElement", after, exp.Add(this=column("_s"), expression=exp.Literal.number(1)))
    return call("max", exp.GT(this=column("_g"), expression=own))
