"""The events that some step matches, a SELECT for each stream and way to build the key: sequences and correlations are
made of them."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.clickhouse import condition
from bartizan.query.passes import run_passes
from bartizan.query.relations import Target, select
from bartizan.query.schema import Schema
from bartizan.query.sequence.keys import KeyValue, key_value, tagged
from bartizan.query.sequence.order import identity, milliseconds
from bartizan.query.sequence.settings import Asked
from bartizan.query.sql import call, named, text, union

PLACE = ("_t", "_i", "_s")
"""Columns by which an event is found again: its time, identity and stream."""

Columns = Callable[[Schema], Mapping[str, exp.Expression]]
"""Further columns of an event, by the schema of its stream."""


@dataclass(frozen=True, slots=True)
class Branch:
    """The steps of one stream whose keys are built alike."""

    stream: int
    schema: Schema
    conditions: Mapping[int, ir.Expr]
    """By the step's bit."""
    keys: tuple[KeyValue, ...]
    optional: tuple[bool, ...]


@dataclass(frozen=True, slots=True)
class KeyColumns:
    """The columns that hold the keys of a row."""

    names: tuple[str, ...]
    is_tagged: tuple[bool, ...]
    """Whether a key's values begin with the letter of their kind."""

    def values(self, row: Sequence[str]) -> tuple[str | None, ...]:
        """The keys that a row's columns mean; None for no value."""
        untagged = (value[1:] if is_tagged else value for value, is_tagged in zip(row, self.is_tagged, strict=True))
        return tuple(value or None for value in untagged)


def branches_of(steps: Sequence[ir.Step], schema: Schema, asked: Asked, binder: Binder) -> list[Branch]:
    """The branches in which events can take part."""
    found = []
    for number, stream in enumerate(schema.streams):
        own = schema.narrow(stream)
        if asked.timestamp not in own.columns:
            continue
        for (keys, optional), group in _by_key(steps).items():
            conditions = {bit: run_passes(step.predicate, own) for bit, step in group.items()}
            possible = {bit: expr for bit, expr in conditions.items() if expr != ir.Constant(False)}
            if possible:
                values = tuple(key_value(key, own, binder, asked.each_value) for key in keys)
                if all(value.kind or may for value, may in zip(values, optional, strict=True)):
                    found.append(Branch(number, own, possible, values, optional))
    return found


def _by_key(steps: Sequence[ir.Step]) -> dict[tuple[tuple[ir.FieldRef, ...], tuple[bool, ...]], dict[int, ir.Step]]:
    groups: dict[tuple[tuple[ir.FieldRef, ...], tuple[bool, ...]], dict[int, ir.Step]] = {}
    for bit, step in enumerate(steps):
        optional = step.optional_keys or (False,) * len(step.keys)
        groups.setdefault((step.keys, optional), {})[bit] = step
    return groups


def key_columns(branches: Sequence[Branch]) -> KeyColumns:
    """What the keys of all branches are called in their rows."""
    width = len(branches[0].keys)
    mixed = tuple(len({branch.keys[at].kind for branch in branches} - {""}) > 1 for at in range(width))
    return KeyColumns(tuple(f"_k{at}" for at in range(width)), mixed)


def rows_of(
    branches: Sequence[Branch], keys: KeyColumns, steps: int, asked: Asked, binder: Binder, columns: Columns
) -> exp.Query:
    """An event a row: its keys, time `_t`, identity `_i`, stream `_s`, a bit of `_m` for each step, and `columns`."""
    selects: list[exp.Query] = [_select(branch, keys, steps, asked, binder, columns) for branch in branches]
    return union(selects)


def _select(branch: Branch, keys: KeyColumns, steps: int, asked: Asked, binder: Binder, columns: Columns) -> exp.Select:
    schema = branch.schema
    (stream,) = schema.streams
    values = [tagged(value) if mixed else value.tree for value, mixed in zip(branch.keys, keys.is_tagged, strict=True)]
    shown = {
        **{name: call("toString", value) for name, value in zip(keys.names, values, strict=True)},
        "_t": milliseconds(schema, asked.timestamp),
        "_i": identity(schema),
        "_s": call("toUInt16", exp.Literal.number(branch.stream)),
        "_m": call(_mask_type(steps), _mask(branch, binder)),
        **columns(schema),
    }
    own = select(ir.Filter(ir.Scan(stream), _wanted(branch, asked)), Target(schema, binder, asked.database))
    own = own.select(*(named(tree, name) for name, tree in shown.items()), append=False, copy=False)
    given = [
        exp.NEQ(this=value.tree.copy(), expression=text(""))
        for value, optional in zip(branch.keys, branch.optional, strict=True)
        if not optional
    ]
    return own.where(*given, copy=False) if given else own


def _wanted(branch: Branch, asked: Asked) -> ir.Expr:
    low = None if asked.time_from is None else ir.Bound(asked.time_from, True)
    high = None if asked.time_to is None else ir.Bound(asked.time_to, False)
    time = ir.FieldRef(asked.timestamp, ir.Kind.DATE)
    in_time: ir.Expr = ir.Range(time, low, high) if low or high else ir.Exists(time)
    (stream,) = branch.schema.streams
    within = asked.within.get(stream, ir.Constant(True))
    return run_passes(ir.And((in_time, within, ir.any_of(list(branch.conditions.values())))), branch.schema)


def _mask_type(bits: int) -> str:
    return next(f"toUInt{width}" for width in (8, 16, 32, 64) if bits <= width)


def _mask(branch: Branch, binder: Binder) -> exp.Expression:
    bits = [
        call("bitShiftLeft", call("toUInt64", _holds(expr, branch, binder)), exp.Literal.number(bit))
        for bit, expr in branch.conditions.items()
    ]
    mask = bits[0]
    for bit in bits[1:]:
        mask = call("bitOr", mask, bit)
    return mask


def _holds(expr: ir.Expr, branch: Branch, binder: Binder) -> exp.Expression:
    return condition(expr, branch.schema, binder, null_shows=True)
