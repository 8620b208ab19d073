"""Says what was expected where ES|QL text can't be read, and how to mend it."""

import re

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.span import Span

_NAMES = {
    "COMPARISON": "a comparison such as `==`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "RBRACE": "`}`",
    "LPAR": "`(`",
    "VBAR": "`|`",
    "COMMA": "`,`",
    "EQUAL": "`=`",
    "_METADATA": "`METADATA`",
    "_AS": "`AS`",
    "_ON": "`ON`",
    "_JOIN": "`JOIN`",
    "STATS": "`STATS`",
    "_BY": "`BY`",
    "NULL": "`NULL`",
    "INDEX": "an index pattern",
    "TABLE": "the name of a lookup table",
    "POLICY": "the name of a policy",
    "PATTERN_NAME": "a column, or a pattern of columns",
    "STRING": "a text in double quotes",
    "NAME": "a name",
    "$END": "the end",
}
_OPERAND = {"QUOTED_NAME", "STRING"}
_MAX_SHOWN = 40


def syntax_error(error: UnexpectedInput, text: str) -> QuerySyntaxError:
    """The error for what lark could not read."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        end = len(text.rstrip())
        return QuerySyntaxError(f"the query ends where {_expected(error)} was expected", text, Span(end, end + 1))
    start = error.pos_in_stream or 0
    token = str(error.token) if isinstance(error, UnexpectedToken) else text[start : start + 1]
    word = re.match(r"[\w@.]+", text[start:])
    shown = _shown(word.group() if word and len(word.group()) > len(token) else token)
    message = f"`{shown}` stands where {_expected(error)} was expected"
    return QuerySyntaxError(message, text, Span(start, start + len(token)), hint=_hint(text, start))


def _expected(error: UnexpectedInput) -> str:
    allowed = set(error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "accepts", None) or ())
    allowed = allowed or set(getattr(error, "expected", ()))
    if allowed >= _OPERAND:
        return "a column or a value"
    if allowed >= {"STRING", "INTEGER"}:
        return "a value"
    if "FROM" in allowed:
        return "`FROM`, `ROW` or `SHOW`"
    if "EVAL" in allowed:
        return "a command such as `WHERE`"
    if "QUOTED_NAME" in allowed:
        return "a column"
    names = [name for key, name in _NAMES.items() if key in allowed]
    return " or ".join(names) if names else "something else"


def _shown(token: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in token)
    return printable if len(printable) <= _MAX_SHOWN else printable[: _MAX_SHOWN - 3] + "..."


def _hint(text: str, start: int) -> str:
    rest = text[start:]
    if rest.startswith('"'):
        return 'the quote is never closed; a `"` within quotes is written `\\"`'
    if rest.startswith("'"):
        return 'put texts in double quotes, `"like this"`'
    if re.match(r"=(?!=)", rest):
        return "compare with `==`"
    if rest.startswith(("-", "`")):
        return "put a column's name with special characters in backticks"
    if rest.startswith(")"):
        return "there is no `(` for it"
    if re.match(r"(?:&&|\|\|)", rest):
        return "join conditions with `AND` or `OR`"
    return "commands follow each other after `|`, as `FROM logs-* | WHERE ... | STATS COUNT(*) BY user.name`"
