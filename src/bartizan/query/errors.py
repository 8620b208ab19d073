"""What can be wrong with a query. Each error that has a place in the text shows the line and a caret below it."""

from bartizan.errors import BartizanError, Terminal
from bartizan.query.span import Span, locate


class QueryError(BartizanError, Terminal):
    """Something about a query, its streams or its fields; asking again gives it again."""


def visible(text: str) -> str:
    """`text`, which may quote a user, with control characters and the like as escapes: terminals obey them."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in text)


class NoStreams(QueryError):
    """A search selects no stream."""


class UnreadableFile(QueryError):
    """A file that can't be searched as it is."""


class QuerySyntaxError(QueryError):
    """A query that can't be understood, and where: `line` and `column` count from 1."""

    def __init__(self, message: str, text: str, span: Span, *, hint: str = "") -> None:
        position = locate(text, span)
        where = f"line {position.line}, column {position.column}"
        super().__init__(visible(message), where=where, hint=visible(hint))
        self.span = span
        self.line = position.line
        self.column = position.column
        self.source_line = position.source_line
        self.caret = position.caret

    def __str__(self) -> str:
        lines = [f"{self.where}: {self.message}", f"  {self.source_line}", f"  {self.caret}"]
        return "\n".join([*lines, f"hint: {self.hint}"] if self.hint else lines)


class UnknownField(QuerySyntaxError):
    """A field that neither the selected streams nor the registry have; `suggestion` is the nearest name, if any."""

    def __init__(self, name: str, text: str, span: Span, *, suggestion: str | None) -> None:
        hint = f"did you mean `{suggestion}`?" if suggestion else "check the name against the ECS field reference"
        super().__init__(f"unknown field `{name}`", text, span, hint=hint)
        self.field = name
        self.suggestion = suggestion


class InvalidValue(QuerySyntaxError):
    """A value that its field's type can't hold, such as `abc` for an IP."""


class UnsupportedOperation(QuerySyntaxError):
    """An operation that the field's type doesn't have, such as a wildcard on a number."""


class QueryTooLarge(QuerySyntaxError):
    """A query beyond the limits on length or nesting."""
