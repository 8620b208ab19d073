"""Makes a ClickHouse condition from an IR expression: what is one operator, what is rewritten first, what is refused.

Flows in: an expression, the schema of the table it is for, a binder. Flows out: a sqlglot tree that names only columns
of the schema and parameters of the binder. A missing value makes a condition false, never NULL, wherever that shows.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from ipaddress import IPv6Address

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.expressions import comparison
from bartizan.query.ir import (
    And,
    Bound,
    CidrMatch,
    Compare,
    Constant,
    Equals,
    Exists,
    Expr,
    FieldRef,
    Fuzzy,
    In,
    Kind,
    Leaf,
    Match,
    Near,
    Nested,
    Not,
    Or,
    Range,
    Regex,
    Wild,
    Wildcard,
)
from bartizan.query.patterns import has_phrase, lower_pattern, wildcard
from bartizan.query.schema import Schema, SchemaField
from bartizan.query.sql import all_of, call, each, false_if_null, negation, one_of, text
from bartizan.query.storage import Scope, Stored, read, read_objects
from bartizan.query.words import any_word, near, similar

_TEXTS = (Kind.KEYWORD, Kind.TEXT)


@dataclass(frozen=True, slots=True)
class _Context:
    schema: Schema
    binder: Binder
    scope: Scope | None = None
    null_shows: bool = False
    """Whether a NULL would change the outcome: below a negation."""


Condition = Callable[[Leaf, exp.Expression, _Context], exp.Expression]


def condition(expr: Expr, schema: Schema, binder: Binder, *, null_shows: bool = False) -> exp.Expression:
    """The condition for `expr` on a table with the columns of `schema`; `null_shows` if its value is read."""
    return _tree(expr, _Context(schema, binder, null_shows=null_shows))


def refusal(leaf: Leaf) -> str | None:
    """Why the leaf's operation doesn't exist for its field's kind; None if it does."""
    reason = UNSUPPORTED.get((type(leaf), leaf.field.kind))
    return reason and reason.format(field=f"`{leaf.field.name}`", kind=leaf.field.kind.value)


def _tree(expr: Expr, context: _Context) -> exp.Expression:
    match expr:
        case Constant(value):
            return exp.true() if value else exp.false()
        case And(items):
            return all_of([_tree(item, context) for item in items])
        case Or(items):
            return one_of([_tree(item, context) for item in items])
        case Not(item):
            return negation(_tree(item, replace(context, null_shows=True)))
        case Nested(outer, item):
            return _nested(outer, item, context)
        case Compare():
            return comparison(expr, context.schema, context.binder, context.scope)
        case leaf:
            return _leaf(leaf, context)


def _leaf(leaf: Leaf, context: _Context) -> exp.Expression:
    lower = LOWERED.get(type(leaf))
    leaf = lower(leaf) if lower else leaf
    field = _column_field(leaf.field, context)
    if field is None:
        return exp.false()
    stored = read(field, context.binder, context.scope, leaf.field.kind)
    if stored.is_array:
        return _any_element(leaf, stored, context)
    return _null_is_false(SIMPLE[type(leaf)](leaf, stored.tree, context), stored, context.null_shows)


def _column_field(ref: FieldRef, context: _Context) -> SchemaField | None:
    field = context.schema.resolve(ref.name)
    return field if field and field.column else None


def _any_element(leaf: Leaf, stored: Stored, context: _Context) -> exp.Expression:
    match leaf:
        case Exists():
            return call("notEmpty", stored.tree)
        case Equals(_, str(value), False):
            return call("has", stored.tree, context.binder.scalar(value))
        case In(_, (str(), *_), False):
            return call("hasAny", stored.tree, context.binder.array(leaf.values))
        case _:
            build = SIMPLE[type(leaf)]
            body = each("_v", lambda value: _null_is_false(build(leaf, value, context), stored, shows=True))
            return call("arrayExists", body, stored.tree)


def _null_is_false(tree: exp.Expression, stored: Stored, shows: bool) -> exp.Expression:
    return false_if_null(tree) if stored.nullable and shows and not isinstance(tree, exp.Not) else tree


def _nested(outer: FieldRef, item: Expr, context: _Context) -> exp.Expression:
    field = _column_field(outer, context)
    if field is None:
        return exp.false()
    variable = "_e" if context.scope is None else f"{context.scope.variable}e"
    within = replace(context, scope=Scope(outer.name, variable), null_shows=True)
    objects = read_objects(field, context.binder, context.scope)
    return call("arrayExists", each(variable, lambda _: _tree(item, within)), objects)


def _exists(leaf: Leaf, value: exp.Expression, context: _Context) -> exp.Expression:
    if leaf.field.kind in (*_TEXTS, Kind.JSON):
        return exp.NEQ(this=value, expression=text(""))
    return exp.Not(this=exp.Is(this=value, expression=exp.Null()))


def _equals(leaf: Leaf, value: exp.Expression, context: _Context) -> exp.Expression:
    assert isinstance(leaf, Equals)
    if leaf.ignore_case and isinstance(leaf.value, str):
        lowered = context.binder.scalar(leaf.value.lower())
        return exp.EQ(this=call("lowerUTF8", value), expression=lowered)
    return exp.EQ(this=value, expression=context.binder.scalar(leaf.value))


def _in(leaf: Leaf, value: exp.Expression, context: _Context) -> exp.Expression:
    assert isinstance(leaf, In)
    values = leaf.values
    if leaf.ignore_case:
        value = call("lowerUTF8", value)
        values = tuple(dict.fromkeys(one.lower() if isinstance(one, str) else one for one in values))
    return exp.In(this=value, expressions=[context.binder.array(values)])


def _wildcard(leaf: Leaf, value: exp.Expression, context: _Context) -> exp.Expression:
    assert isinstance(leaf, Wildcard)
    if all(part is Wild.MANY for part in leaf.pattern):
        return exp.NEQ(this=value, expression=text(""))
    if leaf.ignore_case:
        return wildcard(call("lowerUTF8", value), lower_pattern(leaf.pattern), context.binder)
    return wildcard(value, leaf.pattern, context.binder)


def _regex(leaf: Leaf, value: exp.Expression, context: _Context) -> exp.Expression:
    assert isinstance(leaf, Regex)
    pattern = context.binder.scalar(f"(?i){leaf.pattern}" if leaf.ignore_case else leaf.pattern)
    if leaf.words:
        return any_word(value, lambda word: call("match", word, pattern), context.binder)
    fits = call("match", value, pattern)
    return all_of([exp.NEQ(this=value.copy(), expression=text("")), fits])


def _fuzzy(leaf: Leaf, value: exp.Expression, context: _Context) -> exp.Expression:
    assert isinstance(leaf, Fuzzy)
    if leaf.field.kind is Kind.TEXT:
        target = leaf.value.lower()
        return any_word(value, lambda word: similar(word, target, leaf.edits, context.binder), context.binder)
    if leaf.ignore_case:
        return similar(call("lowerUTF8", value), leaf.value.lower(), leaf.edits, context.binder)
    return similar(value, leaf.value, leaf.edits, context.binder)


def _near(leaf: Leaf, value: exp.Expression, context: _Context) -> exp.Expression:
    assert isinstance(leaf, Near)
    return near(value, tuple(map(str.lower, leaf.words)), leaf.slop, context.binder)


def _range(leaf: Leaf, value: exp.Expression, context: _Context) -> exp.Expression:
    assert isinstance(leaf, Range)
    ends: list[exp.Expression] = []
    if leaf.low:
        above = exp.GTE if leaf.low.inclusive else exp.GT
        ends.append(above(this=value, expression=context.binder.scalar(leaf.low.value)))
    if leaf.high:
        below = exp.LTE if leaf.high.inclusive else exp.LT
        ends.append(below(this=value.copy(), expression=context.binder.scalar(leaf.high.value)))
    if leaf.field.kind in _TEXTS and not leaf.low:
        ends.append(exp.NEQ(this=value.copy(), expression=text("")))
    return all_of(ends)


def _match(leaf: Leaf, value: exp.Expression, context: _Context) -> exp.Expression:
    assert isinstance(leaf, Match)
    return one_of([has_phrase(value.copy(), one, context.binder) for one in leaf.phrases])


def _network_range(leaf: Leaf) -> Leaf:
    assert isinstance(leaf, CidrMatch)
    first, last = leaf.network.network_address, leaf.network.broadcast_address
    return Range(leaf.field, Bound(IPv6Address(first), True), Bound(IPv6Address(last), True))


SIMPLE: Mapping[type[Leaf], Condition] = {
    Exists: _exists,
    Equals: _equals,
    In: _in,
    Wildcard: _wildcard,
    Regex: _regex,
    Fuzzy: _fuzzy,
    Range: _range,
    Match: _match,
    Near: _near,
}
"""Operations that are a condition on one value."""

LOWERED: Mapping[type[Leaf], Callable[[Leaf], Leaf]] = {CidrMatch: _network_range}
"""Operations that become a simpler one first."""

_NOT_TEXT = "{field} holds {kind} values, which fit no pattern"
_WHOLE_JSON = "{field} holds whole JSON objects, which can only be asked for their presence"
_NO_ORDER = "{field} holds {kind} values, which have no order"
_PLACE = "{field} holds coordinates, which can only be asked for their presence"
_COMPARISONS = (Equals, In, Wildcard, Regex, Fuzzy, Range, CidrMatch, Match, Near)
UNSUPPORTED: Mapping[tuple[type[Leaf], Kind], str] = {
    **{
        (operation, kind): _NOT_TEXT
        for operation in (Wildcard, Regex, Fuzzy)
        for kind in (Kind.NUMBER, Kind.BOOLEAN, Kind.DATE, Kind.IP)
    },
    **{(Range, kind): _NO_ORDER for kind in (Kind.BOOLEAN, Kind.TEXT)},
    **{(operation, Kind.JSON): _WHOLE_JSON for operation in _COMPARISONS},
    **{(operation, Kind.GEO): _PLACE for operation in _COMPARISONS},
}
"""Operations that a kind doesn't have, and how to say so."""
