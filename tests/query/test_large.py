"""Long lists, many conditions and deep nesting compile to trees that the engine takes."""

from datetime import UTC, datetime

import pytest

from bartizan.query.binder import Binder
from bartizan.query.errors import UnknownField
from bartizan.query.limits import MAX_LOGIC_DEPTH
from bartizan.query.schema import MAX_JSON_KEYS, Schema
from tests.query.conftest import Ask, compile_predicate, matching_ids

NOW = datetime(2024, 5, 10, tzinfo=UTC)


def test_a_long_list_is_one_membership_test(schema: Schema, ask: Ask) -> None:
    binder = Binder()
    values = " or ".join(f"Action{number}" for number in range(5000))
    tree = compile_predicate(f"event.action: ({values} or exec)", "kql", schema, binder, NOW)
    assert tree.sql(dialect="clickhouse") == '"event.action" IN ({p0: Array(String)})'
    (parameter,) = binder.params.values()
    assert isinstance(parameter.value, list)
    assert len(parameter.value) == 5001
    assert matching_ids(ask, tree, binder) == ["e09", "e10", "e11"]


@pytest.mark.slow
def test_ten_thousand_or_clauses_are_one_too(schema: Schema) -> None:
    binder = Binder()
    text = " or ".join(f"event.category: c{number}" for number in range(10_000))
    tree = compile_predicate(text, "kql", schema, binder, NOW)
    assert tree.sql(dialect="clickhouse") == 'hasAny("event.category", {p0: Array(String)})'


@pytest.mark.slow
def test_thousands_of_different_conditions_print_without_recursion(schema: Schema, ask: Ask) -> None:
    binder = Binder()
    text = " or ".join(f"event.action: a{number}*" for number in range(2_000))
    tree = compile_predicate(f"({text}) or event.action: ex*", "kql", schema, binder, NOW)
    assert matching_ids(ask, tree, binder) == ["e09", "e10", "e11"]


@pytest.mark.parametrize("shape", ["not (event.action: exec or {})", "(event.action: exec and not {})"])
def test_the_deepest_query_that_parses_runs(schema: Schema, ask: Ask, shape: str) -> None:
    text = "event.action: lookup"
    for _ in range(MAX_LOGIC_DEPTH // 2 - 1):
        text = shape.format(f"({text})")
    binder = Binder()
    tree = compile_predicate(text, "kql", schema, binder, NOW)
    assert isinstance(matching_ids(ask, tree, binder), list)


def test_the_longest_path_of_json_in_the_deepest_query_prints(schema: Schema) -> None:
    path = "aws.cloudtrail.flattened.request_parameters" + ".a" * MAX_JSON_KEYS
    text = f"{path}: *x*"
    for _ in range(MAX_LOGIC_DEPTH // 2 - 2):
        text = f"not (event.action: exec or ({text}))"
    assert compile_predicate(text, "kql", schema, Binder(), NOW).sql(dialect="clickhouse")
    with pytest.raises(UnknownField):
        compile_predicate(f"{path}.a: x", "kql", schema, Binder(), NOW)
