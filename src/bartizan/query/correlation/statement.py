"""The statement of a correlation: for each key the first moment at which its window fulfils the condition.

Every step's events are read once, each with its key and what is measured; a window function looks back from each event.
"""

from dataclasses import dataclass

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.schema import Schema
from bartizan.query.sequence.branches import KeyColumns, branches_of, key_columns, rows_of
from bartizan.query.sequence.settings import Asked
from bartizan.query.sql import all_of, call, column, comparison, named, one_of, text
from bartizan.query.storage import read

MAX_EVENTS = 100
"""Most events that are shown of one window: the last ones."""

_EVENT = ("_t", "_i", "_s")


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
    rows = rows_of(branches, keys, len(wanted.steps), asked, binder, lambda own: {"_v": _value(wanted, own, binder)})
    return CorrelationStatement(_found(rows, keys.names, wanted, binder), keys)


def _value(wanted: ir.Correlation, schema: Schema, binder: Binder) -> exp.Expression:
    """What is measured of an event: a number, or the text of all fields; NULL where there is none."""
    if not isinstance(wanted.holds, ir.Measured) or not wanted.holds.fields:
        return exp.Null()
    kind = ir.Kind.KEYWORD if wanted.holds.function == "distinct" else ir.Kind.NUMBER
    trees = [_field(ref, kind, schema, binder) for ref in wanted.holds.fields]
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
    return call("toFloat64", call("arrayElementOrNull", stored.tree, _number(1)))


def _found(rows: exp.Query, keys: tuple[str, ...], wanted: ir.Correlation, binder: Binder) -> exp.Select:
    """The keys that have such a window, with its last moment; the events of it are those at most so long before."""
    window = exp.Window(
        this=None,
        partition_by=[column(name) for name in keys] or None,
        order=exp.Order(expressions=[exp.Ordered(this=column("_t"), nulls_first=False)]),
        spec=exp.WindowSpec(
            kind="RANGE",
            start=_number(wanted.window_ms),
            start_side="PRECEDING",
            end="CURRENT ROW",
            end_side=None,
        ),
    )
    measured = _measured(wanted.holds)
    looked = [exp.Alias(this=_over(tree, window), alias=exp.to_identifier(name)) for name, tree in measured.items()]
    looking = exp.Select(expressions=[exp.Star(), *looked]).from_(rows.subquery(alias="_rows", copy=False))
    holds = _condition(wanted.holds, binder)
    ends = named(call("minIf", column("_t"), holds), "_end")
    event = call("tuple", *map(column, _EVENT))
    events = named(call("arraySort", call("groupArray", event)), "_events")
    grouped = exp.Select(expressions=[*map(column, keys), ends, events]).from_(
        looking.subquery(alias="_looked", copy=False)
    )
    grouped = grouped.group_by(*map(column, keys), copy=False) if keys else grouped
    found = grouped.having(exp.GT(this=call("countIf", holds.copy()), expression=_number(0)), copy=False)
    near = exp.Lambda(
        this=exp.Between(
            this=call("tupleElement", exp.column("_e"), _number(1)),
            low=call("minus", column("_end"), _number(wanted.window_ms)),
            high=column("_end"),
        ),
        expressions=[exp.to_identifier("_e")],
    )
    kept = call("arraySlice", call("arrayFilter", near, column("_events")), _number(-MAX_EVENTS))
    shown = [*map(column, keys), column("_end"), named(kept, "_events")]
    return exp.Select(expressions=shown).from_(found.subquery(alias="_found", copy=False))


def _over(tree: exp.Expression, window: exp.Window) -> exp.Window:
    own = window.copy()
    own.set("this", tree)
    return own


def _measured(holds: ir.Measured | ir.Seen | ir.Together) -> dict[str, exp.Expression]:
    if not isinstance(holds, ir.Measured) or holds.function == "steps":
        return {"_seen": call("groupBitOr", column("_m"))}
    match holds.function:
        case "count":
            return {"_a": call("count")}
        case "distinct":
            return {"_a": call("uniqExact", column("_v"))}
        case "percentile":
            level = exp.Literal.number(repr(holds.percentile / 100))
            return {
                "_a": exp.ParameterizedAgg(this="quantileExactInclusive", expressions=[level], params=[column("_v")])
            }
        case function:
            return {"_a": call(function, column("_v"))}


def _condition(holds: ir.Measured | ir.Seen | ir.Together, binder: Binder) -> exp.Expression:
    match holds:
        case ir.Measured("steps", operator, value):
            tree = comparison(operator, call("bitCount", column("_seen")), binder.scalar(value))
        case ir.Measured(_, operator, value):
            tree = comparison(operator, column("_a"), binder.scalar(value))
        case _:
            return _together(holds)
    return call("ifNull", tree, exp.false())


def _together(holds: ir.Measured | ir.Seen | ir.Together) -> exp.Expression:
    match holds:
        case ir.Seen(step):
            return call("bitTest", column("_seen"), _number(step))
        case ir.Together("not", (item,)):
            return exp.Not(this=exp.Paren(this=_together(item)))
        case ir.Together(operator, items):
            trees = [exp.Paren(this=_together(item)) for item in items]
            return all_of(trees) if operator == "and" else exp.Paren(this=one_of(trees))
    raise TypeError(f"no condition on steps: {holds!r}")


def _number(value: int) -> exp.Expression:
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))
