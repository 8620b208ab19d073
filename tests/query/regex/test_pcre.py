"""PCRE to RE2: what is kept, what is rewritten, what is refused and where."""

import pytest
import re2
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.query.operators import UnfitValue
from bartizan.query.regex.pcre import MAX_REGEX_CHARS, pcre_to_re2

REWRITTEN = [
    (r"(?i)foo\d{2,3}[^a-z]", r"(?i)foo\d{2,3}[^a-z]"),
    (r"a.b", r"(?-s)a.b"),
    (r"foo\Z", r"foo\z"),
    (r"a++b", "a+b"),
    (r'[^"]*+"', r'[^"]*"'),
    (r"x(?>ab|a)", "x(?:ab|a)"),
    (r"(?<name>a)(?P<other>b)(?'third'c)", "(?:a)(?:b)(?:c)"),
    (r"\h\R[\h\e]", r"[ \t](?:\r\n|[\n\x0b\f\r])[ \t\x1b]"),
    (r"\Qa.b\E+", r"a\.b+"),
    (r"\u0041\x{1F600}\cA\_", r"\x{41}\x{1f600}\x{1}_"),
    (r"a{,3}{x", r"a{0,3}\{x"),
    (r"(?#note)a", "a"),
    (r"[]a[]", r"[]a\[]"),
    (r"[[:alpha:]\w-.]", r"[[:alpha:]\w-.]"),
]
REFUSED = [
    (r"(?=a)", "a lookahead at character 1"),
    (r"ab(?!c)", "a negative lookahead at character 3"),
    (r"(?<=a)b", "a lookbehind at character 1"),
    (r"(?<!a)b", "a negative lookbehind at character 1"),
    (r"(a)\1", "a backreference at character 4"),
    (r"(?<n>a)\k<n>", "a backreference at character 8"),
    (r"(?P<n>a)(?P=n)", "a backreference"),
    (r"(a(?1))", "a recursion at character 3"),
    (r"(?>a)b", "an atomic group with something behind it"),
    (r"a++a", "a possessive quantifier at character 3"),
    (r"a{1001}", "a repetition beyond 1000 at character 2"),
    (r"[a", "a `[` without its `]` at character 1"),
    (r"a)", "a `)` without its `(` at character 2"),
    (r"(a", "missing )"),
    (r"a**", "bad repetition"),
    ('[^--"]*+"', "not valid"),
    (r"**+b", "a possessive quantifier at character 3"),
    (r"a|++b", "a possessive quantifier at character 4"),
    ("a\ud800", "half a character at character 2"),
    (r"(?x)a", "this kind of group"),
    (r"\y", r"the escape `\y`"),
    ("\\", "a backslash at the end"),
    ("(" * 101 + ")" * 101, "more than 100 nested groups"),
    ("a" * (MAX_REGEX_CHARS + 1), "more than"),
    ("(((a{100}){100}){100}){100}", "not valid"),
]


@pytest.mark.parametrize(("pattern", "expected"), REWRITTEN)
def test_rewritten(pattern: str, expected: str) -> None:
    assert pcre_to_re2(pattern) == expected


@pytest.mark.parametrize(("pattern", "message"), REFUSED)
def test_refused(pattern: str, message: str) -> None:
    with pytest.raises(UnfitValue) as caught:
        pcre_to_re2(pattern)
    assert message in str(caught.value)
    assert caught.value.hint


def test_flags() -> None:
    assert pcre_to_re2("^a.b$", multi_line=True, dot_all=True) == "(?ms)^a.b$"
    assert pcre_to_re2("^ab$", multi_line=True) == "(?m)^ab$"


@settings(max_examples=200)
@given(st.text(alphabet="ab0.*+?{}()[]|\\^$<>=!:,-QEPkxRZ#&'\u00e9", max_size=30))
def test_any_pattern_is_rewritten_or_refused(pattern: str) -> None:
    try:
        rewritten = pcre_to_re2(pattern)
    except UnfitValue:
        return
    re2.compile(rewritten)
