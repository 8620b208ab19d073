"""Whatever an expression matches holds one of the values it says are required."""

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from bartizan.query import ir
from bartizan.query.ir import Kind
from bartizan.query.required import required_values

ACTION = ir.FieldRef("event.action", Kind.KEYWORD)
CATEGORY = ir.FieldRef("event.category", Kind.KEYWORD)
Event = dict[str, tuple[str, ...]]

VALUE = st.sampled_from(["a", "b", "c", "A"])
FIELD = st.sampled_from([ACTION, CATEGORY])
LEAF: st.SearchStrategy[ir.Expr] = st.one_of(
    st.builds(ir.Equals, FIELD, VALUE, st.booleans()),
    st.builds(ir.In, FIELD, st.lists(VALUE, min_size=1, max_size=3).map(tuple), st.booleans()),
    st.builds(ir.Exists, FIELD),
    st.builds(ir.Wildcard, FIELD, VALUE.map(lambda text: (text, ir.Wild.MANY))),
    st.booleans().map(ir.Constant),
)


def _combine(items: st.SearchStrategy[ir.Expr]) -> st.SearchStrategy[ir.Expr]:
    several = st.lists(items, min_size=1, max_size=3).map(tuple)
    return st.one_of(several.map(ir.And), several.map(ir.Or), items.map(ir.Not))


EXPR = st.recursive(LEAF, _combine, max_leaves=8)
VALUES = st.lists(VALUE, max_size=2).map(tuple)
EVENT = st.fixed_dictionaries({"event.action": VALUES.map(lambda values: values[:1]), "event.category": VALUES})


def matches(expr: ir.Expr, event: Event) -> bool:
    """The meaning of an expression on one event, written as plainly as possible."""
    match expr:
        case ir.Constant(value):
            return value
        case ir.And(items):
            return all(matches(item, event) for item in items)
        case ir.Or(items):
            return any(matches(item, event) for item in items)
        case ir.Not(item):
            return not matches(item, event)
        case ir.Exists(field):
            return bool(event[field.name])
        case ir.Equals(field, value, ignore_case):
            return matches(ir.In(field, (value,), ignore_case), event)
        case ir.In(field, values, ignore_case):
            fold = str.lower if ignore_case else str
            wanted = {fold(str(value)) for value in values}
            return any(fold(held) in wanted for held in event[field.name])
        case ir.Wildcard(field, pattern):
            return any(held.startswith(cast(str, pattern[0])) for held in event[field.name])
    raise AssertionError(expr)


@given(EXPR, EVENT, st.sampled_from(["event.action", "event.category"]))
def test_required_values_are_required(expr: ir.Expr, event: Event, field: str) -> None:
    required = required_values(expr, field)
    if matches(expr, event):
        assert required is None or required & set(event[field])


def test_examples() -> None:
    a, b = ir.Equals(ACTION, "a"), ir.Equals(ACTION, "b")
    other = ir.Equals(CATEGORY, "iam")
    assert required_values(ir.And((a, other)), "event.action") == frozenset("a")
    assert required_values(ir.Or((a, b)), "event.action") == frozenset("ab")
    assert required_values(ir.Or((a, other)), "event.action") is None
    assert required_values(ir.Not(a), "event.action") is None
    assert required_values(ir.Constant(False), "event.action") == frozenset()
