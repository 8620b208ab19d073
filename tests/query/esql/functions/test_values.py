"""What functions give for values: each line of `../cases/values/*.toml` is `expression -> JSON`.

A case's lines run in one query, after its pipeline if it has one; `command` is EVAL unless it says STATS.
"""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest

from bartizan.query.esql.compile import compile_esql
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from bartizan.query.table_rows import table_of
from tests.query.conftest import DATABASE, NOW, Ask

FILES = sorted((Path(__file__).parents[1] / "cases" / "values").glob("*.toml"))


def lines(case: dict[str, Any]) -> list[tuple[str, Any]]:
    """Expressions with the values that they should have."""
    found = [line.rpartition(" -> ") for line in case["values"].splitlines() if line.strip()]
    return [(expression.strip(), json.loads(value)) for expression, _, value in found]


def given(before: str, command: str, expressions: list[str], schema: Schema, ask: Ask) -> list[Any]:
    """The values of the expressions in the first row."""
    defined = ", ".join(f"y{place} = {expression}" for place, expression in enumerate(expressions))
    names = ", ".join(f"y{place}" for place in range(len(expressions)))
    compiled = compile_esql(f"{before} | {command} {defined} | KEEP {names}", schema, NOW, Reading(DATABASE))
    return list(table_of(compiled, ask(compiled.tree, compiled.params)).rows[0])


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_values(file: Path, schema: Schema, ask: Ask) -> None:
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]:
        expected = lines(case)
        expressions = [expression for expression, _ in expected]
        found = given(case.get("before", "ROW row = 1"), case.get("command", "EVAL"), expressions, schema, ask)
        wrong = [
            f"{expression} gives {json.dumps(value, ensure_ascii=False)}, not {json.dumps(wanted, ensure_ascii=False)}"
            for (expression, wanted), value in zip(expected, found, strict=True)
            if value != wanted or isinstance(value, bool) != isinstance(wanted, bool)
        ]
        assert not wrong, case["means"] + "\n" + "\n".join(wrong)
