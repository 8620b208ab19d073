"""What an event matches is possible for its values, and what is impossible is told where the values tell."""

from typing import cast

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.query import ir
from bartizan.query.ir import Kind
from bartizan.query.possible import is_possible

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
EVENT_FIELDS = ("event.action", "event.category")


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


KNOWN = st.sampled_from([("event.action",), ("event.category",), ("event.action", "event.category"), ()])
SINGLE = st.fixed_dictionaries({name: st.sampled_from(["", "a", "b", "c", "A"]) for name in EVENT_FIELDS})


@given(EXPR, SINGLE, KNOWN)
def test_what_matches_is_possible(expr: ir.Expr, values: dict[str, str], fields: tuple[str, ...]) -> None:
    event = {name: (value,) if value else () for name, value in values.items()}
    known = {name: values[name] for name in fields}
    assert is_possible(expr, known) or not matches(expr, event)
    if len(known) == len(values):
        assert is_possible(expr, values) == matches(expr, event)


A, MANY, ONE = ir.Equals(ACTION, "a"), ir.Wild.MANY, ir.Wild.ONE
OTHER = ir.Equals(CATEGORY, "iam")


@pytest.mark.parametrize(
    ("expr", "action", "possible"),
    [
        (ir.And((A, OTHER)), "a", True),
        (ir.And((A, OTHER)), "b", False),
        (ir.Or((A, OTHER)), "b", True),
        (ir.Not(A), "a", False),
        (ir.Not(OTHER), "a", True),
        (ir.Constant(False), "a", False),
        (ir.Wildcard(ACTION, ("Delete", MANY)), "DeleteTrail", True),
        (ir.Wildcard(ACTION, ("Delete", MANY)), "Undelete", False),
        (ir.Wildcard(ACTION, (MANY, "tr", MANY), ignore_case=True), "DeleteTrail", True),
        (ir.Wildcard(ACTION, ("D", ONE, MANY)), "x", True),
        (ir.Wildcard(ACTION, ("\0", MANY, "b")), "\0ab", True),
        (ir.Wildcard(ACTION, (MANY,)), "", False),
        (ir.Not(ir.Equals(ACTION, "É", ignore_case=True)), "é", True),
        (ir.Not(ir.Equals(ACTION, "")), "", True),
        (ir.Range(ACTION, ir.Bound("a", True)), "b", True),
    ],
)
def test_examples(expr: ir.Expr, action: str, possible: bool) -> None:
    assert is_possible(expr, {"event.action": action}) is possible
