"""Constants vanish: `a and true` is `a`, `a or true` is `true`, `not false` is `true`."""

from bartizan.query.ir import And, Constant, Expr, Nested, Not, Or, map_items
from bartizan.query.schema import Schema


def fold_constants(expr: Expr, schema: Schema) -> Expr:
    """No `Constant` below another node; the whole may become one."""
    expr = map_items(expr, lambda item: fold_constants(item, schema))
    match expr:
        case And(items):
            return _fold(And, items, neutral=True)
        case Or(items):
            return _fold(Or, items, neutral=False)
        case Not(Constant(value)):
            return Constant(not value)
        case Nested(_, Constant(False)):
            return Constant(False)
        case _:
            return expr


def _fold(connective: type[And] | type[Or], items: tuple[Expr, ...], *, neutral: bool) -> Expr:
    if Constant(not neutral) in items:
        return Constant(not neutral)
    left = tuple(item for item in items if item != Constant(neutral))
    return connective(left) if len(left) > 1 else left[0] if left else Constant(neutral)
