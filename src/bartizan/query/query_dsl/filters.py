"""Kibana's filters: what a saved search or a rule keeps beside its query.

Source: Kibana's `@kbn/es-query`: a disabled filter doesn't count, a negated one must not hold, the rest must. Old ones
have the query itself beside `meta`.
"""

from bartizan.query import ir
from bartizan.query.errors import QueryTooLarge
from bartizan.query.query_dsl.clauses import MAX_CLAUSES, MAX_DEPTH, clause, query
from bartizan.query.query_dsl.context import Context, flag
from bartizan.query.query_dsl.faults import Fault
from bartizan.query.query_dsl.json_tree import Array, Member, Node, Object, Value

_HINT = 'a filter is `{"meta": {"negate": false}, "query": {...}}`'
_KEPT_BESIDE = frozenset({"meta", "$state"})


def filters(node: Node, context: Context) -> ir.Expr:
    """All the filters of a list hold. Raises `Fault`."""
    if not isinstance(node, Array):
        raise Fault(node, "filters are a list", f"{_HINT} in `[]`")
    if len(node.items) > MAX_CLAUSES:
        raise Fault(node, f"more than {MAX_CLAUSES:,} filters", "list values with `terms`", QueryTooLarge)
    items = [_one(item, context) for item in node.items]
    return ir.And(tuple(items)) if len(items) > 1 else items[0] if items else ir.Constant(True)


def is_filter(node: Node) -> bool:
    """Whether an object is a filter rather than a query."""
    return isinstance(node, Object) and "meta" in _members(node)


def _one(node: Node, context: Context) -> ir.Expr:
    if context.depth > MAX_DEPTH:
        raise Fault(node, f"filters nest deeper than {MAX_DEPTH} levels", "write fewer levels", QueryTooLarge)
    if not isinstance(node, Object):
        raise Fault(node, "a filter is an object", _HINT)
    members = _members(node)
    meta = _meta(members)
    if flag(meta, "disabled"):
        return ir.Constant(True)
    found = _meaning(node, members, meta, context)
    return ir.Not(found) if flag(meta, "negate") else found


def _meaning(node: Object, members: dict[str, Member], meta: dict[str, Member], context: Context) -> ir.Expr:
    if _text(meta, "type") == "combined":
        return _combined(node, meta, context)
    if "query" in members:
        extra = [member for name, member in members.items() if name not in _KEPT_BESIDE | {"query"}]
        if extra:
            raise Fault(extra[0], "a filter with `query` has nothing else", "leave it out")
        return query(members["query"].value, context.deeper())
    own = [member for name, member in members.items() if name not in _KEPT_BESIDE]
    if len(own) != 1:
        raise Fault(node, "a filter has one `query`", _HINT)
    if own[0].name == "missing":
        return ir.Not(clause(Member("exists", own[0].value, own[0].path, own[0].span), context.deeper()))
    return clause(own[0], context.deeper())


def _combined(node: Object, meta: dict[str, Member], context: Context) -> ir.Expr:
    """Several filters in the place of one, joined by `relation`."""
    relation = _text(meta, "relation")
    if relation not in ("AND", "OR") or "params" not in meta:
        raise Fault(node, "a combined filter has `relation` (`AND` or `OR`) and `params` in `meta`", _HINT)
    listed = meta["params"].value
    if not isinstance(listed, Array) or not listed.items:
        raise Fault(listed, "a combined filter has a list of filters", _HINT)
    items = [_one(item, context.deeper()) for item in listed.items if not _is_disabled(item)]
    if not items:
        return ir.Constant(True)
    return ir.any_of(items) if relation == "OR" else ir.And(tuple(items))


def _is_disabled(node: Node) -> bool:
    return isinstance(node, Object) and flag(_meta(_members(node)), "disabled")


def _meta(members: dict[str, Member]) -> dict[str, Member]:
    if "meta" not in members or members["meta"].value == Value(None):
        return {}
    meta = members["meta"].value
    if not isinstance(meta, Object):
        raise Fault(meta, "`meta` is an object", _HINT)
    return {name: member for name, member in _members(meta).items() if member.value != Value(None)}


def _text(members: dict[str, Member], name: str) -> str:
    node = members[name].value if name in members else None
    return node.value if isinstance(node, Value) and isinstance(node.value, str) else ""


def _members(node: Object) -> dict[str, Member]:
    return {member.name: member for member in node.members}
