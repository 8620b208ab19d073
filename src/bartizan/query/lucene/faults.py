"""What is wrong with a Lucene query's text, where, and how to mend it."""

from collections.abc import Set

from lark.exceptions import UnexpectedInput

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.syntax import one_of, unread

_NAMES = {"RPAR": "`)`", "COLON": "`:`", "$END": "the end"}
_STARTS = {"TERM", "QUOTED", "REGEX", "RANGE"}


def syntax_error(error: UnexpectedInput, text: str) -> QuerySyntaxError:
    """The error to show for what the parser met."""
    return unread(error, text, _expected, _hint)


def _expected(allowed: Set[str]) -> str:
    return "a field or a value" if allowed & _STARTS else one_of(allowed, _NAMES)


def _hint(text: str, start: int, token: str) -> str:
    match token[:1]:
        case '"':
            return 'the quote is never closed; a `"` within quotes is written `\\"`'
        case "/":
            return "a `/` begins a regular expression; write `\\/`, or put the value in double quotes"
        case "[" | "{":
            return "a range is written `[1 TO 5]`, `{1 TO 5}` or `[1 TO *]`; a bracket within a value `\\[`"
        case ")":
            return "there is no `(` for it" if "(" not in text[:start] else "write what it closes before it"
        case "~" | "^":
            return "write `~1` or `^2` right behind a word or a phrase, `\\~` and `\\^` for the characters"
        case "\\":
            return "write a backslash as `\\\\`"
    if token in ("AND", "OR", "&&", "||"):
        return f"conditions stand on both its sides; put `{token}` in double quotes for the word"
    return "put the value in double quotes, or a backslash before the character"
