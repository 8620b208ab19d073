"""Passes keep the meaning of every expression, and reach the shapes they are for."""

from hypothesis import given

from bartizan.query import ir
from bartizan.query.explain import explain
from bartizan.query.passes import run_passes
from bartizan.query.schema import Schema
from tests.query.test_possible import ACTION, EVENT, EXPR, Event, matches


@given(EXPR, EVENT)
def test_passes_keep_the_meaning(schema: Schema, expr: ir.Expr, event: Event) -> None:
    assert matches(run_passes(expr, schema), event) == matches(expr, event)


@given(EXPR)
def test_passes_reach_a_fixed_point_without_constants_inside(schema: Schema, expr: ir.Expr) -> None:
    once = run_passes(expr, schema)
    assert isinstance(once, ir.Constant) or "true" not in explain(once)


def test_equalities_of_different_types_stay_apart(schema: Schema) -> None:
    port = ir.FieldRef("destination.port", ir.Kind.NUMBER)
    expr = run_passes(ir.Or((ir.Equals(port, 1), ir.Equals(ACTION, "a"), ir.Equals(port, 2))), schema)
    assert explain(expr) == '(or (in destination.port 1 2) (= event.action "a"))'
