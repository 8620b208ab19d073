"""For each key and span of time, whether some window that ends within it fulfils conditions: what is found in part of
the events stays found when more of them arrive, so it doesn't matter in how many runs they are looked at.

A window ends with an event and reaches back from it; spans are as long as windows and begin at 1970.
"""

from dataclasses import dataclass

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.correlation.statement import (
    Holds,
    in_window,
    measured_value,
    over_rows,
    over_time,
    window_condition,
    windowed,
)
from bartizan.query.schema import Schema
from bartizan.query.sequence.branches import KeyColumns, branches_of, key_columns, rows_of
from bartizan.query.sequence.order import ID
from bartizan.query.sequence.settings import Asked
from bartizan.query.sql import all_of, call, column, comparison, named, number, text

MAX_EVENTS = 100
"""Most ids of events that are given of one burst: the last ones."""

MAX_LOOKED_AT = 1_000
"""Events of a span among which these are chosen."""


@dataclass(frozen=True, slots=True)
class Burst:
    """What is looked for."""

    steps: tuple[ir.Step, ...]
    window_ms: int
    holds: tuple[Holds, ...]
    """All of these hold for one window."""


@dataclass(frozen=True, slots=True)
class BurstStatement:
    """The statement. Its columns: the keys, `_bucket` (the span's number since 1970), `_start` and `_end` (milliseconds
    of the first and last event), `_count` (how many there are), `_events` (time, id and stream's number of some)."""

    tree: exp.Select
    keys: KeyColumns


def burst_statement(wanted: Burst, schema: Schema, asked: Asked, binder: Binder, limit: int) -> BurstStatement | None:
    """The statement of `wanted` over the streams of `schema`, at most `limit` rows; None if no event can take part."""
    branches = branches_of(wanted.steps, schema, asked, binder)
    if not branches:
        return None
    keys = key_columns(branches)
    measured = measured_value(wanted.holds, binder)
    rows = rows_of(
        branches, keys, len(wanted.steps), asked, binder, lambda own: {**measured(own), "_e": _event_id(own)}
    )
    grouped = _grouped(_looked(rows, keys.names, wanted, binder), keys.names, wanted)
    return BurstStatement(_shown(grouped, keys.names, wanted, limit), keys)


def least_count(holds: Holds) -> int | None:
    """How many events make it true, however many more there are; None if that isn't what it asks."""
    match holds:
        case ir.Measured("count", ">=", int(value)) if value >= 1:
            return value
        case ir.Measured("count", ">", int(value)) if value >= 0:
            return value + 1
        case _:
            return None


def _looked(rows: exp.Query, keys: tuple[str, ...], wanted: Burst, binder: Binder) -> exp.Select:
    """The rows, each with its number among those of its key, whether the window that ends with it is a burst (`_hot`),
    and the time of that window's first event (`_from`).

    A count is asked as the time of the event so many places before: one pass, however long windows are.
    """
    in_order, in_time = over_rows(keys), over_time(keys, wanted.window_ms)
    measured: list[exp.Expression] = [exp.Star(), named(in_window(call("row_number"), in_order), "_n")]
    for at, one in enumerate(wanted.holds):
        count = least_count(one)
        if count is None:
            tree = in_window(windowed(one), in_time)
        else:
            tree = in_window(call("lagInFrame", column("_t"), number(count - 1)), in_order)
        measured.append(named(tree, f"_a{at}"))
    if _counted(wanted) is None:
        measured.append(named(in_window(call("min", column("_t")), in_time), "_first"))
    looking = exp.Select(expressions=measured).from_(rows.subquery(alias="_rows", copy=False))
    first = column("_first" if _counted(wanted) is None else f"_a{_counted(wanted)}")
    holds = all_of([_holds(one, at, wanted.window_ms, binder) for at, one in enumerate(wanted.holds)])
    shown = [exp.Star(), named(holds, "_hot"), named(first, "_from")]
    return exp.Select(expressions=shown).from_(looking.subquery(alias="_measured", copy=False))


def _counted(wanted: Burst) -> int | None:
    """The place of the condition that counts events."""
    return next((at for at, one in enumerate(wanted.holds) if least_count(one) is not None), None)


def _holds(holds: Holds, at: int, window_ms: int, binder: Binder) -> exp.Expression:
    count = least_count(holds)
    if count is None:
        return window_condition(holds, f"_a{at}", binder)
    near = call("minus", column("_t"), column(f"_a{at}"))
    return all_of([comparison(">=", column("_n"), number(count)), comparison("<=", near, number(window_ms))])


def _grouped(looked: exp.Select, keys: tuple[str, ...], wanted: Burst) -> exp.Select:
    """By key and span. An event is looked at in its own span and in the next, whose windows can reach back to it."""
    own = call("intDiv", column("_t"), number(wanted.window_ms))
    both = exp.array(own, call("plus", own.copy(), number(1)), dialect="clickhouse")
    spread = exp.Select(expressions=[exp.Star(), named(call("arrayJoin", both), "_bucket")])
    spread = spread.from_(looked.subquery(alias="_looked", copy=False))
    is_own = exp.EQ(this=own.copy(), expression=column("_bucket"))
    hot = exp.And(this=column("_hot"), expression=is_own)
    sample = exp.ParameterizedAgg(
        this="groupArrayLast",
        expressions=[number(MAX_LOOKED_AT)],
        params=[call("tuple", *map(column, ("_t", "_e", "_s")))],
    )
    shown = {
        "_start": call("minIf", column("_from"), hot),
        "_end": call("maxIf", column("_t"), hot.copy()),
        "_numbers": call("minus", call("maxIf", column("_n"), hot.copy()), call("minIf", column("_n"), hot.copy())),
        "_sample": call("arraySort", sample),
    }
    groups = (*map(column, keys), column("_bucket"))
    found = exp.Select(expressions=[*groups, *(named(tree, name) for name, tree in shown.items())])
    found = found.from_(spread.subquery(alias="_spread", copy=False)).group_by(*groups, copy=False)
    return found.having(exp.GT(this=call("countIf", hot.copy()), expression=number(0)), copy=False)


def _shown(grouped: exp.Select, keys: tuple[str, ...], wanted: Burst, limit: int) -> exp.Select:
    within = exp.Between(
        this=call("tupleElement", exp.column("_x"), number(1)), low=column("_start"), high=column("_end")
    )
    near = exp.Lambda(this=within, expressions=[exp.to_identifier("_x")])
    events = call("arrayFilter", near, column("_sample"))
    place = _counted(wanted)
    count = call("length", events.copy())
    if place is not None:
        count = call("plus", column("_numbers"), number(least_count(wanted.holds[place]) or 1))
    columns = (*keys, "_bucket", "_start", "_end")
    shown = [
        *map(column, columns),
        named(count, "_count"),
        named(call("arraySlice", events, number(-MAX_EVENTS)), "_events"),
    ]
    found = exp.Select(expressions=shown).from_(grouped.subquery(alias="_grouped", copy=False))
    return found.order_by(column("_bucket"), *map(column, keys), copy=False).limit(limit, copy=False)


def _event_id(schema: Schema) -> exp.Expression:
    return column(ID) if ID in schema.columns else text("")
