"""The queries that hold others: `bool`, `nested` and `constant_score`; and which query a JSON object is."""

import re
from collections.abc import Mapping
from dataclasses import replace
from itertools import combinations
from math import comb

from bartizan.query import ir
from bartizan.query.errors import QueryTooLarge, UnsupportedOperation
from bartizan.query.query_dsl.context import Context, field_of, flag, options, scalar, written
from bartizan.query.query_dsl.faults import Fault
from bartizan.query.query_dsl.json_tree import Array, Member, Node, Object, Value
from bartizan.query.query_dsl.leaves import LEAVES, Lower

MAX_DEPTH = 30
"""Deepest nesting of queries within queries; Elasticsearch's own default (`indices.query.bool.max_nested_depth`)."""

MAX_CLAUSES = 10_000
"""Most queries of one list."""

MAX_COMBINATIONS = 200
"""Most choices of `minimum_should_match` clauses out of the optional ones."""

_LEAST = re.compile(r"(-?\d{1,6})(%?)", re.ASCII)
_HINT = 'write `{"bool": {"filter": [...]}}` for several conditions'


def query(node: Node, context: Context) -> ir.Expr:
    """What a query means: an object with one name, which is the query's. Raises `Fault`."""
    if context.depth > MAX_DEPTH:
        raise Fault(node, f"queries nest deeper than {MAX_DEPTH} levels", "write fewer levels", QueryTooLarge)
    if not isinstance(node, Object) or len(node.members) != 1:
        raise Fault(node, "a query is an object with one name", _HINT)
    (member,) = node.members
    return clause(member, context)


def clause(member: Member, context: Context) -> ir.Expr:
    """What the query called as `member` means."""
    lower = COMPOUND.get(member.name) or LEAVES.get(member.name)
    if lower is None:
        known = ", ".join(sorted({*COMPOUND, *LEAVES}))
        message = f"the query `{member.name[:60]}` isn't understood"
        raise Fault(member, message, f"known are {known}", UnsupportedOperation)
    return lower(member.value, context)


def _bool(node: Node, context: Context) -> ir.Expr:
    occurrences = frozenset({"must", "filter", "should", "must_not"})
    given = options(node, occurrences | {"minimum_should_match", "adjust_pure_negative"}, "bool")
    if not flag(given, "adjust_pure_negative", default=True):
        raise Fault(given["adjust_pure_negative"], "only `true` is understood", "leave it out", UnsupportedOperation)
    needed = [*_queries(given, "must", context), *_queries(given, "filter", context)]
    should = _queries(given, "should", context)
    excluded = _queries(given, "must_not", context)
    if not (needed or should or excluded):
        return ir.Constant(True)
    least = _least(given, len(should))
    if should and not needed:
        least = max(least, 1)
    items = [*needed, *map(ir.Not, excluded)]
    if least > 0:
        items.append(_at_least(least, should, given))
    return ir.And(tuple(items)) if len(items) > 1 else items[0]


def _queries(given: Mapping[str, Member], name: str, context: Context) -> list[ir.Expr]:
    if name not in given:
        return []
    node = given[name].value
    items = node.items if isinstance(node, Array) else (node,)
    if len(items) > MAX_CLAUSES:
        raise Fault(node, f"more than {MAX_CLAUSES:,} queries in a list", "list values with `terms`", QueryTooLarge)
    return [query(item, context.deeper()) for item in items]


def _least(given: Mapping[str, Member], count: int) -> int:
    """How many of `count` optional clauses must hold: a number, or a share of them; a negative one says how many may
    fail. Lucene asks for one of them anyway where nothing else is asked for."""
    if "minimum_should_match" not in given:
        return 0
    node = given["minimum_should_match"].value
    found = _LEAST.fullmatch(str(node.value)) if isinstance(node, Value) else None
    if found is None:
        message = "`minimum_should_match` is understood as a number or a share, such as `2`, `-1` or `75%`"
        raise Fault(node, message, "write how many", UnsupportedOperation)
    number = int(found[1])
    least = int(count * number / 100) if found[2] else number
    return least if number >= 0 else max(0, count + least)


def _at_least(least: int, items: list[ir.Expr], given: Mapping[str, Member]) -> ir.Expr:
    if least > len(items):
        return ir.Constant(False)
    if 1 < least < len(items) and comb(len(items), least) > MAX_COMBINATIONS:
        message = f"`minimum_should_match` makes more than {MAX_COMBINATIONS} combinations"
        raise Fault(given["minimum_should_match"], message, "write fewer clauses", QueryTooLarge)
    return ir.any_of([ir.And(chosen) if least > 1 else chosen[0] for chosen in combinations(items, least)])


def _nested(node: Node, context: Context) -> ir.Expr:
    given = options(node, frozenset({"path", "query", "score_mode", "ignore_unmapped"}), "nested")
    for name in ("path", "query"):
        if name not in given:
            raise Fault(node, f"`nested` lacks its `{name}`", 'write `{"nested": {"path": "...", "query": {...}}}`')
    value = scalar(given["path"].value, "path")
    path = written(value)
    inner = query(given["query"].value, replace(context.deeper(), nested=path))
    if not context.nested and context.schema.resolve(path) is None and context.schema.is_group(path):
        return inner
    found = field_of(value, path, context)
    if found is None or (found.column and found.kind is not ir.Kind.JSON and not found.path):
        return inner
    return ir.Nested(ir.FieldRef(path, ir.Kind.JSON, value.span), inner)


def _constant_score(node: Node, context: Context) -> ir.Expr:
    given = options(node, frozenset({"filter"}), "constant_score")
    if "filter" not in given:
        raise Fault(node, "`constant_score` lacks its `filter`", 'write `{"constant_score": {"filter": {...}}}`')
    return query(given["filter"].value, context.deeper())


COMPOUND: Mapping[str, Lower] = {"bool": _bool, "constant_score": _constant_score, "nested": _nested}
"""The queries that hold others, by their names."""
