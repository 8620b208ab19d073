"""Errors of an ES|QL query, at the place in its text where they are."""

from bartizan.query.errors import QuerySyntaxError, UnknownField, UnsupportedOperation
from bartizan.query.span import Span


class Faults:
    """Makes the errors of one query."""

    def __init__(self, text: str) -> None:
        self._text = text

    def at(self, span: Span, message: str, hint: str = "") -> QuerySyntaxError:
        """Something is wrong there."""
        return QuerySyntaxError(message, self._text, span, hint=hint)

    def unsupported(self, span: Span, message: str, hint: str = "") -> QuerySyntaxError:
        """The language has it, Bartizan doesn't."""
        return UnsupportedOperation(message, self._text, span, hint=hint)

    def unknown(self, span: Span, name: str, nearest: str | None) -> QuerySyntaxError:
        """There is no such column."""
        return UnknownField(name, self._text, span, suggestion=nearest)
