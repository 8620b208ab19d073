"""The statement of a correlation: for each key the first moment at which its window fulfils the condition.

Every step's events are read once, each with its key and what is measured; a window function looks back from each event.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.schema import Schema
from bartizan.query.sequence.branches import PLACE, Columns, KeyColumns, branches_of, key_columns, rows_of
from bartizan.query.sequence.settings import Asked
from bartizan.query.sql import all_of, call, column, comparison, named, number, one_of, text
from bartizan.query.storage import read

MAX_EVENTS = 100
"""Most events that are shown of one window: the last ones."""

Holds = ir.Measured | ir.Seen | ir.Together
"""What a window fulfils."""


@dataclass(frozen=True, slots=True)
class CorrelationStatement:
    """The statement; its columns are the keys, the window's last moment and its events."""

    tree: exp.Select
    keys: KeyColumns


def correlation_statement(
    wanted: ir.Correlation, schema: Schema, asked: Asked, binder: Binder
) -> CorrelationStatement | None:
    """The statement of `wanted` over the streams of `schema`; None if no event can take part."""
    branches = branches_of(wanted.steps, schema, asked, binder)
    if not branches:
        return None
    keys = key_columns(branches)

    rows = rows_of(branches, keys, len(wanted.steps), asked, binder, measured_value([wanted.holds], binder))
    return CorrelationStatement(_found(rows, keys.names, wanted, binder), keys)


def measured_value(holds: Sequence[Holds], binder: Binder) -> Columns:
    """The column `_v` of events: what the first of `holds` that measures fields measures of them."""
    measured = next((one for one in holds if isinstance(one, ir.Measured) and one.fields), None)
    return lambda own: {"_v": exp.Null() if measured is None else _value(measured, own, binder)}


def _value(holds: ir.Measured, schema: Schema, binder: Binder) -> exp.Expression:
    """A number, or the text of all fields; NULL where there is none."""
    kind = ir.Kind.KEYWORD if holds.function == "distinct" else ir.Kind.NUMBER
    trees = [_field(ref, kind, schema, binder) for ref in holds.fields]
    if kind is ir.Kind.NUMBER:
        return trees[0]
    joined = call("toString", exp.array(*trees, dialect="clickhouse")) if len(trees) > 1 else trees[0]
    is_missing = one_of([exp.EQ(this=tree.copy(), expression=text("")) for tree in trees])
    return call("if", is_missing, exp.Null(), call("toNullable", joined))


def _field(ref: ir.FieldRef, kind: ir.Kind, schema: Schema, binder: Binder) -> exp.Expression:
    field = schema.resolve(ref.name)
    nothing = text("") if kind is ir.Kind.KEYWORD else call("CAST", exp.Null(), text("Nullable(Float64)"))
    if field is None or not field.column:
        return nothing
    stored = read(field, binder, None, kind)
    if not stored.is_array:
        return stored.tree if kind is ir.Kind.KEYWORD else call("toFloat64", stored.tree)
    if kind is ir.Kind.KEYWORD:
        return call("if", call("empty", stored.tree), text(""), call("toString", stored.tree.copy()))
    return call("toFloat64", call("arrayElementOrNull", stored.tree, number(1)))


def _found(rows: exp.Query, keys: tuple[str, ...], wanted: ir.Correlation, binder: Binder) -> exp.Select:
    """The keys that have such a window, with its last moment; the events of it are those at most so long before."""
    looked = named(in_window(windowed(wanted.holds), over_time(keys, wanted.window_ms)), "_a")
    looking = exp.Select(expressions=[exp.Star(), looked]).from_(rows.subquery(alias="_rows", copy=False))
    holds = window_condition(wanted.holds, "_a", binder)
    ends = named(call("minIf", column("_t"), holds), "_end")
    event = call("tuple", *map(column, PLACE))
    events = named(call("arraySort", call("groupArray", event)), "_events")
    grouped = exp.Select(expressions=[*map(column, keys), ends, events]).from_(
        looking.subquery(alias="_looked", copy=False)
    )
    grouped = grouped.group_by(*map(column, keys), copy=False) if keys else grouped
    found = grouped.having(exp.GT(this=call("countIf", holds.copy()), expression=number(0)), copy=False)
    near = exp.Lambda(
        this=exp.Between(
            this=call("tupleElement", exp.column("_e"), number(1)),
            low=call("minus", column("_end"), number(wanted.window_ms)),
            high=column("_end"),
        ),
        expressions=[exp.to_identifier("_e")],
    )
    kept = call("arraySlice", call("arrayFilter", near, column("_events")), number(-MAX_EVENTS))
    shown = [*map(column, keys), column("_end"), named(kept, "_events")]
    return exp.Select(expressions=shown).from_(found.subquery(alias="_found", copy=False))


def over_time(keys: tuple[str, ...], before_ms: int) -> exp.Window:
    """The events of a key up to so long before one, and those of its own instant."""
    return _window(keys, ("_t",), exp.WindowSpec(kind="RANGE", start=number(before_ms), **_TO_THIS))


def over_rows(keys: tuple[str, ...]) -> exp.Window:
    """All events of a key up to one."""
    return _window(keys, ("_t", "_i"), exp.WindowSpec(kind="ROWS", start="UNBOUNDED", **_TO_THIS))


_TO_THIS: Mapping[str, Any] = {"start_side": "PRECEDING", "end": "CURRENT ROW", "end_side": None}


def _window(keys: tuple[str, ...], order: tuple[str, ...], spec: exp.WindowSpec) -> exp.Window:
    ordered = [exp.Ordered(this=column(name), nulls_first=False) for name in order]
    return exp.Window(
        this=None,
        partition_by=[column(name) for name in keys] or None,
        order=exp.Order(expressions=ordered),
        spec=spec,
    )


def in_window(tree: exp.Expression, window: exp.Window) -> exp.Window:
    """An aggregate over a window."""
    own = window.copy()
    own.set("this", tree)
    return own


def windowed(holds: Holds) -> exp.Expression:
    """The aggregate that a window is asked for: what is measured, or which steps have events."""
    if not isinstance(holds, ir.Measured) or holds.function == "steps":
        return call("groupBitOr", column("_m"))
    match holds.function:
        case "count":
            return call("count")
        case "distinct":
            return call("uniqExact", column("_v"))
        case "percentile":
            level = exp.Literal.number(repr(holds.percentile / 100))
            return exp.ParameterizedAgg(this="quantileExactInclusive", expressions=[level], params=[column("_v")])
        case function:
            return call(function, column("_v"))


def window_condition(holds: Holds, name: str, binder: Binder) -> exp.Expression:
    """Whether the aggregate of `windowed`, the column called `name`, fulfils what is asked; never NULL."""
    match holds:
        case ir.Measured("steps", operator, value):
            tree = comparison(operator, call("bitCount", column(name)), binder.scalar(value))
        case ir.Measured(_, operator, value):
            tree = comparison(operator, column(name), binder.scalar(value))
        case _:
            return _together(holds, name)
    return call("ifNull", tree, exp.false())


def _together(holds: Holds, name: str) -> exp.Expression:
    match holds:
        case ir.Seen(step):
            return call("bitTest", column(name), number(step))
        case ir.Together("not", (item,)):
            return exp.Not(this=exp.Paren(this=_together(item, name)))
        case ir.Together(operator, items):
            trees = [exp.Paren(this=_together(item, name)) for item in items]
            return all_of(trees) if operator == "and" else exp.Paren(this=one_of(trees))
    raise TypeError(f"no condition on steps: {holds!r}")
