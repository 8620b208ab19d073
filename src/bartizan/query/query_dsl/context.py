"""What every clause is read with, and how its fields and options are found."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from bartizan.query import ir
from bartizan.query.clickhouse import refusal
from bartizan.query.errors import QuerySyntaxError, UnknownField, UnsupportedOperation
from bartizan.query.operators import UnfitValue
from bartizan.query.query_dsl.faults import Fault, UnknownName
from bartizan.query.query_dsl.json_tree import Array, Member, Node, Object, Value
from bartizan.query.schema import Schema, SchemaField

WITHOUT_EFFECT = frozenset({"boost", "_name"})
"""Options of every query that say nothing about which events it finds."""


@dataclass(frozen=True, slots=True)
class Context:
    """The fields there are, the present for date math, how deep a query stands, and the nested field it stands in."""

    schema: Schema
    now: datetime
    depth: int = 0
    nested: str = ""

    def deeper(self) -> "Context":
        """The context of what a clause holds."""
        return replace(self, depth=self.depth + 1)


@dataclass(frozen=True, slots=True)
class Asked:
    """A field that a clause asks about, as the clause has it and as the schema has it."""

    node: Member
    found: SchemaField | None
    """None: a name without values."""

    @property
    def ref(self) -> ir.FieldRef | None:
        """The field for the IR."""
        return None if self.found is None else ir.FieldRef(self.found.name, self.found.kind, self.node.span)


def one_field(node: Node, what: str) -> Member:
    """The only member of an object that isn't without effect: the name of a field. Raises `Fault`."""
    if isinstance(node, Object):
        named = [member for member in node.members if member.name not in WITHOUT_EFFECT]
        if len(named) == 1:
            return named[0]
    raise Fault(node, f"`{what}` takes one field", f'write `{{"{what}": {{"user.name": ...}}}}`')


def find(node: Member, context: Context) -> Asked:
    """What the name of `node` stands for. Raises `UnknownName`."""
    return Asked(node, field_of(node, node.name, context))


def field_of(node: Node, name: str, context: Context) -> SchemaField | None:
    """The field called `name`; None for a group of an imported rule. Raises `UnknownName`."""
    check_nested(node, name, context)
    found = context.schema.resolve(name)
    if found is None and not (context.schema.is_group(name) and context.schema.unknown_fields == "missing"):
        raise UnknownName(node, name, context.schema.nearest(name))
    return found


def check_nested(node: Node, name: str, context: Context) -> None:
    """Raise `Fault` for a field that isn't one of the object that is asked about."""
    if context.nested and not name.startswith(f"{context.nested}."):
        raise Fault(node, f"`{name}` is no part of `{context.nested}`", "only the object's own fields can be asked for")


def condition(asked: Asked, place: Node, build: Callable[[ir.FieldRef, bool], ir.Expr]) -> ir.Expr:
    """What `build` makes of the field and whether it ignores case. Raises `Fault` at `place` for what doesn't fit."""
    ref = asked.ref
    if ref is None or asked.found is None:
        return ir.Constant(False)
    try:
        return permitted(build(ref, asked.found.ignore_case), place)
    except UnfitValue as error:
        raise Fault(place, str(error), error.hint) from None


def permitted(expr: ir.Expr, place: Node) -> ir.Expr:
    """`expr`; raises `Fault` for an operation that a field's kind doesn't have."""
    for leaf in ir.leaves(expr):
        reason = refusal(leaf)
        if reason:
            raise Fault(place, reason, kind=UnsupportedOperation)
    return expr


def options(node: Node, known: frozenset[str], what: str) -> Mapping[str, Member]:
    """The members of an object by name. Raises `Fault` for one that isn't `known` or without effect."""
    if not isinstance(node, Object):
        raise Fault(node, f"`{what}` takes an object", 'write `{"name": value}`')
    for member in node.members:
        if member.name not in known | WITHOUT_EFFECT:
            hint = f"known are {', '.join(sorted(known))}" if known else "leave it out"
            raise Fault(member, f"`{member.name[:60]}` of `{what}` isn't understood", hint, UnsupportedOperation)
    return {member.name: member for member in node.members}


def shorthand(node: Node, value_name: str, known: frozenset[str], what: str) -> tuple[Value, Mapping[str, Member]]:
    """The value of `{"field": value}` or `{"field": {value_name: value, ...}}`, and the options of the longer form."""
    if isinstance(node, Object):
        given = options(node, known | {value_name}, what)
        if value_name not in given:
            raise Fault(node, f"`{what}` lacks its `{value_name}`", f'write `{{"{value_name}": ...}}`')
        return scalar(given[value_name].value, what), given
    return scalar(node, what), {}


def scalar(node: Node, what: str) -> Value:
    """`node` as one value that isn't null."""
    if not isinstance(node, Value) or node.value is None:
        raise Fault(node, f"`{what}` takes a text, a number, `true` or `false`", "write one value here")
    return node


def written(value: Value) -> str:
    """A value as the field's type reads it."""
    if isinstance(value.value, bool):
        return "true" if value.value else "false"
    return str(value.value)


def flag(given: Mapping[str, Member], name: str, default: bool = False) -> bool:
    """An option that is `true` or `false`, also as texts."""
    if name not in given:
        return default
    node = given[name].value
    if isinstance(node, Value) and (isinstance(node.value, bool) or node.value in ("true", "false")):
        return node.value in (True, "true")
    raise Fault(node, f"`{name}` is `true` or `false`")


def word(given: Mapping[str, Member], name: str, known: frozenset[str], default: str) -> str:
    """An option that is one of some words, in any case."""
    if name not in given:
        return default
    node = given[name].value
    if isinstance(node, Value) and isinstance(node.value, str) and node.value.lower() in known:
        return node.value.lower()
    raise Fault(node, f"`{name}` isn't understood", f"known are {', '.join(sorted(known))}", UnsupportedOperation)


def texts(node: Node, most: int, what: str) -> tuple[Value, ...]:
    """The values of a list, or one value alone."""
    items = node.items if isinstance(node, Array) else (node,)
    if len(items) > most:
        raise Fault(node, f"`{what}` has {len(items):,} values, at most {most:,} are read", "split the list")
    return tuple(scalar(item, what) for item in items)


def syntax_fault(node: Node, error: QuerySyntaxError) -> Fault:
    """The fault of a query in another language that stands in a value."""
    if isinstance(error, UnknownField):
        return UnknownName(node, error.field, error.suggestion)
    return Fault(node, f"{error.message} ({error.where} of the text)", error.hint, type(error))
