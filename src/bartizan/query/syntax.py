"""What front-ends with a grammar share: where tokens stand, what builders refuse, what is said of unread text."""

import re
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet

from lark import Lark, Token
from lark.exceptions import UnexpectedCharacters, UnexpectedInput, UnexpectedToken, VisitError

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.span import Span

_MAX_SHOWN = 40

Expected = Callable[[AbstractSet[str]], str]
"""What to say that was expected, by the names of the terminals that could stand there."""
Hint = Callable[[str, int, str], str]
"""The way out, by the text, the place of what isn't read and that itself."""


class Refused(Exception):
    """What the grammar allows and the language doesn't, found while the tree is built."""

    def __init__(self, message: str, span: Span, hint: str = "") -> None:
        super().__init__(message)
        self.message = message
        self.span = span
        self.hint = hint


def at(token: Token) -> Span:
    """Where a token stands."""
    start = token.start_pos or 0
    return Span(start, start + len(token))


def integer(token: Token, most_digits: int) -> int:
    """A whole number. Raises `Refused` for one of too many digits."""
    if len(token) > most_digits:
        raise Refused(f"an integer has at most {most_digits} digits", at(token))
    return int(token)


def decimal(token: Token) -> float:
    """A decimal number. Raises `Refused` for one that is too large."""
    number = float(token)
    if number == float("inf"):
        raise Refused("the number is too large", at(token))
    return number


def read(grammar: Lark, text: str, unread: Callable[[UnexpectedInput, str], QuerySyntaxError]) -> object:
    """The tree that a grammar builds of `text`. Raises `QuerySyntaxError`, made by `unread` for what isn't read."""
    try:
        return grammar.parse(text)
    except UnexpectedInput as error:
        raise unread(error, text) from None
    except Refused as error:
        raise _refused(error, text) from None
    except VisitError as error:
        if not isinstance(error.orig_exc, Refused):
            raise
        raise _refused(error.orig_exc, text) from None


def _refused(error: Refused, text: str) -> QuerySyntaxError:
    return QuerySyntaxError(error.message, text, error.span, hint=error.hint)


def unread(
    error: UnexpectedInput, text: str, expected: Expected, hint: Hint, *, word: re.Pattern[str] | None = None
) -> QuerySyntaxError:
    """The error for what a grammar couldn't read; `word` is what is shown whole where only its beginning isn't read."""
    wanted = expected(_allowed(error))
    if isinstance(error, UnexpectedToken) and error.token.type == "$END":
        end = len(text.rstrip())
        return QuerySyntaxError(f"the query ends where {wanted} was expected", text, Span(end, end + 1))
    start = error.pos_in_stream or 0
    token = str(error.token) if isinstance(error, UnexpectedToken) else text[start : start + 1]
    longer = word.match(text, start) if word else None
    shown = longer.group() if longer and len(longer.group()) > len(token) else token
    message = f"`{_shown(shown)}` stands where {wanted} was expected"
    return QuerySyntaxError(message, text, Span(start, start + len(token)), hint=hint(text, start, token))


def one_of(allowed: AbstractSet[str], names: Mapping[str, str]) -> str:
    """The terminals of `names` that are allowed, in its order."""
    found = [name for key, name in names.items() if key in allowed]
    return " or ".join(found) if found else "something else"


def _allowed(error: UnexpectedInput) -> set[str]:
    known = error.allowed if isinstance(error, UnexpectedCharacters) else getattr(error, "accepts", None)
    return set(known or ()) or set(getattr(error, "expected", ()))


def _shown(token: str) -> str:
    printable = "".join(c if c.isprintable() else " " for c in token)
    return printable if len(printable) <= _MAX_SHOWN else printable[: _MAX_SHOWN - 3] + "..."
