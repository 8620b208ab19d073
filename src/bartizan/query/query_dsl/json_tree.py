"""JSON as a tree whose parts know their path and, if they were read from a text, their place in it."""

import re
from dataclasses import dataclass, field

from bartizan.query.span import Span

MAX_NODES = 70_000
"""Most values and names of a tree."""

MAX_DEPTH = 150
"""Deepest nesting of lists and objects."""

_PLAIN_NAME = re.compile(r"[\w.@*$-]{1,200}")
_NOWHERE = Span(0, 1)


@dataclass(frozen=True, slots=True)
class Value:
    """A text, a number, a boolean or null (None)."""

    value: str | int | float | bool | None
    path: str = field(default="", repr=False)
    span: Span = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Array:
    """A list."""

    items: tuple["Node", ...]
    path: str = field(default="", repr=False)
    span: Span = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Member:
    """A name of an object and what it has; `span` is the name's."""

    name: str
    value: "Node"
    path: str = field(default="", repr=False)
    span: Span = field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Object:
    """Names with values, in their order, each name once."""

    members: tuple[Member, ...]
    path: str = field(default="", repr=False)
    span: Span = field(default=_NOWHERE, compare=False, repr=False)


Node = Value | Array | Object | Member


def named(path: str, name: str) -> str:
    """The path of a member."""
    step = name if _PLAIN_NAME.fullmatch(name) else f"[{name[:60]!a}]"
    return f"{path}.{step}" if path and not step.startswith("[") else path + step


def is_whole(text: str) -> bool:
    """Whether `text` has no half of a surrogate pair."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True
