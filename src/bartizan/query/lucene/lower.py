"""Lucene's tree to the IR: finds the fields, reads values as the fields' types, and says where something doesn't fit.

Source: Elasticsearch, "Query string syntax" and the `query_string` query with its defaults.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from bartizan.query import ir
from bartizan.query.errors import InvalidValue, UnknownField
from bartizan.query.free_text import free_text, text_fields
from bartizan.query.lucene.ast import (
    Clauses,
    Everything,
    Fielded,
    Fuzzy,
    Literal,
    Occur,
    Proximity,
    Query,
    Range,
    Regex,
    Term,
)
from bartizan.query.lucene.parser import parse
from bartizan.query.lucene.values import fuzzy, proximity, range_between, regex
from bartizan.query.operators import UnfitValue, equal_or_like
from bartizan.query.schema import Schema, SchemaField
from bartizan.query.span import Span

EXISTS_FIELD = "_exists_"
"""Not a field: its value is the name of one, which is asked for its presence."""


@dataclass(frozen=True, slots=True)
class _Target:
    """The field that conditions are about: its name as written and what it stands for."""

    field: Literal
    found: tuple[SchemaField, ...]
    is_group: bool = False


@dataclass(frozen=True, slots=True)
class _Context:
    text: str
    schema: Schema
    now: datetime
    target: _Target | None = None
    """None: every field."""


Build = Callable[[ir.FieldRef, bool], ir.Expr]
"""The condition on one field; the flag says that it ignores case whatever the language says."""


def lucene_to_ir(text: str, schema: Schema, now: datetime) -> ir.Expr:
    """What `text` means for the fields of `schema`, with `now` as the present for date math."""
    return _lower(parse(text), _Context(text, schema, now))


def _lower(query: Query, context: _Context) -> ir.Expr:
    match query:
        case Everything():
            return ir.Constant(True)
        case Clauses():
            return _clauses(query, context)
        case Fielded(field, item):
            return _fielded(field, item, context)
        case Term(value):
            return _term(value, context)
        case Fuzzy(value, edits):
            return _on_texts(lambda ref, caseless: fuzzy(ref, value.text, edits, caseless), value.span, context)
        case Proximity(value, slop):
            build: Build = lambda ref, caseless: proximity(ref, value.text, slop, context.now, caseless)  # noqa: E731
            return _on_texts(build, value.span, context)
        case Regex(pattern, span):
            return _on_texts(lambda ref, caseless: regex(ref, pattern, caseless), span, context)
        case Range():
            return _range(query, context)


def _clauses(query: Clauses, context: _Context) -> ir.Expr:
    """Required clauses decide, optional ones only where nothing is required; prohibited ones alone leave the rest."""
    lowered = [(clause.occur, _lower(clause.item, context)) for clause in query.items]
    must = [item for occur, item in lowered if occur is Occur.MUST]
    should = [item for occur, item in lowered if occur is Occur.SHOULD]
    must_not = [ir.Not(item) for occur, item in lowered if occur is Occur.MUST_NOT]
    wanted = must or ([ir.any_of(should)] if should else [])
    items = (*wanted, *must_not)
    return items[0] if len(items) == 1 else ir.And(items)


def _fielded(field: Literal, item: Query, context: _Context) -> ir.Expr:
    if field.text == EXISTS_FIELD:
        return _exists(field, item, context)
    if field.is_any:
        return _lower(item, replace(context, target=None))
    return _lower(item, replace(context, target=_target(field, context)))


def _exists(field: Literal, item: Query, context: _Context) -> ir.Expr:
    if not isinstance(item, Term):
        hint = f"write `{EXISTS_FIELD}:user.name`"
        raise InvalidValue(f"`{EXISTS_FIELD}` needs the name of a field", context.text, field.span, hint=hint)
    return _has_value(_target(item.value, context), context)


def _has_value(target: _Target, context: _Context) -> ir.Expr:
    found = context.schema.below(target.field.text) if target.is_group else target.found
    return ir.any_of([ir.Exists(ir.FieldRef(one.name, one.kind, target.field.span)) for one in found])


def _term(value: Literal, context: _Context) -> ir.Expr:
    if context.target is None:
        return ir.Constant(True) if value.is_any else _anywhere(value, context)
    if value.is_any:
        return _has_value(context.target, context)
    build: Build = lambda ref, caseless: equal_or_like(ref, value.parts, value.quoted, context.now, caseless)  # noqa: E731
    return _on_target(build, value.span, context.target, context)


def _anywhere(value: Literal, context: _Context) -> ir.Expr:
    try:
        return free_text(value.parts, value.quoted, context.schema)
    except UnfitValue as error:
        raise InvalidValue(str(error), context.text, value.span, hint=error.hint) from None


def _on_texts(build: Build, span: Span, context: _Context) -> ir.Expr:
    if context.target is not None:
        return _on_target(build, span, context.target, context)
    try:
        return ir.any_of([build(ref, False) for ref in text_fields(context.schema)])
    except UnfitValue as error:
        raise InvalidValue(str(error), context.text, span, hint=error.hint) from None


def _on_target(build: Build, span: Span, target: _Target, context: _Context) -> ir.Expr:
    if target.is_group:
        if context.schema.unknown_fields == "missing":
            return ir.Constant(False)
        raise _unknown(target.field, context)
    whole = target.field.span.cover(span)
    try:
        return ir.any_of([build(ir.FieldRef(one.name, one.kind, whole), one.ignore_case) for one in target.found])
    except UnfitValue as error:
        raise InvalidValue(str(error), context.text, span, hint=error.hint) from None


def _range(query: Range, context: _Context) -> ir.Expr:
    if context.target is None:
        hint = "write one before it, such as `event.severity:[1 TO 5]`"
        raise InvalidValue("a range needs a field", context.text, query.span, hint=hint)
    return _on_target(lambda ref, _: range_between(ref, query, context.now), query.span, context.target, context)


def _target(field: Literal, context: _Context) -> _Target:
    """What a name stands for: one field, all that fit its wildcards, or a group."""
    if "*" in field.text:
        return _Target(field, _fitting(field, context))
    found = context.schema.resolve(field.text)
    if found is not None:
        return _Target(field, (found,))
    if context.schema.is_group(field.text):
        return _Target(field, (), is_group=True)
    raise _unknown(field, context)


def _fitting(field: Literal, context: _Context) -> tuple[SchemaField, ...]:
    found = context.schema.matching(field.text)
    if not found and context.schema.unknown_fields == "error" and not context.schema.knows_pattern(field.text):
        raise UnknownField(field.text, context.text, field.span, suggestion=None)
    return found


def _unknown(field: Literal, context: _Context) -> UnknownField:
    return UnknownField(field.text, context.text, field.span, suggestion=context.schema.nearest(field.text))
