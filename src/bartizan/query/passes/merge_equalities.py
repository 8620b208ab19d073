"""`f = a or f = b or ...` is one membership test, however long; so is `not f = a and not f = b`, negated."""

from bartizan.query.ir import And, Equals, Expr, FieldRef, In, Not, Or, Scalar, map_items
from bartizan.query.schema import Schema

_Key = tuple[FieldRef, bool]
_Group = dict[tuple[type, Scalar], None]


def merge_equalities(expr: Expr, schema: Schema) -> Expr:
    """Equalities on one field within an `Or` (negated ones within an `And`) become one `In`, where the first stood."""
    expr = map_items(expr, lambda item: merge_equalities(item, schema))
    match expr:
        case Or(items):
            merged = _merge(items)
            return Or(merged) if len(merged) > 1 else merged[0]
        case And(items):
            kept = _merge_negated(items)
            return And(kept) if len(kept) > 1 else kept[0]
        case _:
            return expr


def _merge(items: tuple[Expr, ...]) -> tuple[Expr, ...]:
    groups: dict[_Key, _Group] = {}
    slots: list[Expr | _Key] = []
    for item in items:
        if not isinstance(item, Equals | In):
            slots.append(item)
            continue
        key = (item.field, item.ignore_case)
        if key not in groups:
            slots.append(key)
        values = (item.value,) if isinstance(item, Equals) else item.values
        groups.setdefault(key, {}).update({(type(value), value): None for value in values})
    return tuple(_membership(slot, groups[slot]) if isinstance(slot, tuple) else slot for slot in slots)


def _membership(key: _Key, group: _Group) -> Expr:
    field, ignore_case = key
    values = tuple(value for _, value in group)
    return Equals(field, values[0], ignore_case) if len(values) == 1 else In(field, values, ignore_case)


def _merge_negated(items: tuple[Expr, ...]) -> tuple[Expr, ...]:
    negated = tuple(item.item for item in items if isinstance(item, Not) and isinstance(item.item, Equals | In))
    if len(negated) < 2:
        return items
    merged = iter(map(Not, _merge(negated)))
    first: dict[_Key, None] = {}
    kept: list[Expr] = []
    for item in items:
        if isinstance(item, Not) and isinstance(item.item, Equals | In):
            key = (item.item.field, item.item.ignore_case)
            if key not in first:
                kept.append(next(merged))
            first[key] = None
        else:
            kept.append(item)
    return tuple(kept)
