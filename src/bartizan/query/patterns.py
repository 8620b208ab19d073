"""Wildcards and words as conditions on text: prefix, suffix, substring, LIKE or RE2, all in linear time."""

import re

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.ir import Pattern, Wild
from bartizan.query.sql import all_of, call

_WORD = r"[\p{L}\p{N}_]"
_BETWEEN = r"[^\p{L}\p{N}_]"
_WORDS = re.compile(r"\w+")
_RE2_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$]")
_LIKE_SPECIAL = re.compile(r"[\\%_]")
_LIKE_WILD = {Wild.MANY: "%", Wild.ONE: "_"}


def wildcard(value: exp.Expression, pattern: Pattern, binder: Binder) -> exp.Expression:
    """The whole of `value` fits `pattern`; the cheapest function that says so."""
    match pattern:
        case (str(literal), Wild.MANY):
            return call("startsWith", value, binder.scalar(literal))
        case (Wild.MANY, str(literal)):
            return call("endsWith", value, binder.scalar(literal))
        case (Wild.MANY, str(literal), Wild.MANY):
            found = call("position", value, binder.scalar(literal))
            return exp.GT(this=found, expression=exp.Literal.number(0))
        case _:
            return call("like", value, binder.scalar(_like(pattern)))


def lower_pattern(pattern: Pattern) -> Pattern:
    """`pattern` with its literals in lower case."""
    return tuple(part if isinstance(part, Wild) else part.lower() for part in pattern)


def split_words(pattern: Pattern) -> tuple[Pattern, ...]:
    """The words of `pattern` in order, as a text field sees them: runs of letters, digits and `_`, wildcards kept."""
    words: list[list[str | Wild]] = [[]]
    for part in pattern:
        if isinstance(part, Wild):
            words[-1].append(part)
            continue
        position = 0
        for word in _WORDS.finditer(part):
            if word.start() > position:
                words.append([])
            words[-1].append(word.group())
            position = word.end()
        if position < len(part):
            words.append([])
    return tuple(tuple(word) for word in words if word)


def has_phrase(value: exp.Expression, phrase: tuple[Pattern, ...], binder: Binder) -> exp.Expression:
    """Whether words of `value` are those of `phrase`, one behind the other, ignoring case.

    The expression of `phrase_regex` decides; before it the longest literal is looked for, which is many times as fast
    and leaves few texts to it.
    """
    fits = call("match", value, binder.scalar(phrase_regex(phrase)))
    literal = max((part for word in phrase for part in word if isinstance(part, str)), key=len, default="")
    if not literal:
        return fits
    function = "positionCaseInsensitive" if literal.isascii() else "positionCaseInsensitiveUTF8"
    found = exp.GT(this=call(function, value.copy(), binder.scalar(literal)), expression=exp.Literal.number(0))
    return all_of([found, fits])


def phrase_regex(phrase: tuple[Pattern, ...]) -> str:
    """An RE2 expression for words that follow each other, ignoring case; what the user wrote is escaped in it."""
    words = f"{_BETWEEN}+".join(map(_word_regex, phrase))
    return f"(?i)(?:^|{_BETWEEN})(?:{words})(?:$|{_BETWEEN})"


def _word_regex(word: Pattern) -> str:
    wild = {Wild.MANY: f"{_WORD}*", Wild.ONE: _WORD}
    return "".join(wild[part] if isinstance(part, Wild) else _RE2_SPECIAL.sub(r"\\\g<0>", part) for part in word)


def _like(pattern: Pattern) -> str:
    return "".join(
        _LIKE_WILD[part] if isinstance(part, Wild) else _LIKE_SPECIAL.sub(r"\\\g<0>", part) for part in pattern
    )
