"""`a and (b and c)` is `a and b and c`; the same condition twice is once; `not not a` is `a`."""

from collections.abc import Iterable

from bartizan.query.ir import And, Expr, Not, Or, map_items
from bartizan.query.schema import Schema


def flatten(expr: Expr, schema: Schema) -> Expr:
    """No `And` directly in an `And`, no `Or` in an `Or`, no item twice in either, no `Not` in a `Not`."""
    expr = map_items(expr, lambda item: flatten(item, schema))
    match expr:
        case And(items):
            return _joined(And, items)
        case Or(items):
            return _joined(Or, items)
        case Not(Not(item)):
            return item
        case _:
            return expr


def _joined(connective: type[And] | type[Or], items: Iterable[Expr]) -> Expr:
    inner: dict[Expr, None] = {}
    for item in items:
        inner.update(dict.fromkeys(item.items if isinstance(item, connective) else (item,)))
    return connective(tuple(inner)) if len(inner) > 1 else next(iter(inner))
