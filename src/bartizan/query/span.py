"""Where something stands in a query's text: offsets while parsing, lines, columns and carets in messages."""

from dataclasses import dataclass

EXCERPT_WIDTH = 160
"""Longest part of a source line that a message shows, in characters."""


@dataclass(frozen=True, slots=True)
class Span:
    """Characters `start` to `end` (exclusive) of a query's text."""

    start: int
    end: int

    def cover(self, other: "Span") -> "Span":
        """The smallest span that holds both."""
        return Span(min(self.start, other.start), max(self.end, other.end))


@dataclass(frozen=True, slots=True)
class Position:
    """A span as people read it: 1-based line and column, the line's text and the caret line below it."""

    line: int
    column: int
    source_line: str
    caret: str


def locate(text: str, span: Span) -> Position:
    """The position of `span` in `text`; long lines are cut around it, control characters become spaces."""
    start = min(span.start, len(text))
    line_start = text.rfind("\n", 0, start) + 1
    line_end = text.find("\n", start)
    source_line = text[line_start : line_end if line_end >= 0 else len(text)]
    column = start - line_start
    cut = max(0, column - EXCERPT_WIDTH // 2)
    excerpt = "".join(c if c.isprintable() else " " for c in source_line[cut : cut + EXCERPT_WIDTH])
    width = max(1, min(span.end - start, len(excerpt) - (column - cut)))
    return Position(text.count("\n", 0, start) + 1, column + 1, excerpt, " " * (column - cut) + "^" * width)
