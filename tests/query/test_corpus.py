"""The KQL of a public rule corpus, which is not part of this project, parses and compiles."""

import json
import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bartizan.ecs import Registry
from bartizan.query.binder import Binder
from bartizan.query.errors import QueryError
from bartizan.query.kql.parser import parse
from bartizan.query.kql.printer import to_kql
from bartizan.query.schema import Schema
from tests.query.conftest import COLUMNS, compile_predicate

NOW = datetime(2024, 5, 10, tzinfo=UTC)
SHARED = os.environ.get("BARTIZAN_SHARED", "")
REASON = "BARTIZAN_SHARED names no folder with corpus/elastic-rules.jsonl"


@pytest.fixture(scope="module")
def queries() -> list[str]:
    file = Path(SHARED) / "corpus" / "elastic-rules.jsonl"
    if not SHARED or not file.exists():
        pytest.skip(REASON)
    rules = [json.loads(line) for line in file.read_text(encoding="utf-8").splitlines()]
    return [rule["query"] for rule in rules if rule.get("language") == "kuery" and rule.get("query")]


def test_nearly_all_compile(queries: list[str], registry: Registry) -> None:
    lenient = Schema({"s": COLUMNS}, registry, unknown_fields="missing")
    refused = []
    for query in queries:
        try:
            compile_predicate(query, "kuery", lenient, Binder(), NOW).sql(dialect="clickhouse")
        except QueryError as error:
            refused.append(str(error))
    assert len(queries) > 300
    assert len(refused) <= len(queries) / 100, "\n".join(refused)


def test_all_print_and_parse_to_the_same_tree(queries: list[str]) -> None:
    for query in queries:
        tree = parse(query)
        assert parse(to_kql(tree)) == tree
