"""Nothing a query says becomes SQL: whatever its text, the statement's words are ours and its values are bound."""

import json
from collections.abc import Callable
from datetime import UTC, datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.errors import QuerySyntaxError
from bartizan.query.esql.literals import write_string
from bartizan.query.kql.literals import write_quoted
from bartizan.query.schema import Schema
from bartizan.query.search import Search, prepared
from tests.query.conftest import COLUMNS, Ask, compile_predicate, matching_ids

NOW = datetime(2024, 5, 10, tzinfo=UTC)
FIELDS = ["event.action", "event.category", "message", "aws.cloudtrail.flattened.request_parameters.a", "source.ip"]
HOSTILE = [
    "'",
    "\\",
    "\\'",
    '"',
    "`",
    "--",
    ";",
    "/*",
    "{p0:String}",
    "{p0: Array(String)}",
    "\x00",
    "\n",
    "\t",
    "%",
    "_",
]
HOSTILE += [
    "file('/etc/passwd')",
    "url('http://x')",
    "' OR 1=1 --",
    "') UNION ALL SELECT 1 --",
    "$$",
    "\\N",
    "NULL",
    "[]",
]
OURS = {"has", "hasAny", "notEmpty", "startsWith", "endsWith", "position", "like", "match", "lowerUTF8", "ifNull", "if"}
OURS |= {"arrayExists", "arrayMap", "arrayFilter", "arrayFlatten", "JSONExtractRaw", "JSONExtractArrayRaw", "multiIf"}
OURS |= {"JSONExtractString", "positionCaseInsensitive", "positionCaseInsensitiveUTF8"}


@pytest.mark.parametrize("field", FIELDS[:4])
@pytest.mark.parametrize("value", HOSTILE)
def test_hostile_values_find_nothing_and_break_nothing(field: str, value: str, schema: Schema, ask: Ask) -> None:
    for written in (write_quoted(value), write_quoted(value) + " or " + write_quoted(value + "x")):
        binder = Binder()
        tree = compile_predicate(f"{field}: ({written})", "kql", schema, binder, NOW)
        assert set(matching_ids(ask, tree, binder)) <= {"e16", "e17", "e18"}


@given(
    st.lists(st.sampled_from([*HOSTILE, *FIELDS, ":", "*", " or ", " and ", "(", ")", "a"]), max_size=12).map("".join)
)
def test_the_words_of_a_statement_are_ours(schema: Schema, text: str) -> None:
    try:
        tree = compile_predicate(text, "kql", schema, Binder(), NOW)
    except QuerySyntaxError:
        return
    assert {call.name for call in tree.find_all(exp.Anonymous)} <= OURS
    assert {column.name for column in tree.find_all(exp.Column)} <= set(COLUMNS) | {"_r", "_a", "_t", "_l", "_v", "_c"}
    assert {literal.this for literal in tree.find_all(exp.Literal)} <= {"", "[", '"', "{", "null", "0"}
    assert not list(tree.find_all(exp.Select, exp.Table, exp.Subquery))


@settings(max_examples=60)
@given(st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=20))
def test_every_text_comes_back_from_the_engine_as_it_was(schema: Schema, ask: Ask, text: str) -> None:
    binder = Binder()
    compile_predicate(f"event.action: {write_quoted(text)}", "kql", schema, binder, NOW)
    (row,) = ask(exp.select("{p0:String} AS same", dialect="clickhouse"), binder.params)
    assert row["same"] == text


def _in_eql(value: str) -> str:
    return '"' + "".join(f"\\u{{{ord(character):04x}}}" for character in value) + '"'


def _column(value: str) -> str:
    return "`" + value.replace("`", "``") + "`" if value.isprintable() else "b"


WRITTEN: dict[str, Callable[[str], str]] = {
    "kql": lambda value: f"user.name: {write_quoted(value)}",
    "lucene": lambda value: 'user.name:"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"',
    "eql": lambda value: f"any where user.name == {_in_eql(value)}",
    "dsl": lambda value: json.dumps({"term": {"user.name": value}}),
    "esql": lambda value: f"FROM logs-* | WHERE user.name == {write_string(value)} | EVAL {_column(value)} = 1",
}
"""A value in a query of each language; in ES|QL a column's name too."""


@pytest.mark.parametrize("language", WRITTEN)
@pytest.mark.parametrize("value", [value + "zq" for value in HOSTILE])
def test_in_every_language_a_value_is_bound(language: str, value: str, schema: Schema) -> None:
    ready = prepared(schema, Search(WRITTEN[language](value), language), NOW)
    assert ready.tree is not None
    assert value not in ready.tree.sql(dialect="clickhouse")
    assert value in [parameter.value for parameter in ready.params.values()]
    assert {table.name for table in ready.tree.find_all(exp.Table)} <= {*schema.streams, "stage1", "stage2"}
