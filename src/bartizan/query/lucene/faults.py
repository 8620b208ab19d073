"""What is wrong with a Lucene query's text, where, and how to mend it."""

from lark import Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.span import Span

_NAMES = {"RPAR": "`)`", "COLON": "`:`", "$END": "the end"}
_STARTS = {"TERM", "QUOTED", "REGEX", "RANGE"}


class Misread(ValueError):
    """Something that the grammar allows and the language doesn't, found while the tree is built."""

    def __init__(self, message: str, span: Span, hint: str) -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint


def syntax_error(error: UnexpectedInput, text: str) -> QuerySyntaxError:
    """The error to show for what the parser met."""
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        end = len(text.rstrip())
        return QuerySyntaxError(f"the query ends where {_expected(error)} was expected", text, Span(end, end + 1))
    start = error.pos_in_stream or 0
    token: str | Token = error.token if isinstance(error, UnexpectedToken) else text[start : start + 1]
    message = f"`{_shown(token)}` stands where {_expected(error)} was expected"
    return QuerySyntaxError(message, text, Span(start, start + len(token)), hint=_hint(text, start, str(token)))


def _shown(token: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in token)
    return printable if len(printable) <= 40 else printable[:37] + "..."


def _expected(error: UnexpectedInput) -> str:
    allowed = set(error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "accepts", None) or ())
    allowed = allowed or set(getattr(error, "expected", ()))
    names = ["a field or a value"] if allowed & _STARTS else [name for key, name in _NAMES.items() if key in allowed]
    return " or ".join(names) if names else "something else"


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
