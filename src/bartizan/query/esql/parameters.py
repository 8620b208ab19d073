"""Puts the parameters of a query in their places: `?name`, `?1` and `?` as values, `??name` as parts of names.

A value never becomes text of the query: a name that holds dots, quotes or a whole command stays one column's name.
"""

import dataclasses
import re
from collections.abc import Mapping, Sequence
from typing import Any

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.esql import ast
from bartizan.query.esql.build import MAX_NAME_CHARS
from bartizan.query.esql.literals import read_name, read_pattern
from bartizan.query.span import Span

Value = str | int | float | bool | None | list[Any]
Parameters = Sequence[Value] | Mapping[str, Value]
"""Values by position, or by name."""

_PART = re.compile(r"`(?:[^`]|``)+`|\?\?\w*|[^`.?]+|\.")
_MARK = "?"


def with_parameters(query: ast.Query, parameters: Parameters, text: str) -> ast.Query:
    """`query` with a value for each parameter. Raises `QuerySyntaxError` for one that has none."""
    marked = [node for node in ast.walk(query) if _is_marked(node)]
    if not marked:
        return query
    numbered = sorted((node for node in marked if _is_numbered(node)), key=lambda node: _span(node).start)
    numbers = {_span(node): number for number, node in enumerate(numbered)}
    filled = _Filling(parameters, numbers, text).node(query)
    assert isinstance(filled, ast.Query)
    return filled


def _is_marked(node: object) -> bool:
    return isinstance(node, ast.Parameter) or (isinstance(node, ast.Column | ast.Pattern) and node.dynamic)


def _is_numbered(node: object) -> bool:
    match node:
        case ast.Parameter(name):
            return not name
        case ast.Column(source) | ast.Pattern((source,)):
            return re.search(r"\?\?(?!\w)", source) is not None
        case _:
            return False


def _span(node: Any) -> Span:
    span = node.span
    assert isinstance(span, Span)
    return span


@dataclasses.dataclass(frozen=True, slots=True)
class _Filling:
    parameters: Parameters
    numbers: Mapping[Span, int]
    text: str

    def node(self, node: object) -> object:
        match node:
            case tuple():
                return tuple(self.node(item) for item in node)
            case ast.Parameter(name, span):
                return self._constant(self._value(name, span), span)
            case ast.Column(name, True, span):
                return ast.Column(self._name(name, span), False, span)
            case ast.Pattern((source,), True, span):
                return ast.Pattern(self._pattern(source, span), False, span)
            case Span():
                return node
            case _ if dataclasses.is_dataclass(node) and not isinstance(node, type):
                changes = {field.name: self.node(getattr(node, field.name)) for field in dataclasses.fields(node)}
                return dataclasses.replace(node, **changes)
            case _:
                return node

    def _name(self, source: str, span: Span) -> str:
        return "".join(
            self._named(part, span) if part.startswith(_MARK) else read_name(part) for part in _PART.findall(source)
        )

    def _pattern(self, source: str, span: Span) -> tuple[str, ...]:
        parts = [""]
        for part in _PART.findall(source):
            first, *rest = (self._named(part, span),) if part.startswith(_MARK) else read_pattern(part)
            parts[-1] += first
            parts.extend(rest)
        return tuple(parts)

    def _named(self, part: str, span: Span) -> str:
        value = self._value(part.lstrip(_MARK), span)
        if not isinstance(value, str) or not 0 < len(value) <= MAX_NAME_CHARS:
            raise self._refused(f"`{part}` stands for a name of up to {MAX_NAME_CHARS} characters", span, "pass a text")
        return value

    def _value(self, name: str, span: Span) -> Value:
        if isinstance(self.parameters, Mapping):
            if name in self.parameters:
                return self.parameters[name]
            known = ", ".join(f"`?{one}`" for one in list(self.parameters)[:10]) or "none"
            raise self._refused(
                f"there is no value for the parameter `?{name}`", span, f"values were passed for {known}"
            )
        place = int(name) - 1 if name.isdecimal() and len(name) < 7 else self.numbers.get(span, -1) if not name else -1
        if 0 <= place < len(self.parameters):
            return self.parameters[place]
        hint = f"{len(self.parameters)} values were passed, by their position"
        raise self._refused(f"there is no value for the parameter `?{name}`", span, hint)

    def _constant(self, value: Value, span: Span) -> ast.Literal | ast.Many:
        if isinstance(value, list):
            if not value or not all(isinstance(item, str | int | float) for item in value):
                raise self._refused(
                    "a parameter's list holds texts, numbers or booleans", span, "pass at least one value"
                )
            return ast.Many(tuple(ast.Literal(item, span) for item in value), span)
        if value is not None and not isinstance(value, str | int | float):
            raise self._refused("a parameter is a text, a number, a boolean, null or a list of them", span, "")
        return ast.Literal(value, span)

    def _refused(self, message: str, span: Span, hint: str) -> QuerySyntaxError:
        return QuerySyntaxError(message, self.text, span, hint=hint)
