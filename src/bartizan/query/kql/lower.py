"""KQL's tree to the IR: finds the fields, reads values as the fields' types, and says where something doesn't fit.

Semantics follow Kibana's translation to Elasticsearch: `is` on keyword is a term, on text a match, on dates a range.
"""

from dataclasses import dataclass, replace
from datetime import datetime

from bartizan.query import ir
from bartizan.query.errors import InvalidValue, UnknownField
from bartizan.query.free_text import free_text
from bartizan.query.kql.ast import And, Comparison, Everything, Is, Literal, Nested, Not, Or, Query, ValueList
from bartizan.query.kql.parser import parse
from bartizan.query.operators import UnfitValue, compare, equal_or_like
from bartizan.query.schema import Schema, SchemaField
from bartizan.query.span import Span


@dataclass(frozen=True, slots=True)
class _Context:
    text: str
    schema: Schema
    now: datetime
    prefix: str = ""
    """The nested field that names are relative to, with a dot behind it."""
    listed: tuple[Literal, tuple[SchemaField, ...] | None] | None = None
    """The field of the value list being read, and what it stands for unless it is a group."""


def kql_to_ir(text: str, schema: Schema, now: datetime) -> ir.Expr:
    """What `text` means for the fields of `schema`, with `now` as the present for date math."""
    return _lower(parse(text), _Context(text, schema, now))


def _lower(query: Query, context: _Context) -> ir.Expr:
    match query:
        case Everything():
            return ir.Constant(True)
        case And(items):
            return ir.And(tuple([_lower(item, context) for item in items]))
        case Or(items):
            return ir.Or(tuple([_lower(item, context) for item in items]))
        case Not(item):
            return ir.Not(_lower(item, context))
        case ValueList(field, item):
            return _value_list(field, item, context)
        case Nested(field, item):
            return _nested(field, item, context)
        case Comparison(field, operator, value):
            return _comparison(field, operator, value, context)
        case Is(field, value):
            return _is(field, value, context)


def _value_list(field: Literal, item: Query, context: _Context) -> ir.Expr:
    if field.is_any:
        return _lower(item, replace(context, listed=None))
    is_group = not field.has_wildcard and context.schema.resolve(context.prefix + field.text) is None
    return _lower(item, replace(context, listed=(field, None if is_group else _fields(field, context))))


def _is(field: Literal | None, value: Literal, context: _Context) -> ir.Expr:
    found = None
    if field is None and context.listed is not None:
        field, found = context.listed
    if field is None or field.is_any:
        return ir.Constant(True) if value.is_any else _anywhere(value, context)
    if found is None:
        found = _fields(field, context, groups=value.is_any)
    if value.is_any:
        return ir.any_of([ir.Exists(_ref(one, field.span)) for one in found])
    return ir.any_of([_read(one, field, value, context) for one in found])


def _anywhere(value: Literal, context: _Context) -> ir.Expr:
    try:
        return free_text(_pattern(value), value.quoted, context.schema)
    except UnfitValue as error:
        raise InvalidValue(str(error), context.text, value.span, hint=error.hint) from None


def _read(found: SchemaField, field: Literal, value: Literal, context: _Context) -> ir.Expr:
    try:
        ref = _ref(found, field.span.cover(value.span))
        return equal_or_like(ref, _pattern(value), value.quoted, context.now, found.ignore_case)
    except UnfitValue as error:
        raise InvalidValue(str(error), context.text, value.span, hint=error.hint) from None


def _comparison(field: Literal, operator: str, value: Literal, context: _Context) -> ir.Expr:
    try:
        refs = [_ref(found, field.span.cover(value.span)) for found in _fields(field, context)]
        return ir.any_of([compare(ref, operator, value.text, context.now) for ref in refs])
    except UnfitValue as error:
        raise InvalidValue(str(error), context.text, value.span, hint=error.hint) from None


def _nested(field: Literal, item: Query, context: _Context) -> ir.Expr:
    name = context.prefix + field.text
    inner = replace(context, prefix=f"{name}.", listed=None)
    found = context.schema.resolve(name)
    if found is None and not context.schema.is_group(name):
        raise _unknown(name, field.span, context)
    lowered = _lower(item, inner)
    if found is None or (found.column and found.kind is not ir.Kind.JSON and not found.path):
        return lowered
    return ir.Nested(ir.FieldRef(name, ir.Kind.JSON, field.span), lowered)


def _fields(field: Literal, context: _Context, *, groups: bool = False) -> tuple[SchemaField, ...]:
    """The fields that a name stands for: one, all that fit its wildcards, or (if asked) all below a group."""
    name = context.prefix + field.text
    if field.has_wildcard:
        return _fitting(name, field.span, context)
    found = context.schema.resolve(name)
    if found is not None:
        return (found,)
    if context.schema.is_group(name) and (groups or context.schema.unknown_fields == "missing"):
        return context.schema.below(name) if groups else ()
    raise _unknown(name, field.span, context)


def _fitting(name: str, span: Span, context: _Context) -> tuple[SchemaField, ...]:
    found = context.schema.matching(name)
    if not found and context.schema.unknown_fields == "error" and not context.schema.knows_pattern(name):
        raise UnknownField(name, context.text, span, suggestion=None)
    return found


def _unknown(name: str, span: Span, context: _Context) -> UnknownField:
    return UnknownField(name, context.text, span, suggestion=context.schema.nearest(name))


def _ref(found: SchemaField, span: Span) -> ir.FieldRef:
    return ir.FieldRef(found.name, found.kind, span)


def _pattern(value: Literal) -> ir.Pattern:
    parts: list[str | ir.Wild] = [value.pieces[0]] if value.pieces[0] else []
    for piece in value.pieces[1:]:
        if not parts or parts[-1] is not ir.Wild.MANY:
            parts.append(ir.Wild.MANY)
        if piece:
            parts.append(piece)
    return tuple(parts)
