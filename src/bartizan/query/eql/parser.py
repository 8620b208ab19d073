"""EQL text to its tree. Every failure is a `QuerySyntaxError` that says what was expected and how to mend it."""

import functools
from importlib import resources

from lark import Lark

from bartizan.query.eql.ast import Query, depth, events
from bartizan.query.eql.build import Build
from bartizan.query.eql.expected import syntax_error
from bartizan.query.errors import QueryTooLarge
from bartizan.query.limits import MAX_LOGIC_DEPTH, check_text
from bartizan.query.span import Span
from bartizan.query.syntax import read


def parse(text: str) -> Query:
    """The tree of `text`. Raises `QuerySyntaxError`, or `QueryTooLarge` beyond the limits."""
    check_text(text, "([")
    query: Query = read(_grammar(), text, syntax_error)  # type: ignore[assignment]
    if any(depth(event.condition) > MAX_LOGIC_DEPTH for event in events(query)):
        hint = "split the query, or list values as `field in (a, b)`"
        raise QueryTooLarge(f"the query nests deeper than {MAX_LOGIC_DEPTH} levels", text, Span(0, 1), hint=hint)
    return query


@functools.cache
def _grammar() -> Lark:
    grammar = resources.files("bartizan.query.eql").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=Build(), maybe_placeholders=False)
