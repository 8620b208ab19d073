"""Rewrites of the IR that keep its meaning: each pass is a pure function in its own file, run in one order."""

from collections.abc import Callable

from bartizan.query.ir import Expr
from bartizan.query.passes.flatten import flatten
from bartizan.query.passes.fold_constants import fold_constants
from bartizan.query.passes.merge_equalities import merge_equalities
from bartizan.query.passes.prune_missing import prune_missing
from bartizan.query.schema import Schema

Pass = Callable[[Expr, Schema], Expr]

PASSES: tuple[Pass, ...] = (prune_missing, flatten, fold_constants, merge_equalities)
"""The order: constants appear first, then lie side by side, then vanish; equalities are merged among what is left."""


def run_passes(expr: Expr, schema: Schema) -> Expr:
    """`expr` after every pass, for a table with the columns of `schema`."""
    for rewrite in PASSES:
        expr = rewrite(expr, schema)
    return expr
