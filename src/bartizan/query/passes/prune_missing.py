"""A condition on a field that no event of the schema has is false."""

from bartizan.query.ir import LEAVES, Constant, Expr, Nested, SameAs, map_items
from bartizan.query.schema import Schema


def prune_missing(expr: Expr, schema: Schema) -> Expr:
    """Leaves on fields without a column become `Constant(False)`."""
    if isinstance(expr, (*LEAVES, Nested)):
        names = (expr.field.name, expr.other.name) if isinstance(expr, SameAs) else (expr.field.name,)
        found = [schema.resolve(name) for name in names]
        return expr if all(field is not None and field.column for field in found) else Constant(False)
    return map_items(expr, lambda item: prune_missing(item, schema))
