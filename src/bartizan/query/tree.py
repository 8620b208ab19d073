"""Prints a tree of dataclasses, such as a language's AST, one node a line: for people who look at a query."""

import dataclasses
from collections.abc import Iterator

from bartizan.query.span import Span

_INDENT = "  "


def printed(node: object) -> str:
    """The tree below `node`: a name and what it holds on one line if it is a leaf, else each of its parts below it."""
    return "\n".join(_lines(node, ""))


def _lines(node: object, label: str) -> Iterator[str]:
    match node:
        case tuple() | list() if any(_is_node(one) for one in node):
            yield f"{label}:" if label else "-"
            for one in node:
                yield from _indented(_lines(one, ""))
        case _ if _is_node(node):
            yield from _node(node, f"{label}: " if label else "")
        case _:
            yield f"{label}: {node!r}" if label else repr(node)


def _node(node: object, label: str) -> Iterator[str]:
    values = [(name, getattr(node, name)) for name in _shown(node)]
    if not any(_has_node(value) for _, value in values):
        yield f"{label}{type(node).__name__}({', '.join(f'{name}={value!r}' for name, value in values)})"
        return
    yield f"{label}{type(node).__name__}"
    for name, value in values:
        yield from _indented(_lines(value, name))


def _shown(node: object) -> Iterator[str]:
    for field in dataclasses.fields(node):  # type: ignore[arg-type]
        if field.repr and not isinstance(getattr(node, field.name), Span):
            yield field.name


def _indented(lines: Iterator[str]) -> Iterator[str]:
    for line in lines:
        yield _INDENT + line


def _is_node(value: object) -> bool:
    return dataclasses.is_dataclass(value) and not isinstance(value, type | Span)


def _has_node(value: object) -> bool:
    return _is_node(value) or (isinstance(value, tuple | list) and any(map(_is_node, value)))
