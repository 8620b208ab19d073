"""Query DSL to the IR, from a text that somebody wrote and from the filters that a rule has."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from bartizan.query import ir
from bartizan.query.passes import run_passes
from bartizan.query.query_dsl.clauses import query
from bartizan.query.query_dsl.context import Context
from bartizan.query.query_dsl.faults import Fault
from bartizan.query.query_dsl.filters import filters, is_filter
from bartizan.query.query_dsl.json_data import from_data
from bartizan.query.query_dsl.json_text import read_json
from bartizan.query.query_dsl.json_tree import Array, Node, Object
from bartizan.query.schema import Schema

ROOT = "filters"
"""How a list of filters is called in paths."""


def dsl_to_ir(text: str, schema: Schema, now: datetime) -> ir.Expr:
    """What `text` means: the JSON of a query, of a search body with its `query`, of a filter, or of a list of filters.

    Raises `QuerySyntaxError` and its kin, with the position and the JSON path.
    """
    try:
        return _meaning(parse(text), Context(schema, now))
    except Fault as fault:
        raise fault.in_text(text) from None


def filters_to_ir(listed: Sequence[Mapping[str, Any]], schema: Schema, now: datetime) -> ir.Expr:
    """What a rule's filters mean together, simplified; a list without filters is true for every event.

    Raises `InvalidFilter`, whose `where` is the JSON path, such as `filters[0].query.bool.must[1].fuzzy`.
    """
    try:
        return run_passes(filters(from_data(listed, ROOT), Context(schema, now)), schema)
    except Fault as fault:
        raise fault.in_filters() from None


def parse(text: str) -> Node:
    """The tree of `text`. Raises `QuerySyntaxError`."""
    return read_json(text, ROOT if text.lstrip().startswith("[") else "")


def _meaning(node: Node, context: Context) -> ir.Expr:
    if isinstance(node, Array):
        return filters(node, context)
    if is_filter(node):
        return filters(Array((node,), node.path, node.span), context)
    if isinstance(node, Object) and [member.name for member in node.members] == ["query"]:
        return query(node.members[0].value, context)
    return query(node, context)
