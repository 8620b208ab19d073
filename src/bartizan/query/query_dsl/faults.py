"""What is wrong at a place of a JSON tree, until it is known whether that tree came from a text or from a rule."""

from bartizan.query.errors import InvalidValue, QueryError, QuerySyntaxError, UnknownField, visible
from bartizan.query.query_dsl.json_tree import Node

_SHOWN_CHARS = 300
"""Longest path that a message shows."""


class InvalidFilter(QueryError):
    """A filter that can't be used; `where` is the JSON path of what is wrong in it."""


class Fault(Exception):
    """What is wrong with `node`, what kind of error that is, and the way out."""

    def __init__(self, node: Node, message: str, hint: str = "", kind: type[QuerySyntaxError] = InvalidValue) -> None:
        super().__init__(message)
        self.node = node
        self.message = message
        self.hint = hint
        self.kind = kind

    def in_text(self, text: str) -> QuerySyntaxError:
        """The error for somebody who wrote `text`: it has the position and the path."""
        path = _shown(self.node.path)
        return self.kind(f"{self.message}, at `{path}`" if path else self.message, text, self.node.span, hint=self.hint)

    def in_filters(self) -> InvalidFilter:
        """The error for a rule's filters: it has the path."""
        return InvalidFilter(visible(self.message), where=_shown(self.node.path), hint=visible(self.hint))


class UnknownName(Fault):
    """A field that nobody knows."""

    def __init__(self, node: Node, name: str, suggestion: str | None) -> None:
        hint = f"did you mean `{suggestion}`?" if suggestion else "check the name against the ECS field reference"
        super().__init__(node, f"unknown field `{name}`", hint)
        self.name = name
        self.suggestion = suggestion

    def in_text(self, text: str) -> QuerySyntaxError:
        """As of any language."""
        return UnknownField(self.name, text, self.node.span, suggestion=self.suggestion)


def _shown(path: str) -> str:
    return path if len(path) <= _SHOWN_CHARS else "..." + path[-_SHOWN_CHARS:]
