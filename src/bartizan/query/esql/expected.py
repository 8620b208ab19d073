"""Says what was expected where ES|QL text can't be read, and how to mend it."""

import re
from collections.abc import Set

from lark.exceptions import UnexpectedInput

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.syntax import one_of, unread

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
_WORD = re.compile(r"[\w@.]+")


def syntax_error(error: UnexpectedInput, text: str) -> QuerySyntaxError:
    """The error for what lark could not read."""
    return unread(error, text, _expected, _hint, word=_WORD)


def _expected(allowed: Set[str]) -> str:
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
    return one_of(allowed, _NAMES)


def _hint(text: str, start: int, _: str) -> str:
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
