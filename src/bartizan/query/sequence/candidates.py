"""The one SQL statement that finds a sequence's candidates: per key, the events that some step matches, in order.

Each stream is read once for each way to build the key: the steps' conditions make a bit mask, what no step matches is
left out, and so is every key that lacks an event for one of the steps.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.clickhouse import condition
from bartizan.query.passes import run_passes
from bartizan.query.relations import Target, select
from bartizan.query.schema import Schema
from bartizan.query.sequence.keys import KeyValue, key_value, tagged
from bartizan.query.sequence.order import arrival, identity, milliseconds, tie_columns
from bartizan.query.sequence.settings import Asked
from bartizan.query.sql import call, column, named, text

EVENTS = "_events"
"""The column with a key's events, in order: tuples of time, ties, arrival, mask, identity and stream's number.

What no field puts in order follows in the order of the query's steps: a source with whole seconds keeps no order within
one, and a chain within it is to be found.
"""

Steps = Mapping[int, ir.Step]
"""Steps by their bit."""


@dataclass(frozen=True, slots=True)
class _Branch:
    stream: int
    schema: Schema
    conditions: Mapping[int, ir.Expr]
    keys: tuple[KeyValue, ...]
    optional: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class Candidates:
    """The statement and what its columns mean."""

    tree: exp.Select
    key_columns: tuple[str, ...]
    is_tagged: tuple[bool, ...]
    """Whether a key's values begin with the letter of their kind."""


def candidates(
    steps: tuple[ir.Step, ...], required: int, schema: Schema, asked: Asked, binder: Binder
) -> Candidates | None:
    """The statement for `steps` over the streams of `schema`; None if no key can have all that is `required`."""
    branches = list(_branches(steps, schema, asked, binder))
    possible = {bit for branch in branches for bit in branch.conditions}
    if any(required >> bit & 1 and bit not in possible for bit in range(len(steps))):
        return None
    width = len(steps[0].keys)
    mixed = tuple(len({branch.keys[at].kind for branch in branches} - {""}) > 1 for at in range(width))
    selects: list[exp.Query] = [_branch_select(branch, mixed, len(steps), asked, binder) for branch in branches]
    names = tuple(f"_k{at}" for at in range(width))
    return Candidates(_grouped(selects, names, required, asked), names, mixed)


def _branches(steps: tuple[ir.Step, ...], schema: Schema, asked: Asked, binder: Binder) -> list[_Branch]:
    branches = []
    for number, stream in enumerate(schema.streams):
        own = schema.narrow(stream)
        if asked.timestamp not in own.columns:
            continue
        for (keys, optional), group in _by_key(steps).items():
            conditions = {bit: run_passes(step.predicate, own) for bit, step in group.items()}
            possible = {bit: expr for bit, expr in conditions.items() if expr != ir.Constant(False)}
            if possible:
                values = tuple(key_value(key, own, binder) for key in keys)
                if all(value.kind or may for value, may in zip(values, optional, strict=True)):
                    branches.append(_Branch(number, own, possible, values, optional))
    return branches


def _by_key(steps: tuple[ir.Step, ...]) -> dict[tuple[tuple[ir.FieldRef, ...], tuple[bool, ...]], Steps]:
    groups: dict[tuple[tuple[ir.FieldRef, ...], tuple[bool, ...]], dict[int, ir.Step]] = {}
    for bit, step in enumerate(steps):
        optional = step.optional_keys or (False,) * len(step.keys)
        groups.setdefault((step.keys, optional), {})[bit] = step
    return dict(groups)


def _branch_select(branch: _Branch, mixed: tuple[bool, ...], bits: int, asked: Asked, binder: Binder) -> exp.Select:
    schema = branch.schema
    values = [tagged(value) if is_mixed else value.tree for value, is_mixed in zip(branch.keys, mixed, strict=True)]
    ties = tie_columns(asked.tiebreaker, schema, binder)
    shown = {
        **{f"_k{at}": call("toString", value) for at, value in enumerate(values)},
        "_t": milliseconds(schema, asked.timestamp),
        **{f"_o{at}": tie for at, tie in enumerate(ties)},
        "_g": arrival(schema, asked.arrival),
        "_i": identity(schema),
        "_s": call("toUInt16", exp.Literal.number(branch.stream)),
        "_m": call(_mask_type(bits), _mask(branch, binder)),
    }
    (stream,) = schema.streams
    own = select(ir.Filter(ir.Scan(stream), _wanted(branch, asked)), Target(schema, binder, asked.database))
    own = own.select(*(named(tree, name) for name, tree in shown.items()), append=False, copy=False)
    given = [
        exp.NEQ(this=value.tree.copy(), expression=text(""))
        for value, optional in zip(branch.keys, branch.optional, strict=True)
        if not optional
    ]
    return own.where(*given, copy=False) if given else own


def _wanted(branch: _Branch, asked: Asked) -> ir.Expr:
    low = None if asked.time_from is None else ir.Bound(asked.time_from, True)
    high = None if asked.time_to is None else ir.Bound(asked.time_to, False)
    time = ir.FieldRef(asked.timestamp, ir.Kind.DATE)
    within: ir.Expr = ir.Range(time, low, high) if low or high else ir.Exists(time)
    return run_passes(ir.And((within, ir.any_of(list(branch.conditions.values())))), branch.schema)


def _mask_type(bits: int) -> str:
    return next(f"toUInt{width}" for width in (8, 16, 32, 64) if bits <= width)


def _mask(branch: _Branch, binder: Binder) -> exp.Expression:
    bits = [
        call("bitShiftLeft", call("toUInt64", condition(expr, branch.schema, binder, null_shows=True)), _number(bit))
        for bit, expr in branch.conditions.items()
    ]
    mask = bits[0]
    for bit in bits[1:]:
        mask = call("bitOr", mask, bit)
    return mask


def _grouped(selects: list[exp.Query], keys: tuple[str, ...], required: int, asked: Asked) -> exp.Select:
    rows = selects[0]
    for following in selects[1:]:
        rows = exp.Union(this=rows, expression=following, distinct=False)
    ties = ("_o0", "_o1", "_o2") if asked.tiebreaker else ()
    parts = ("_t", *ties, "_g", "_m", "_i", "_s")
    # An array for each part, put together afterwards: ClickHouse's groupArray takes twice as long over tuples.
    events = call("arrayZip", *(call("groupArray", column(part)) for part in parts))
    in_order = named(call("arraySort", events), EVENTS)
    grouped = exp.Select(expressions=[*map(column, keys), in_order]).from_(rows.subquery(alias="_rows", copy=False))
    needed = call("toUInt64", _number(required))
    present = call("bitAnd", call("groupBitOr", column("_m")), needed)
    complete = exp.EQ(this=present, expression=needed.copy())
    return grouped.group_by(*map(column, keys), copy=False).having(complete, copy=False)


def _number(value: int) -> exp.Expression:
    return exp.Literal.number(value)
