"""A value without a field: looked for as words in what people read, and as a whole value everywhere else."""

import json

from bartizan.query import ir
from bartizan.query.ir import Kind
from bartizan.query.operators import match, wildcard
from bartizan.query.schema import Schema, SchemaField
from bartizan.query.values import read_address, read_network

RAW = "event.original"
"""The record as it came."""

READ_AS_TEXT = ("message", RAW)
"""Fields searched word by word whatever their type: the message and the raw record, which holds every value."""


def free_text(pattern: ir.Pattern, quoted: bool, schema: Schema) -> ir.Expr:
    """Words in `READ_AS_TEXT` and text columns, whole values (or wildcards) in keyword ones, addresses in IP ones."""
    found = [_condition(field, pattern, quoted) for field in schema.stored_fields()]
    return ir.any_of([condition for condition in found if condition is not None])


def text_fields(schema: Schema) -> tuple[ir.FieldRef, ...]:
    """The fields that hold text or keywords, for operations that only these have."""
    refs = (ir.FieldRef(field.name, _kind(field)) for field in schema.stored_fields())
    return tuple(ref for ref in refs if ref.kind in (Kind.TEXT, Kind.KEYWORD))


def _kind(field: SchemaField) -> Kind:
    return Kind.TEXT if field.name in READ_AS_TEXT else field.kind


def anywhere(pattern: ir.Pattern, schema: Schema, *, ignore_case: bool = True) -> ir.Expr:
    """The characters of `pattern`, not words, somewhere in `READ_AS_TEXT` and text columns.

    The raw record may be JSON, so what JSON escapes is also looked for as it writes it.
    """
    escaped = tuple(
        part if isinstance(part, ir.Wild) else json.dumps(part, ensure_ascii=False)[1:-1] for part in pattern
    )
    found: dict[ir.Expr, None] = {}
    for field in schema.stored_fields():
        if field.kind is Kind.TEXT or field.name in READ_AS_TEXT:
            ref = ir.FieldRef(field.name, Kind.KEYWORD)
            found[wildcard(ref, _surrounded(pattern), ignore_case)] = None
            if field.name == RAW:
                found[wildcard(ref, _surrounded(escaped), ignore_case)] = None
    return ir.any_of(list(found))


def _surrounded(pattern: ir.Pattern) -> ir.Pattern:
    before = () if pattern[:1] == (ir.Wild.MANY,) else (ir.Wild.MANY,)
    after = () if pattern[-1:] == (ir.Wild.MANY,) else (ir.Wild.MANY,)
    return (*before, *pattern, *after) if pattern else (ir.Wild.MANY,)


def _condition(field: SchemaField, pattern: ir.Pattern, quoted: bool) -> ir.Expr | None:
    ref = ir.FieldRef(field.name, field.kind)
    if field.kind is Kind.TEXT or field.name in READ_AS_TEXT:
        return match(ir.FieldRef(field.name, Kind.TEXT), pattern, phrase=quoted)
    if any(isinstance(part, ir.Wild) for part in pattern):
        return wildcard(ref, pattern) if field.kind is Kind.KEYWORD else None
    value = "".join(part for part in pattern if isinstance(part, str))
    if field.kind is Kind.KEYWORD and value:
        return ir.Equals(ref, value)
    return _address(ref, value) if field.kind is Kind.IP else None


def _address(ref: ir.FieldRef, value: str) -> ir.Expr | None:
    network = read_network(value)
    if network is not None:
        return ir.CidrMatch(ref, network)
    address = read_address(value)
    return None if address is None else ir.Equals(ref, address)
