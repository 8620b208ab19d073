"""The parser accepts what KQL is, refuses the rest with a place and a way out, and never does anything else."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.query.errors import QuerySyntaxError, QueryTooLarge
from bartizan.query.kql.ast import And, Comparison, Everything, Is, Literal, Nested, Not, Or, Query, ValueList
from bartizan.query.kql.parser import parse
from bartizan.query.kql.printer import to_kql
from bartizan.query.limits import MAX_BRACKETS_DEPTH, MAX_LENGTH_CHARS, MAX_LOGIC_DEPTH

FRAGMENTS = [
    "a",
    "b c",
    ":",
    "(",
    ")",
    "{",
    "}",
    '"',
    '"q"',
    "*",
    "\\",
    "\\:",
    "\\u0041",
    "and",
    "or",
    "not",
    " ",
    "\n",
]
FRAGMENTS += [">=", "<", "\xa0", "event.action", "'", "--", ";", "\x00", "é", "\ud800"]


@given(st.one_of(st.text(), st.lists(st.sampled_from(FRAGMENTS), max_size=30).map("".join)))
def test_any_text_parses_or_is_refused_with_a_place(text: str) -> None:
    try:
        tree = parse(text)
    except QuerySyntaxError as error:
        assert error.line >= 1
        assert error.column >= 1
        assert str(error).count("\n") >= 2
    else:
        assert parse(to_kql(tree)) == tree


TEXT = st.text(st.characters(exclude_categories=["Cs"]), min_size=1, max_size=12)
PLAIN = TEXT.map(lambda text: text.strip(" \t\r\n\xa0")).filter(bool)
QUOTED = TEXT.map(lambda text: Literal((text,), True))
UNQUOTED = PLAIN.map(lambda text: Literal((text,)))
WILD = st.sampled_from([("", ""), ("a", ""), ("", "b c"), ("x", "y", ""), ("or", "not")]).map(Literal)
LITERAL = st.one_of(QUOTED, UNQUOTED, WILD)
VALUE = LITERAL.map(lambda value: Is(None, value))


def _combine(items: st.SearchStrategy[Query]) -> st.SearchStrategy[Query]:
    several = st.lists(items, min_size=2, max_size=4).map(tuple)
    return st.one_of(several.map(And), several.map(Or), items.map(Not))


VALUES = st.recursive(VALUE, _combine, max_leaves=6).filter(lambda item: not isinstance(item, Is))
LEAF = st.one_of(
    st.builds(Is, st.none() | LITERAL, LITERAL),
    st.builds(Comparison, LITERAL, st.sampled_from(["<", "<=", ">", ">="]), LITERAL),
    st.builds(ValueList, LITERAL, VALUES),
)
QUERY = st.recursive(LEAF, lambda items: st.one_of(_combine(items), st.builds(Nested, LITERAL, items)), max_leaves=12)


@given(QUERY)
def test_a_printed_tree_parses_to_itself(query: Query) -> None:
    assert parse(to_kql(query)) == query


@pytest.mark.parametrize(
    ("text", "line", "column", "says", "hints"),
    [
        ("event.action: (a or ", 1, 20, "the query ends where a field or a value was expected", ""),
        ("event.action: (a or b", 1, 22, "the query ends where `or` or `and` or `)`", ""),
        ('user.name: "abc', 1, 12, '`"` stands where', "never closed"),
        ("a: b\nand c: d: e", 2, 9, "`:` stands where", "double quotes"),
        ("file.path: C:\\x", 1, 13, "`:` stands where", "double quotes"),
        ("file.path: C\\x", 1, 13, "`\\` stands where", "backslash as `\\\\`"),
        ("a: b)", 1, 5, "`)` stands where", "no `(`"),
        ("a: b not c: d", 1, 6, "`not` stands where", "`and not`"),
        ('"a" "b"', 1, 5, '`"b"` stands where', "join conditions"),
        ("a: { b: c", 1, 10, "ends where", ""),
        ("a:", 1, 3, "ends where a field or a value", ""),
        ("a: (b or c: d)", 1, 11, "`:` stands where", ""),
        ("x: \ud800", 1, 4, "half a character", ""),
    ],
)
def test_a_syntax_error_shows_place_and_hint(text: str, line: int, column: int, says: str, hints: str) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse(text)
    error = caught.value
    assert (error.line, error.column) == (line, column)
    assert says in error.message
    assert hints in error.hint
    source_line, caret = str(error).split("\n")[1:3]
    assert caret.index("^") - 2 == column - 1
    assert source_line.startswith("  ")


def test_the_caret_stands_below_its_place_in_a_long_line() -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse("a: " + "b" * 5000 + ": c")
    assert caught.value.column == 5004
    assert caught.value.source_line[caught.value.caret.index("^")] == ":"
    assert len(caught.value.source_line) <= 160


def test_empty_queries_match_everything() -> None:
    assert parse("") == parse(" \n\xa0") == Everything()


def test_limits_are_clear_errors() -> None:
    with pytest.raises(QueryTooLarge, match="characters"):
        parse("a" * (MAX_LENGTH_CHARS + 1))
    with pytest.raises(QueryTooLarge, match="brackets nest deeper"):
        parse("(" * (MAX_BRACKETS_DEPTH + 1) + "a" + ")" * (MAX_BRACKETS_DEPTH + 1))
    deep = "a"
    for _ in range(MAX_LOGIC_DEPTH // 2 + 1):
        deep = f"not (b or {deep})"
    with pytest.raises(QueryTooLarge, match="nests deeper"):
        parse(deep)


def test_redundant_parentheses_cost_nothing() -> None:
    assert parse("(" * MAX_BRACKETS_DEPTH + "a: b" + ")" * MAX_BRACKETS_DEPTH) == parse("a: b")


def test_a_megabyte_of_one_word_or_of_many_brackets_ends() -> None:
    word = "a" * (MAX_LENGTH_CHARS - 4)
    assert parse(f"f: {word}") == Is(Literal(("f",)), Literal((word,)))
    with pytest.raises(QueryTooLarge):
        parse("{" * MAX_LENGTH_CHARS)
