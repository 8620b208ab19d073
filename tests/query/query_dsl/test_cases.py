"""Each case of `cases/*.toml`: a query, its meaning, its SQL and the events it finds in the real engine."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_ir
from bartizan.query.explain import explain
from bartizan.query.query_dsl.lower import filters_to_ir
from bartizan.query.schema import Schema
from tests.query.conftest import NOW, Ask, matching_ids

CASES = [
    pytest.param(case, id=f"{file.stem}: {case['query']!r}")
    for file in sorted((Path(__file__).parent / "cases").glob("*.toml"))
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], schema: Schema, ask: Ask) -> None:
    binder = Binder()
    expr = to_ir(case["query"], "dsl", schema, NOW)
    tree = predicate(expr, schema, binder)
    if "ir" in case:
        assert explain(expr) == case["ir"]
        assert tree.sql(dialect="clickhouse") == case["sql"]
    assert matching_ids(ask, tree, binder) == case["ids"]


@pytest.mark.parametrize("case", CASES)
def test_data_means_what_its_text_means(case: dict[str, Any], schema: Schema) -> None:
    data = json.loads(case["query"])
    if isinstance(data, dict):
        data = [data if "meta" in data else {"query": data.get("query", data)}]
    assert filters_to_ir(data, schema, NOW) == to_ir(case["query"], "dsl", schema, NOW)
