"""ES|QL's parser: what is read, where it fails and how that is said, and what it bounds."""

import json
import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.query.errors import QueryError, QuerySyntaxError
from bartizan.query.esql.ast import Query
from bartizan.query.esql.parameters import with_parameters
from bartizan.query.esql.parser import MAX_COMMANDS, parse
from bartizan.query.esql.printer import to_esql

SHARED = os.environ.get("BARTIZAN_SHARED")

ROUND_TRIPS = [
    'FROM "logs-aws*", "logs-x" METADATA _id, _index | WHERE (a == 1)',
    "ROW a = [1, -2], `b c` = null, d = (1.5)::long",
    "SHOW info",
    "ROW a = 1 | EVAL x = ((1 + (2 * a)) - -a), (a > 1)",
    'FROM "x" | WHERE ((a LIKE ("x*", "y")) AND (NOT (b RLIKE "z.*")) OR (NOT (c IN (1, 2))) OR (d IS NULL))'.replace(
        "(a LIKE", "((a LIKE"
    ).replace('"z.*"))', '"z.*")))'),
    'FROM "x" | STATS n = count(*) WHERE (a > 1), max(b) BY c, day = bucket(t, 1 day)',
    'FROM "x" | INLINE STATS n = count(*) BY c | STATS BY c',
    'FROM "x" | KEEP a, b*.c, `d-e`* | DROP *x | RENAME a AS b, `c d` AS e',
    'FROM "x" | SORT a DESC NULLS LAST, b, (a + 1) NULLS FIRST | LIMIT 5',
    'FROM "x" | DISSECT a "%{b} %{c}" append_separator = "," | GROK a "%{WORD:b}", "%{INT:c}" | MV_EXPAND a',
    'FROM "x" | ENRICH "p" ON a WITH b = c | LOOKUP JOIN "t" ON a, b',
    'FROM "x" | COMPLETION r = a WITH {"inference_id": "m"}',
    'FROM "x" | WHERE ((a : "b") AND match(c, "d", {"operator": "AND"}) AND kql("e: f"))',
    'FROM "x" | WHERE (a == ?n) | LIMIT ? | KEEP ??k, a.??k | EVAL x = (t - ?h hours)',
]


@pytest.mark.parametrize("text", ROUND_TRIPS)
def test_prints_what_it_read(text: str) -> None:
    assert to_esql(parse(text)) == text


@pytest.mark.parametrize(
    ("text", "same"),
    [
        ("from x|where a==1 and b in(1)or not c", "FROM x | WHERE ((a == 1 AND b IN (1)) OR (NOT c))"),
        ("FROM x // a comment\n| /* and | another */ LIMIT 1", "FROM x | LIMIT 1"),
        ('ROW a = """x"y\\z""""', 'ROW a = "x\\"y\\\\z\\""'),
        ("ROW a = 1 | EVAL b = a + 2 * 3 - 1", "ROW a = 1 | EVAL b = ((a + (2 * 3)) - 1)"),
        ("FROM x | RENAME b = a", "FROM x | RENAME a AS b"),
        ("FROM x | INLINESTATS n = COUNT(*)", "FROM x | INLINE STATS n = count(*)"),
        ('FROM x | WHERE inner == 1 AND notes LIKE "a"', 'FROM x | WHERE ((inner == 1) AND (notes LIKE "a"))'),
        ("FROM cluster:logs-a*,-logs-b", "FROM cluster:logs-a*, -logs-b"),
        ("FROM x | WHERE NOT a == 1", "FROM x | WHERE (NOT (a == 1))"),
    ],
)
def test_reads_the_same(text: str, same: str) -> None:
    assert parse(text) == parse(same)


@pytest.mark.parametrize(
    ("text", "column", "message"),
    [
        ("", 1, "the query ends where `FROM`, `ROW` or `SHOW` was expected"),
        ("FROM x | WHERE a = 1", 18, "`=` stands where a comparison such as `==` or `|` or the end was expected"),
        ("FROM x | FOO", 10, "`FOO` stands where a command such as `WHERE` was expected"),
        ("FROM x | WHERE", 15, "the query ends where a column or a value was expected"),
        ('FROM x | WHERE a == "b', 21, '`"` stands where a column or a value was expected'),
        ("FROM x | KEEP", 14, "the query ends where a column, or a pattern of columns was expected"),
        ('ROW a = "\\d"', 10, "`\\d` is no escape"),
        ("ROW a = (1, 2)", 10, "a list stands where a value was expected"),
        ("FROM x | STATS", 10, "`STATS` needs an aggregate or groups"),
        (f"ROW a = {'9' * 30}", 9, "an integer has at most 20 digits"),
        (f"ROW {'a' * 600} = 1", 5, "a name has at most 500 characters"),
    ],
)
def test_says_where_it_fails(text: str, column: int, message: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    assert (caught.value.column, caught.value.message) == (column, message)


@pytest.mark.parametrize(
    "text",
    [
        "ROW a = " + "(" * 500 + "1" + ")" * 500,
        "ROW a = " + "-" * 500 + "b",
        "ROW a = " + "NOT " * 500 + "true",
        "ROW a = b" + "::long" * 500,
        "ROW a = 1" + " | LIMIT 1" * MAX_COMMANDS,
        "ROW " + ", ".join(f"a{i} = 1" for i in range(6000)),
    ],
)
def test_bounds_what_it_reads(text: str) -> None:
    with pytest.raises(QueryError, match=r"levels|at most"):
        parse(text)


def test_reads_long_lists() -> None:
    values = ", ".join(f'"v{number}"' for number in range(4000))
    assert parse(f"FROM x | WHERE a IN ({values})")


def test_parameters_are_values_and_names() -> None:
    query = parse("FROM x | WHERE a == ? AND b == ?2 AND c IN (?) AND `d`.?? == 1")
    filled = with_parameters(query, ["v|w", 7, "k`.x"], "")
    same = parse('FROM x | WHERE a == "v|w" AND b == 7 AND c IN (7) AND `d.k``.x` == 1')
    assert filled == same
    named = with_parameters(parse("FROM x | WHERE ??f > ?n | KEEP p.??f*"), {"f": "a*", "n": [1, 2]}, "")
    assert named == parse("FROM x | WHERE `a*` > [1, 2] | KEEP p.`a*`*")


def test_a_parameter_without_value_is_an_error() -> None:
    text = "FROM x | WHERE a == ?b"
    with pytest.raises(QuerySyntaxError, match=r"there is no value for the parameter `.b`") as caught:
        with_parameters(parse(text), {"c": 1}, text)
    assert caught.value.column == 21


@given(st.text(alphabet='FROMxWHEREab|=()[]"`,.*?:<> 1-+/\n', max_size=60))
@settings(max_examples=60, deadline=None)
def test_any_text_is_read_or_refused(text: str) -> None:
    try:
        query: Query = parse("FROM x | " + text)
    except QueryError:
        return
    assert parse(to_esql(query)) == query


@pytest.mark.skipif(SHARED is None, reason="the corpus is where BARTIZAN_SHARED says")
def test_every_rule_of_the_corpus_parses() -> None:
    lines = (Path(SHARED or "") / "corpus" / "elastic-rules.jsonl").read_text(encoding="utf-8").splitlines()
    queries = [rule["query"] for rule in map(json.loads, lines) if rule.get("language") == "esql"]
    assert queries
    for query in queries:
        parsed = parse(query)
        assert parse(to_esql(parsed)) == parsed
