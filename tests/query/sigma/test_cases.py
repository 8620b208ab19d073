"""Each case of `cases/*.toml`: a rule's detection, its meaning, its SQL and the events it finds in the real engine."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bartizan.query.binder import Binder
from bartizan.query.compile import checked, predicate
from bartizan.query.explain import explain
from bartizan.query.schema import Schema
from bartizan.query.sigma.lower import lower_rule
from bartizan.query.sigma.rule import read_detection_rule
from tests.query.conftest import NOW, Ask, matching_ids

HEAD = "title: case\nlogsource:\n  product: test\ndetection:\n"
CASES = [
    pytest.param(case, id=f"{file.stem}: {case['name']}")
    for file in sorted((Path(__file__).parent / "cases").glob("*.toml"))
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], schema: Schema, ask: Ask) -> None:
    text = HEAD + "".join(f"  {line}\n" for line in case["detection"].splitlines())
    binder = Binder()
    lowered = lower_rule(read_detection_rule(text), schema, NOW, case.get("placeholders"))
    expr = checked(lowered.expr, text, schema)
    tree = predicate(expr, schema, binder)
    assert explain(expr) == case["ir"]
    assert tree.sql(dialect="clickhouse") == case["sql"]
    assert matching_ids(ask, tree, binder) == case["ids"]
    assert list(lowered.notes[1:]) == case.get("notes", [])


def test_every_modifier_has_a_case() -> None:
    written = " ".join(case.values[0]["detection"] for case in CASES)  # type: ignore[index]
    modifiers = "contains startswith endswith all re|i re|m re|s cidr windash base64| base64offset wide utf16 expand"
    for modifier in [*modifiers.split(), "fieldref", "cased", "exists", "lt", "lte", "gt", "gte", "neq"]:
        assert f"|{modifier}" in written, modifier
