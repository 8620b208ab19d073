"""The comparisons that only Lucene has, from a field and a literal's text to the IR, by the kind of the field."""

from datetime import datetime

from bartizan.query import ir
from bartizan.query.ir import Kind
from bartizan.query.lucene.ast import Range
from bartizan.query.operators import UnfitValue, compare, equal_or_like, match
from bartizan.query.patterns import split_words
from bartizan.query.regex.lucene import lucene_to_re2

MAX_FUZZY_CHARS = 200
"""Longest value with `~`; the time of a comparison grows with its square."""

MAX_NEAR_WORDS = 20
"""Most words of a phrase with `~`."""


def fuzzy(field: ir.FieldRef, value: str, edits: int | None, ignore_case: bool) -> ir.Expr:
    """`field` has a value (text: a word) at most `edits` changes from `value`. Raises `UnfitValue`.

    None is Elasticsearch's `AUTO`: none below 3 characters, one below 6, else two.
    """
    if len(value) > MAX_FUZZY_CHARS:
        raise UnfitValue(f"a value with `~` has at most {MAX_FUZZY_CHARS} characters", "write a shorter one")
    distance = _auto_edits(value) if edits is None else edits
    if field.kind is Kind.TEXT and len(split_words((value,))) != 1:
        return ir.Constant(False)
    return ir.Fuzzy(field, value, distance, ignore_case)


def _auto_edits(value: str) -> int:
    return 0 if len(value) < 3 else 1 if len(value) < 6 else 2


def proximity(field: ir.FieldRef, value: str, slop: int, now: datetime, ignore_case: bool) -> ir.Expr:
    """`field` holds the words of `value` within `slop` places; kinds other than text equal it. Raises `UnfitValue`."""
    if field.kind is not Kind.TEXT:
        return equal_or_like(field, (value,), True, now, ignore_case)
    words = tuple("".join(map(str, word)).lower() for word in split_words((value,)))
    if len(words) < 2:
        return match(field, (value,), phrase=True)
    if len(words) > MAX_NEAR_WORDS or len(set(words)) < len(words):
        hint = "leave out some, or the distance"
        raise UnfitValue(f"a phrase with `~` has at most {MAX_NEAR_WORDS} words, none of them twice", hint)
    return ir.Near(field, words, slop)


def regex(field: ir.FieldRef, pattern: str, ignore_case: bool) -> ir.Expr:
    """`field` has a value (text: a word, ignoring case) that fits `pattern`. Raises `UnfitValue`."""
    if field.kind is Kind.TEXT:
        return ir.Regex(field, lucene_to_re2(pattern), ignore_case=True, words=True)
    return ir.Regex(field, lucene_to_re2(pattern), ignore_case)


def range_between(field: ir.FieldRef, query: Range, now: datetime) -> ir.Expr:
    """`field` has a value between the ends of `query`. Raises `UnfitValue`."""
    low = high = None
    if query.low is not None:
        above = compare(field, ">=" if query.low.inclusive else ">", query.low.text, now)
        low = above.low if isinstance(above, ir.Range) else None
    if query.high is not None:
        below = compare(field, "<=" if query.high.inclusive else "<", query.high.text, now)
        high = below.high if isinstance(below, ir.Range) else None
    return ir.Exists(field) if low is None and high is None else ir.Range(field, low, high)
