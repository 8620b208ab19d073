"""Each case of `cases/*.toml`: a query, its meaning, its SQL and the events it finds in the real engine."""

import tomllib
from pathlib import Path
from typing import Any

import pytest

from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_ir
from bartizan.query.explain import explain
from bartizan.query.lucene.parser import parse
from bartizan.query.lucene.printer import to_lucene
from bartizan.query.schema import Schema
from tests.query.conftest import NOW, Ask, matching_ids

CASES = [
    pytest.param(case, id=f"{file.stem}: {case['query']!r}")
    for file in sorted((Path(__file__).parent / "cases").glob("*.toml"))
    for case in tomllib.loads(file.read_text(encoding="utf-8"))["case"]
]


def found(query: str, language: str, schema: Schema, ask: Ask) -> list[str]:
    binder = Binder()
    return matching_ids(ask, predicate(to_ir(query, language, schema, NOW), schema, binder), binder)


@pytest.mark.parametrize("case", CASES)
def test_case(case: dict[str, Any], schema: Schema, ask: Ask) -> None:
    binder = Binder()
    expr = to_ir(case["query"], "lucene", schema, NOW)
    tree = predicate(expr, schema, binder)
    if "ir" in case:
        assert explain(expr) == case["ir"]
        assert tree.sql(dialect="clickhouse") == case["sql"]
    assert matching_ids(ask, tree, binder) == case["ids"]


@pytest.mark.parametrize("case", CASES)
def test_printed_query_parses_to_the_same_tree(case: dict[str, Any]) -> None:
    tree = parse(case["query"])
    assert parse(to_lucene(tree)) == tree


@pytest.mark.parametrize(
    ("lucene", "kql"),
    [
        ("event.action:CreateUser", "event.action: CreateUser"),
        ("user.name:ali* AND NOT event.category:iam", "user.name: ali* and not event.category: iam"),
        ("event.type:(user OR denied)", "event.type: (user or denied)"),
        ('source.ip:"10.0.0.0/8" OR destination.port:22', "source.ip: 10.0.0.0/8 or destination.port: 22"),
        ("source.bytes:[40 TO 1024]", "source.bytes >= 40 and source.bytes <= 1024"),
        ("@timestamp:{2024-05-08 TO now}", "@timestamp > 2024-05-08 and @timestamp < now"),
        ('message:"login by alice"', 'message: "login by alice"'),
        ("-_exists_:event.action", "not event.action: *"),
        ("AccessDenied", "AccessDenied"),
        ("aws.*.error_code:*", "aws.*.error_code: *"),
    ],
)
def test_asks_the_same_in_kql(lucene: str, kql: str, schema: Schema, ask: Ask) -> None:
    ids = found(lucene, "lucene", schema, ask)
    assert ids
    assert ids == found(kql, "kql", schema, ask)
