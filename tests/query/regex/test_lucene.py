"""Elasticsearch's regular expressions, translated and run by the engine, against the reference's own examples."""

import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.operators import UnfitValue
from bartizan.query.regex.lucene import MAX_PATTERN_CHARS, lucene_to_re2
from bartizan.query.sql import call
from tests.query.conftest import Ask


def fits(ask: Ask, pattern: str, value: str) -> bool:
    binder = Binder()
    tree = call("match", binder.scalar(value), binder.scalar(lucene_to_re2(pattern)))
    (row,) = ask(exp.select(tree.as_("fits"), dialect="clickhouse"), binder.params)
    return bool(row["fits"])


@pytest.mark.parametrize(
    ("pattern", "matching", "other"),
    [
        ("ab.*", ["abcde", "ab\n"], ["xabcde"]),
        ("abcd", ["abcd"], ["abcde", "abcd\n"]),
        ('john"@smith.com"', ["john@smith.com"], ["john@smithXcom"]),
        ("a+b+", ["aaabbb"], ["aaa"]),
        ("aaa?bbb?", ["aaabbb", "aabb"], ["ab"]),
        ("a{2,4}b{2,}", ["aaabbb"], ["ab", "aaaaabb"]),
        ("a{0}b", ["b"], ["ab"]),
        ("(ab){3}", ["ababab"], ["abab"]),
        ("a+?b", ["aab", "b"], ["c"]),
        ("aa(cc|bb)", ["aabb"], ["aacb"]),
        ("a+|b+", ["aa", "bb"], ["aabb"]),
        ("a|b|", ["a"], []),
        ("[-abc]", ["-", "c"], ["d"]),
        (r"[abc\-]", ["-"], ["d"]),
        ("[^a-c]", ["d", "日"], ["b", "dd"]),
        ("[]a]", ["]", "a"], ["b"]),
        (r"[\d_]+\W\S", ["1_ a"], ["1aa"]),
        ("foo<1-100>", ["foo80", "foo1", "foo100", "foo080"], ["foo0", "foo101"]),
        ("foo<01-15>", ["foo01", "foo15"], ["foo1", "foo16", "foo00"]),
        ("<7-7>", ["7"], ["8"]),
        ("a#", [], ["a", ""]),
        ("a@b", ["ab", "axxb"], ["a"]),
        ("@&a.c", ["abc"], ["ab"]),
        ("a()b", ["ab"], ["a"]),
        ("^a$", ["^a$"], ["a"]),
        (r"\@\#\\", ["@#\\"], ["@#"]),
        ("日.語", ["日本語"], ["日語"]),
        ('"\x00"', ["\x00"], ["a"]),
        ("", [""], ["a"]),
    ],
)
def test_fits_as_the_reference_says(pattern: str, matching: list[str], other: list[str], ask: Ask) -> None:
    if pattern.endswith("|"):
        with pytest.raises(UnfitValue):
            lucene_to_re2(pattern)
        return
    assert [value for value in matching if not fits(ask, pattern, value)] == []
    assert [value for value in other if fits(ask, pattern, value)] == []


@pytest.mark.parametrize(
    ("pattern", "says"),
    [
        ("a(b", "`(` is never closed, at character 2"),
        ("a)b", "no `(` for this `)`, at character 2"),
        ("ab[c", "`[` is never closed, at character 3"),
        ('a"b', '`"` is never closed, at character 2'),
        ("*a", "`*` has nothing before it, at character 1"),
        ("a|", "ends where something to match was expected, at character 3"),
        ("a{x}", "`{` begins no count, at character 2"),
        ("a{3,2}", "ends before it begins"),
        ("[z-a]", "ends before it begins, at character 2"),
        ("~a", "`~` (anything but)"),
        ("ab&cd", "`&` needs two patterns at once, which isn't possible here, at character 3"),
        (r"\n", "no class of characters, at character 1"),
        ("a\\", "ends with a backslash"),
        ("<a-b>", "`<` begins no interval"),
        ("(a{100}){100}", "more than 1000 repetitions"),
        ("([abc]{900}){1}(x{900}y{900}){1}" + "z{1000}" * 4, "more than 5000 characters"),
        ("(" * 60 + "a" + ")" * 60, "deeper than 50 levels"),
        ("a\ud800", "half a character, at character 2"),
        ("a" * (MAX_PATTERN_CHARS + 1), "at most 1000 are read"),
    ],
)
def test_refused_with_the_position(pattern: str, says: str) -> None:
    with pytest.raises(UnfitValue, match=re.escape(says)) as caught:
        lucene_to_re2(pattern)
    assert caught.value.hint


def test_the_largest_patterns_are_accepted_by_the_engine(ask: Ask) -> None:
    assert fits(ask, "[^a]{1000}" * 5, "日" * 5000)
    assert not fits(ask, "(.{31}){32}", "x" * 991)
    assert fits(ask, "<1-2147483647>", "2147483600")


@settings(max_examples=60)
@given(st.lists(st.sampled_from([*'ab.?*+|()[]{}"<>-^&~#@\\,0129', "{2}", "<1-9>", "[a-b]"]), max_size=12))
def test_whatever_is_translated_the_engine_takes(ask: Ask, parts: list[str]) -> None:
    try:
        lucene_to_re2("".join(parts))
    except UnfitValue:
        return
    fits(ask, "".join(parts), "ab")


@settings(max_examples=60)
@given(st.lists(st.sampled_from(["a", "b", ".", "[ab]", "(a|b)", "a*", "b?", "(ab)+", "a{2}"]), max_size=6))
def test_agrees_with_another_engine(ask: Ask, parts: list[str]) -> None:
    pattern = "".join(parts)
    for value in ("", "ab", "aab", "abab"):
        assert fits(ask, pattern, value) == bool(re.fullmatch(pattern, value))
