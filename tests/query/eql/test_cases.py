"""Each case of `cases/*.toml`: a query, its meaning, its SQL and the events it finds in the real engine."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_ir
from bartizan.query.eql.parser import parse
from bartizan.query.eql.printer import to_eql
from bartizan.query.explain import explain
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
    expr = to_ir(case["query"], "eql", schema, NOW)
    tree = predicate(expr, schema, binder)
    assert explain(expr) == case["ir"]
    assert tree.sql(dialect="clickhouse") == case["sql"]
    assert matching_ids(ask, tree, binder) == case["ids"]
    parsed = parse(case["query"])
    assert parse(to_eql(parsed)) == parsed, "printed, it parses to the same tree"
