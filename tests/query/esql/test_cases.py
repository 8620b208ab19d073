"""Each case of `cases/*.toml`: a query with its plan, its SQL, the columns it gives and the rows that the real engine
finds; or the error, and the column of the text where it is.

`rows` is JSON: a list of rows in the order of the columns. Without a SORT, rows are compared as a set.
"""

import json
import tomllib
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bartizan.query.errors import QueryError
from bartizan.query.esql.compile import compile_esql
from bartizan.query.esql.parser import parse
from bartizan.query.esql.printer import to_esql
from bartizan.query.esql.tables import LookupTable
from bartizan.query.esql.typed import Type
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from tests.query.conftest import DATABASE, NOW, Ask

FILES = sorted((Path(__file__).parent / "cases").glob("*.toml"))
TEAMS = LookupTable(
    {"user.name": Type.KEYWORD, "team": Type.KEYWORD, "level": Type.INTEGER},
    [("alice", "red", 3), ("bob", "blue", 1), ("alice", "green", None)],
)
PORTS = LookupTable({"port": Type.INTEGER, "service": Type.KEYWORD}, [(22, "ssh"), (443, "https")], "port")
READING = Reading(DATABASE, tables={"teams": TEAMS, "ports": PORTS}, version="1.2.3")


def cases(file: Path) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = tomllib.loads(file.read_text(encoding="utf-8"))["case"]
    return found


def outcome(case: dict[str, Any], schema: Schema, ask: Ask) -> dict[str, Any]:
    """What a case's query gives, in the form of the case."""
    try:
        compiled = compile_esql(case["query"], schema, NOW, replace(READING, parameters=_parameters(case)))
    except QueryError as error:
        return {"error": error.message, "column": getattr(error, "column", 0)}
    found = [[row.get(own.id) for own in compiled.columns] for row in ask(compiled.tree, compiled.params)]
    if "\nsort " not in compiled.meaning:
        found.sort(key=lambda row: json.dumps(row))
    return {
        "plan": compiled.meaning,
        "sql": compiled.tree.sql(dialect="clickhouse"),
        "columns": ", ".join(f"{own.name} {own.type}{'[]' if own.many else ''}" for own in compiled.columns),
        "rows": found,
    }


def _parameters(case: dict[str, Any]) -> Any:
    return json.loads(case["parameters"]) if "parameters" in case else ()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_cases(file: Path, schema: Schema, ask: Ask) -> None:
    wrong = []
    for case in cases(file):
        found = outcome(case, schema, ask)
        expected = {name: case[name] for name in ("error", "column", "plan", "sql", "columns") if name in case}
        if "rows" in case:
            expected["rows"] = json.loads(case["rows"])
        if {name: found.get(name) for name in expected} != expected or ("error" in found) != ("error" in case):
            wrong.append(f"{case['query']}\nexpected {expected}\nfound {found}")
        if "error" not in found:
            parsed = parse(case["query"])
            assert parse(to_esql(parsed)) == parsed, "printed, it parses to the same tree"
    assert not wrong, "\n\n".join(wrong)
