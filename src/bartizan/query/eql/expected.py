"""Says what was expected where EQL text can't be read, and how to mend it."""

import re
from collections.abc import Set

from lark.exceptions import UnexpectedInput

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.syntax import one_of, unread

_NAMES = {
    "_WHERE": "`where`",
    "_OR": "`or`",
    "_AND": "`and`",
    "COMPARISON": "a comparison such as `==`",
    "RPAR": "`)`",
    "RSQB": "`]`",
    "LSQB": "`[`",
    "VBAR": "`|`",
    "EQUAL": "`=`",
    "TIMESPAN": "a time span such as `5m`",
    "INTEGER": "a number",
    "$END": "the end",
}
_OPERAND = {"QUOTED_NAME", "NULL"}


def syntax_error(error: UnexpectedInput, text: str) -> QuerySyntaxError:
    """The error for what lark could not read."""
    return unread(error, text, _expected, _hint)


def _expected(allowed: Set[str]) -> str:
    if allowed >= _OPERAND:
        return "a field or a value"
    if "_SEQUENCE" in allowed:
        return "an event category, `sequence` or `sample`"
    if "QUOTED_NAME" in allowed:
        return "a field"
    return one_of(allowed, _NAMES)


def _hint(text: str, start: int, _: str) -> str:
    rest = text[start:]
    if text[:start].endswith("?"):
        return "`?` marks an optional field; raw strings are in triple quotes"
    if rest.startswith('"'):
        return 'the quote is never closed; a `"` within quotes is written `\\"`'
    if rest.startswith("'"):
        return 'put strings in double quotes, `"like this"`'
    if re.match(r"=(?!=)", rest):
        return "compare with `==`, or with `:` to ignore case"
    if rest.startswith("[") and text[:start].rstrip()[-1:].isalnum():
        return "EQL has no places in arrays; the field alone asks all of its values"
    if rest.startswith(("-", "`")):
        return "put a field name with special characters in backticks"
    if re.match(r"(?:until|with)\b", rest) and re.match(r"\s*sample\b", text):
        return "events of a sample have no order, so nothing spans or ends them: use `sequence`"
    if rest.startswith(")"):
        return "there is no `(` for it"
    return "write `category where condition`; join conditions with `and` or `or`"
