"""Says what was expected where EQL text can't be read, and how to mend it."""

import re

from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.span import Span

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
_MAX_SHOWN = 40


def syntax_error(error: UnexpectedInput, text: str) -> QuerySyntaxError:
    """The error for what lark could not read."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        end = len(text.rstrip())
        return QuerySyntaxError(f"the query ends where {_expected(error)} was expected", text, Span(end, end + 1))
    start = error.pos_in_stream or 0
    token = str(error.token) if isinstance(error, UnexpectedToken) else text[start : start + 1]
    message = f"`{_shown(token)}` stands where {_expected(error)} was expected"
    return QuerySyntaxError(message, text, Span(start, start + len(token)), hint=_hint(text, start))


def _expected(error: UnexpectedInput) -> str:
    allowed = set(error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "accepts", None) or ())
    allowed = allowed or set(getattr(error, "expected", ()))
    if allowed >= _OPERAND:
        return "a field or a value"
    if "_SEQUENCE" in allowed:
        return "an event category, `sequence` or `sample`"
    if "QUOTED_NAME" in allowed:
        return "a field"
    names = [name for key, name in _NAMES.items() if key in allowed]
    return " or ".join(names) if names else "something else"


def _shown(token: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in token)
    return printable if len(printable) <= _MAX_SHOWN else printable[: _MAX_SHOWN - 3] + "..."


def _hint(text: str, start: int) -> str:
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
