"""ES|QL text to its tree. Every failure is a `QuerySyntaxError` that says what was expected and how to mend it."""

import dataclasses
import functools
from importlib import resources

from lark import Lark

from bartizan.query.errors import QuerySyntaxError, QueryTooLarge
from bartizan.query.esql.ast import Aggregate, Assignment, Column, Command, Eval, Query, Row, Stats, depth, walk
from bartizan.query.esql.build import MAX_NAME_CHARS, Build, List
from bartizan.query.esql.expected import syntax_error
from bartizan.query.limits import check_text
from bartizan.query.syntax import read

MAX_DEPTH = 120
"""Deepest nesting of conditions and functions; later stages recurse once per level."""

MAX_COMMANDS = 200
"""Most commands of one query; each can be a SELECT around the ones before it."""

MAX_COLUMNS = 5_000
"""Most columns that one command may name."""


def parse(text: str) -> Query:
    """The tree of `text`. Raises `QuerySyntaxError`, or `QueryTooLarge` beyond the limits."""
    check_text(text, "([{")
    query: Query = read(_grammar(), text, syntax_error)  # type: ignore[assignment]
    _check_size(query, text)
    for node in walk(query):
        if isinstance(node, List):
            hint = "lists follow `IN`, `LIKE` and `RLIKE`"
            raise QuerySyntaxError("a list stands where a value was expected", text, node.span, hint=hint)
    return Query(tuple(_with_texts(command, text) for command in query.commands))


@functools.cache
def _grammar() -> Lark:
    grammar = resources.files("bartizan.query.esql").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=Build(), maybe_placeholders=False)


def _check_size(query: Query, text: str) -> None:
    if len(query.commands) > MAX_COMMANDS:
        span = query.commands[MAX_COMMANDS].span
        raise QueryTooLarge(f"a query has at most {MAX_COMMANDS} commands", text, span)
    for command in query.commands:
        if depth(command) > MAX_DEPTH:
            hint = "compute parts in an `EVAL` before"
            raise QueryTooLarge(f"the command nests deeper than {MAX_DEPTH} levels", text, command.span, hint=hint)
        if any(isinstance(part, tuple) and len(part) > MAX_COLUMNS for part in _parts(command)):
            raise QueryTooLarge(f"a command names at most {MAX_COLUMNS} columns", text, command.span)


def _parts(command: Command) -> list[object]:
    return [getattr(command, field.name) for field in dataclasses.fields(command)]


def _with_texts(command: Command, text: str) -> Command:
    """Assignments without a target are called by their own text."""
    match command:
        case Row(assignments) | Eval(assignments):
            named = tuple(_with_text(one, text) for one in assignments)
            return dataclasses.replace(command, assignments=named)
        case Stats(aggregates, groups):
            counted = tuple(Aggregate(_with_text(one.assignment, text), one.condition) for one in aggregates)
            named = tuple(_with_text(one, text) for one in groups)
            return dataclasses.replace(command, aggregates=counted, groups=named)
        case _:
            return command


def _with_text(assignment: Assignment, text: str) -> Assignment:
    value = assignment.value
    if assignment.target is not None:
        return assignment
    span = value.span
    own = value.name if isinstance(value, Column) else text[span.start : span.end]
    if len(own) > MAX_NAME_CHARS:
        hint = "name the column: `name = ...`"
        raise QuerySyntaxError(f"a name has at most {MAX_NAME_CHARS} characters", text, value.span, hint=hint)
    return dataclasses.replace(assignment, text=own)
