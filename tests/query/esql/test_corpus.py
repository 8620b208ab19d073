"""Every ES|QL rule of the public corpus compiles and runs, or is refused for a reason that is known."""

import json
import os
from pathlib import Path

import pytest

from bartizan.ecs import Registry
from bartizan.query.errors import QueryError
from bartizan.query.esql.compile import compile_esql
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from tests.query.conftest import COLUMNS, DATABASE, NOW, Ask

SHARED = os.environ.get("BARTIZAN_SHARED")
STREAM = "logs-all-default"

REFUSED = {"`COMPLETION` sends events to a language model": 3, "has nothing before it": 3, "negative lookahead": 1}
"""Why rules are refused, and how many; the last two are of regular expressions."""


@pytest.mark.slow
@pytest.mark.skipif(SHARED is None, reason="the corpus is where BARTIZAN_SHARED says")
def test_every_rule_runs_or_is_refused_for_a_known_reason(registry: Registry, ask: Ask) -> None:
    schema = Schema({STREAM: COLUMNS}, registry, "missing")
    lines = (Path(SHARED or "") / "corpus" / "elastic-rules.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [rule["query"] for rule in map(json.loads, lines) if rule.get("language") == "esql"]
    refused: dict[str, int] = {}
    for query in queries:
        try:
            compiled = compile_esql(query, schema, NOW, Reading(DATABASE, streams=(STREAM,)))
        except QueryError as error:
            reason = next((known for known in REFUSED if known in error.message), error.message)
            refused[reason] = refused.get(reason, 0) + 1
            continue
        ask(compiled.tree, compiled.params)
    assert queries
    assert refused == REFUSED
