"""Makes the tree of data that a reader of JSON, TOML or YAML gave."""

import math
from collections.abc import Mapping, Sequence
from typing import Any

from bartizan.query.errors import QueryTooLarge
from bartizan.query.query_dsl.faults import Fault
from bartizan.query.query_dsl.json_tree import MAX_DEPTH, MAX_NODES, Array, Member, Node, Object, Value, is_whole, named

MAX_CHARS = 1_000_000
"""Most characters of all names and texts together."""

_MAX_NUMBER = 10**400


def from_data(data: Any, root: str) -> Node:
    """The tree of what a JSON reader gave. Raises `Fault` for what is no JSON or beyond the bounds."""
    return _Importer().node(data, root, 0)


class _Importer:
    """Makes a tree of Python's data, within the bounds."""

    def __init__(self) -> None:
        self.count = self.chars = 0

    def node(self, data: Any, path: str, depth: int) -> Node:
        self.grow(data, path, depth)
        match data:
            case str() | bool() | int() | float() | None:
                return Value(data, path)
            case Mapping():
                return Object(tuple([self.member(name, value, path, depth) for name, value in data.items()]), path)
            case Sequence() if not isinstance(data, bytes | bytearray):
                items = [self.node(item, f"{path}[{index}]", depth + 1) for index, item in enumerate(data)]
                return Array(tuple(items), path)
        raise Fault(Value(None, path), "no value of JSON can't be read")

    def member(self, name: Any, value: Any, path: str, depth: int) -> Member:
        if not isinstance(name, str):
            raise Fault(Value(None, path), "a name that is no text can't be read")
        self.grow(name, path, depth)
        below = named(path, name)
        return Member(name, self.node(value, below, depth + 1), below)

    def grow(self, data: Any, path: str, depth: int) -> None:
        self.count += 1
        self.chars += len(data) if isinstance(data, str) else 0
        if self.count > MAX_NODES or depth > MAX_DEPTH or self.chars > MAX_CHARS:
            limits = f"{MAX_NODES:,} values, {MAX_DEPTH} levels and {MAX_CHARS:,} characters"
            raise Fault(Value(None, path), f"the JSON is beyond the bounds of {limits}", kind=QueryTooLarge)
        if isinstance(data, str) and not is_whole(data):
            raise Fault(Value(None, path), "half a character can't be read")
        if isinstance(data, int | float) and not (abs(data) < _MAX_NUMBER and math.isfinite(data)):
            raise Fault(Value(None, path), "a number that is too large can't be read")
