"""Elasticsearch's regular expressions, translated and matched by the real engine."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.engine.literals import bound
from bartizan.query.operators import UnfitValue
from bartizan.query.regex.lucene import lucene_to_re2

MATCHES = {
    "ab.": (["abc", "abX", "ab\n"], ["ab", "abcd", "xabc"]),
    "ab?c": (["abc", "ac"], ["abbc"]),
    "ab+": (["ab", "abbb"], ["a"]),
    "ab*": (["a", "abb"], ["b"]),
    "a{2}": (["aa"], ["a", "aaa"]),
    "a{2,4}": (["aa", "aaaa"], ["a", "aaaaa"]),
    "a{2,}": (["aa", "aaaaaa"], ["a"]),
    "abc|xyz": (["abc", "xyz"], ["abcxyz"]),
    "abc(def)?": (["abc", "abcdef"], ["abcde"]),
    "[a-c]x": (["ax", "cx"], ["dx"]),
    "[^abc]": (["d", "-"], ["a"]),
    "[-abc]": (["-", "a"], ["d"]),
    "[abc\\-]": (["-", "a"], ["d"]),
    "foo<1-100>": (["foo1", "foo50", "foo100"], ["foo0", "foo101"]),
    "foo<01-10>": (["foo01", "foo10"], ["foo1", "foo11"]),
    "@": (["", "anything"], []),
    "a#": ([], ["a", "a#"]),
    '"a.b"c': (["a.bc"], ["axbc"]),
    "^a$": (["^a$"], ["a"]),
    "\\d\\w\\s": (["1a "], ["aa "]),
    "a\\.b": (["a.b"], ["axb"]),
    "a\\\\b": (["a\\b"], ["ab"]),
    "日本.": (["日本語"], ["日本"]),
    "(a|b){2}c": (["abc", "aac"], ["ac"]),
    "": ([""], ["a"]),
    "*a": (["*a"], ["a", "aa"]),
    "a||b": (["a", "|b"], ["b", ""]),
    "(|a)": (["|a"], ["a", ""]),
    "{2}x": (["{2}x"], ["x"]),
    "&a": (["&a"], ["a"]),
}


@pytest.mark.parametrize("pattern", MATCHES)
def test_what_fits_and_what_does_not(chdb_connection: Any, pattern: str) -> None:
    translated = lucene_to_re2(pattern)
    fitting, others = MATCHES[pattern]
    for value in (*fitting, *others):
        answer = chdb_connection.query(
            "SELECT match(materialize({v:String}), {p:String})", "TSV", params=bound({"v": value, "p": translated})
        )
        assert answer.bytes().strip() == (b"1" if value in fitting else b"0"), (value, translated)


REFUSED = {
    "(a": "never closed, at character 1",
    "a)": "no `(` for this `)`, at character 2",
    "[a": "never closed",
    "a{2": "begins no count",
    "a{3,2}": "ends before it begins",
    "a{1001}": "more than 1000 repetitions",
    "(a{100}){100}": "more than 1000 repetitions",
    "~a": "isn't possible here",
    "a&b": "isn't possible here",
    "a\\": "ends with a backslash",
    "\\q": "no class of characters",
    "[z-a]": "ends before it begins",
    "(" * 100 + "a" + ")" * 100: "nest deeper",
    "x" * 1001: "at most 1000",
    "<1-": "begins no interval",
    '"a': "never closed",
    "a|": "ends where something to match was expected",
}


@pytest.mark.parametrize("pattern, message", REFUSED.items())
def test_what_is_refused(pattern: str, message: str) -> None:
    with pytest.raises(UnfitValue) as refused:
        lucene_to_re2(pattern)
    assert message in str(refused.value)


@given(st.text(alphabet='ab.*+?|()[]{}1,2-^$\\"<>~&@#é', max_size=12))
def test_every_translation_is_one_that_the_engine_takes(chdb_connection: Any, pattern: str) -> None:
    try:
        translated = lucene_to_re2(pattern)
    except UnfitValue as error:
        assert error.hint
    else:
        chdb_connection.query("SELECT match('a', {p:String})", "TSV", params=bound({"p": translated}))
