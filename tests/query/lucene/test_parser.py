"""The parser accepts what Lucene's syntax is, refuses the rest with a place and a way out, and does nothing else."""

from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.compile import to_ir
from bartizan.query.errors import InvalidValue, QuerySyntaxError, QueryTooLarge, UnknownField, UnsupportedOperation
from bartizan.query.ir import Wild
from bartizan.query.limits import MAX_BRACKETS_DEPTH, MAX_LENGTH_CHARS, MAX_LOGIC_DEPTH
from bartizan.query.lucene.ast import (
    Clause,
    Clauses,
    End,
    Everything,
    Fielded,
    Fuzzy,
    Literal,
    Occur,
    Proximity,
    Query,
    Range,
    Regex,
    Term,
)
from bartizan.query.lucene.parser import parse
from bartizan.query.lucene.printer import to_lucene
from bartizan.query.schema import Schema
from tests.query.conftest import COLUMNS, compile_predicate

NOW = datetime(2024, 5, 10, tzinfo=UTC)
FRAGMENTS = [
    "a",
    "b c",
    ":",
    "(",
    ")",
    "{",
    "}",
    "[",
    "]",
    " TO ",
    '"',
    '"q"',
    "*",
    "?",
    "\\",
    "\\:",
    "\\u0041",
    "/",
    "/r/",
]
FRAGMENTS += ["AND", " OR ", "NOT", "&&", "||", "!", "+", "-", "~", "~1", "^2", " ", "\n", "\u3000", ">=", "<", ">5"]
FRAGMENTS += [
    "event.action",
    "user.name:",
    "message:",
    "'",
    "--",
    ";",
    "\x00",
    "é",
    "\u202e",
    "\ud800",
    "[1 TO 2}",
    "{p0:String}",
    "`",
]
TEXT = st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join))


@given(TEXT)
def test_any_text_parses_or_is_refused_with_a_place(text: str) -> None:
    try:
        tree = parse(text)
    except QuerySyntaxError as error:
        assert error.line >= 1
        assert error.column >= 1
        assert str(error).count("\n") >= 2
    else:
        assert parse(to_lucene(tree)) == tree


@given(TEXT)
def test_the_words_of_a_statement_are_ours(schema: Schema, text: str) -> None:
    try:
        tree = compile_predicate(text, "lucene", schema, Binder(), NOW)
    except QuerySyntaxError:
        return
    variables = {"_r", "_a", "_t", "_l", "_v", "_c", "_w", "_i", "_p"}
    assert {column.name for column in tree.find_all(exp.Column)} <= set(COLUMNS) | variables
    assert {literal.this for literal in tree.find_all(exp.Literal)} <= {"", "[", '"', "{", "null", "0", "1"}
    assert not list(tree.find_all(exp.Select, exp.Table, exp.Subquery))


PLAIN = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
QUOTED = st.one_of(PLAIN, st.just("")).map(lambda text: Literal((text,), True))
UNQUOTED = PLAIN.map(lambda text: Literal((text,)))
WILD = st.sampled_from([(Wild.MANY,), ("a", Wild.MANY), (Wild.ONE, "b c"), ("x", Wild.MANY, "AND")]).map(Literal)
END = st.none() | st.builds(End, PLAIN, st.booleans())
LEAF = st.one_of(
    st.builds(Term, st.one_of(QUOTED, UNQUOTED, WILD)),
    st.builds(Fuzzy, UNQUOTED, st.sampled_from([None, 0, 1, 2])),
    st.builds(Proximity, QUOTED, st.integers(1, 100)),
    st.sampled_from(["a/b", "\\\\/x", "[^/]+", ""]).map(Regex),
    st.builds(Range, END, END),
)


def _combine(items: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    clause = st.builds(Clause, st.sampled_from(Occur), items)
    several = st.lists(clause, min_size=2, max_size=4).map(lambda found: Clauses(tuple(found)))
    negated = items.map(lambda item: Clauses((Clause(Occur.MUST_NOT, item),)))
    return st.one_of(several, negated, st.builds(Fielded, UNQUOTED | WILD, items))


@given(st.recursive(LEAF, _combine, max_leaves=12))
def test_a_printed_tree_parses_to_itself(query: Query) -> None:
    assert parse(to_lucene(query)) == query


@pytest.mark.parametrize(
    ("text", "column", "says", "hints"),
    [
        ('user.name:"abc', 11, '`"` stands where', "never closed"),
        ("a AND", 6, "the query ends where a field or a value", ""),
        ("AND a", 1, "`AND` stands where", "double quotes for the word"),
        ("a OR OR b", 6, "`OR` stands where", "double quotes"),
        ("a - b", 3, "`-` stands where", "backslash"),
        ("source.ip:10.0.0.0/8", 19, "`/` stands where", "`\\/`"),
        ("x:[1 TO", 3, "`[` stands where", "[1 TO 5]"),
        ("x:[1 2]", 3, "`[` stands where", "[1 TO 5]"),
        ("(a", 3, "ends where `)`", ""),
        ("(a))", 4, "`)` stands where", "closes"),
        ("a)", 2, "`)` stands where", "no `(`"),
        ("()", 2, "`)` stands where", ""),
        ("a:b:c", 4, "`:` stands where", "backslash"),
        ("a~9", 2, "no edit distance", "`~2`"),
        ('"a b"~101', 6, "no distance of words", "at most `~100`"),
        ("a*~1", 3, "either wildcards or `~`", ""),
        ("/a/~1", 4, "`~` is for words", ""),
        ("a:> 10", 3, "`>` has no value", "right behind"),
        ("wow!", 4, "`!` stands where", "backslash"),
        ("a \\", 3, "`\\` stands where", "`\\\\`"),
        ("x:\ud800", 3, "half a character", ""),
    ],
)
def test_a_syntax_error_shows_place_and_hint(text: str, column: int, says: str, hints: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    assert caught.value.column == column
    assert says in caught.value.message
    assert hints in caught.value.hint


@pytest.mark.parametrize(
    ("query", "error", "column", "says"),
    [
        ("event.acton:x", UnknownField, 1, "did you mean `event.action`?"),
        ("_exists_:event.acton", UnknownField, 10, "did you mean `event.action`?"),
        ("not.a.*.field:x", UnknownField, 1, "unknown field"),
        ("source.geo:x", UnknownField, 1, "unknown field"),
        ("destination.port:(22 443)", InvalidValue, 19, "`22 443` is no number"),
        ("destination.port:>http", InvalidValue, 18, "is no number"),
        ("source.ip:[10.0.0.1 TO x]", InvalidValue, 11, "is no IP address"),
        ("@timestamp:>yesterday", InvalidValue, 12, "is no date"),
        ("user.name:/a(b/", InvalidValue, 11, "never closed, at character 2 of the pattern"),
        ('message:"a b a"~2', InvalidValue, 9, "none of them twice"),
        (f"user.name:{'a' * 201}~", InvalidValue, 11, "at most 200 characters"),
        ("[1 TO 5]", InvalidValue, 1, "needs a field"),
        ("_exists_:/a/", InvalidValue, 1, "name of a field"),
        ("source.ip:10.*", UnsupportedOperation, 1, "fit no pattern"),
        ("destination.port:/2./", UnsupportedOperation, 1, "fit no pattern"),
        ("destination.port:22~", UnsupportedOperation, 1, "fit no pattern"),
        ("message:[a TO b]", UnsupportedOperation, 1, "have no order"),
        ("aws.cloudtrail.flattened.request_parameters:x~", UnsupportedOperation, 1, "asked for their presence"),
    ],
)
def test_refused(query: str, error: type[QuerySyntaxError], column: int, says: str, schema: Schema) -> None:
    with pytest.raises(error) as caught:
        to_ir(query, "lucene", schema, NOW)
    assert caught.value.column == column
    assert says in str(caught.value)


def test_empty_queries_match_everything() -> None:
    assert parse("") == parse(" \n\u3000") == Everything()


def test_limits_are_clear_errors() -> None:
    with pytest.raises(QueryTooLarge, match="characters"):
        parse("a" * (MAX_LENGTH_CHARS + 1))
    with pytest.raises(QueryTooLarge, match="brackets nest deeper"):
        parse("(" * (MAX_BRACKETS_DEPTH + 1) + "a" + ")" * (MAX_BRACKETS_DEPTH + 1))
    deep = "a"
    for _ in range(MAX_LOGIC_DEPTH + 1):
        deep = f"-({deep})"
    with pytest.raises(QueryTooLarge, match="nests deeper"):
        parse(deep)
    assert parse("(" * MAX_BRACKETS_DEPTH + "a:b" + ")" * MAX_BRACKETS_DEPTH) == parse("a:b")


@pytest.mark.slow
def test_ten_thousand_ors_are_one_membership_test(schema: Schema) -> None:
    text = " OR ".join(f"user.name:u{number}" for number in range(10_000))
    tree = compile_predicate(text, "lucene", schema, Binder(), NOW)
    assert tree.sql(dialect="clickhouse") == '"user.name" IN ({p0: Array(String)})'


def test_long_runs_of_words_and_brackets_end() -> None:
    word = "a" * (MAX_LENGTH_CHARS - 4)
    assert parse(f"f:{word}") == Fielded(Literal(("f",)), Term(Literal((word,))))
    assert parse("a " * 20_000) == Term(Literal((" ".join("a" * 20_000),)))
    with pytest.raises(QuerySyntaxError):
        parse("[" * 100_000)
