"""Which values must be in the data for a predicate to be able to match: rules are chosen by this before a scan."""

from bartizan.query.ir import And, Constant, Equals, Expr, In, Or


def required_values(expr: Expr, field: str) -> frozenset[str] | None:
    """Values of `field` of which at least one must be present in an event that `expr` matches.

    None if that can't be told; an empty set if nothing matches. Texts compared exactly count, nothing else.
    """
    match expr:
        case Constant(False):
            return frozenset()
        case Equals(ref, str(value), False) if ref.name == field:
            return frozenset((value,))
        case In(ref, values, False) if ref.name == field and all(isinstance(value, str) for value in values):
            return frozenset(value for value in values if isinstance(value, str))
        case And(items):
            known = [found for item in items if (found := required_values(item, field)) is not None]
            return min(known, key=len, default=None)
        case Or(items):
            return _union(items, field)
        case _:
            return None


def _union(items: tuple[Expr, ...], field: str) -> frozenset[str] | None:
    union: set[str] = set()
    for item in items:
        found = required_values(item, field)
        if found is None:
            return None
        union |= found
    return frozenset(union)
