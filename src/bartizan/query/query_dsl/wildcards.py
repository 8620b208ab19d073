"""Patterns of the Query DSL: `*` and `?`, and a backslash before what stands for itself."""

from bartizan.query import ir
from bartizan.query.ir import Kind, Wild
from bartizan.query.operators import equal_or_like, match, wildcard
from bartizan.query.patterns import split_words
from bartizan.query.query_dsl.context import Context

_WILD = {"*": Wild.MANY, "?": Wild.ONE}


def read_pattern(source: str) -> ir.Pattern:
    """The texts and wildcards of `source`; Lucene's `WildcardQuery` reads it so."""
    parts: list[str | Wild] = []
    characters = iter(source)
    for character in characters:
        part = _WILD.get(character, character)
        if character == "\\":
            part = next(characters, character)
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part is not Wild.MANY or not parts or parts[-1] is not Wild.MANY:
            parts.append(part)
    return tuple(parts)


def fits(ref: ir.FieldRef, pattern: ir.Pattern, ignore_case: bool, context: Context) -> ir.Expr:
    """A value of `ref` (text: one of its words) fits `pattern`. Raises `UnfitValue`."""
    if ref.kind is Kind.TEXT:
        return one_word(ref, pattern, ignore_case)
    if not any(isinstance(part, Wild) for part in pattern):
        return equal_or_like(ref, pattern, True, context.now, ignore_case)
    return wildcard(ref, pattern, ignore_case)


def one_word(ref: ir.FieldRef, pattern: ir.Pattern, ignore_case: bool) -> ir.Expr:
    """A word of a text fits `pattern`. Words are kept in lower case, so one in upper case is never found unless case
    doesn't count; nor is what is no single word. Raises `UnfitValue`."""
    lowered = tuple(part.lower() if isinstance(part, str) else part for part in pattern)
    if split_words(pattern) != (pattern,) or not (ignore_case or lowered == pattern):
        return ir.Constant(False)
    return match(ref, pattern, phrase=True)
