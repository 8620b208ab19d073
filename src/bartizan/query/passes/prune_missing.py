"""A condition on a field that no event of the schema has is false."""

from bartizan.query.ir import LEAVES, Constant, Expr, Nested, map_items
from bartizan.query.schema import Schema


def prune_missing(expr: Expr, schema: Schema) -> Expr:
    """Leaves on fields without a column become `Constant(False)`."""
    if isinstance(expr, (*LEAVES, Nested)):
        field = schema.resolve(expr.field.name)
        return expr if field is not None and field.column else Constant(False)
    return map_items(expr, lambda item: prune_missing(item, schema))
