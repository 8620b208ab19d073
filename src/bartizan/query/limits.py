"""How large a query may be before it is parsed: its length, how deep its brackets nest, characters that are none."""

import re

from bartizan.query.errors import QuerySyntaxError, QueryTooLarge
from bartizan.query.span import Span

MAX_LENGTH_CHARS = 1_000_000
"""Longest query."""

MAX_BRACKETS_DEPTH = 200
"""Deepest nesting of brackets."""

MAX_LOGIC_DEPTH = 120
"""Deepest nesting of conditions; later stages recurse once per level."""


def check_size(text: str, brackets: re.Pattern[str], opening: str, closing: str) -> None:
    """Raises `QueryTooLarge` or `QuerySyntaxError`. `brackets` finds brackets, and what may hold some as text."""
    if len(text) > MAX_LENGTH_CHARS:
        message = f"the query has {len(text)} characters, at most {MAX_LENGTH_CHARS} are read"
        raise QueryTooLarge(message, "", Span(0, 1))
    level = 0
    for found in brackets.finditer(text):
        level += (found.group() in opening) - (found.group() in closing)
        if level > MAX_BRACKETS_DEPTH:
            where = Span(found.start(), found.end())
            raise QueryTooLarge(f"brackets nest deeper than {MAX_BRACKETS_DEPTH} levels", text, where)
    _check_characters(text)


def _check_characters(text: str) -> None:
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = text[error.start]
        where = Span(error.start, error.start + 1)
        raise QuerySyntaxError(f"`\\u{ord(half):04x}` is half a character", text.replace(half, "?"), where) from None
