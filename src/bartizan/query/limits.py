"""What the text of a query in any language may be, checked before it is parsed."""

import re
from collections.abc import Iterator

from bartizan.query.errors import QuerySyntaxError, QueryTooLarge
from bartizan.query.span import Span

MAX_LENGTH_CHARS = 1_000_000
"""Longest query."""

MAX_BRACKETS_DEPTH = 200
"""Deepest nesting of brackets."""

MAX_LOGIC_DEPTH = 120
"""Deepest nesting of conditions; later stages recurse once per level."""

QUOTED = r'"(?:[^"\\]|\\.)*"|\\.'
"""What may hold brackets as text: a quoted string, an escaped character."""

_CLOSING = {"(": ")", "[": "]", "{": "}"}


def check_text(text: str, opening: str, textual: str = QUOTED) -> None:
    """Raise `QueryTooLarge` for a text that is too long or nests brackets (of the kinds `opening`) too deep, and
    `QuerySyntaxError` for half characters. `textual` is an expression for what holds brackets as text."""
    if len(text) > MAX_LENGTH_CHARS:
        message = f"the query has {len(text)} characters, at most {MAX_LENGTH_CHARS} are read"
        raise QueryTooLarge(message, "", Span(0, 1))
    _check_brackets(text, opening, textual)
    for position, character in _lone_surrogates(text):
        message = f"`\\u{ord(character):04x}` is half a character"
        raise QuerySyntaxError(message, text.replace(character, "?"), Span(position, position + 1))


def _check_brackets(text: str, opening: str, textual: str) -> None:
    level = 0
    closing = {_CLOSING[bracket] for bracket in opening}
    for bracket in re.finditer(rf"{textual}|[()\[\]{{}}]", text, re.DOTALL):
        level += (bracket.group() in opening) - (bracket.group() in closing)
        if level > MAX_BRACKETS_DEPTH:
            where = Span(bracket.start(), bracket.end())
            raise QueryTooLarge(f"brackets nest deeper than {MAX_BRACKETS_DEPTH} levels", text, where)


def _lone_surrogates(text: str) -> Iterator[tuple[int, str]]:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        yield error.start, text[error.start]
