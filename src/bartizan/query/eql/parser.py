"""EQL text to its tree. Every failure is a `QuerySyntaxError` that says what was expected and how to mend it."""

import functools
from importlib import resources

from lark import Lark, Token
from lark.exceptions import UnexpectedInput, VisitError

from bartizan.query.eql.ast import Query, depth, events
from bartizan.query.eql.build import Build, Refused
from bartizan.query.eql.expected import syntax_error
from bartizan.query.errors import QuerySyntaxError, QueryTooLarge
from bartizan.query.limits import MAX_LOGIC_DEPTH, check_text
from bartizan.query.span import Span

MAX_STEPS = 256
"""Most events of one sequence, repetitions by `with runs` counted (Elasticsearch's own bound)."""


def parse(text: str) -> Query:
    """The tree of `text`. Raises `QuerySyntaxError`, or `QueryTooLarge` beyond the limits."""
    check_text(text, "([")
    try:
        query: Query = _grammar().parse(text)  # type: ignore[assignment]
    except UnexpectedInput as error:
        raise syntax_error(error, text) from None
    except Refused as error:
        raise QuerySyntaxError(error.message, text, error.span, hint=error.hint) from None
    except VisitError as error:
        refused = error.orig_exc
        if not isinstance(refused, Refused):
            raise
        raise QuerySyntaxError(refused.message, text, refused.span, hint=refused.hint) from None
    if any(depth(event.condition) > MAX_LOGIC_DEPTH for event in events(query)):
        hint = "split the query, or list values as `field in (a, b)`"
        raise QueryTooLarge(f"the query nests deeper than {MAX_LOGIC_DEPTH} levels", text, Span(0, 1), hint=hint)
    return query


@functools.cache
def _grammar() -> Lark:
    grammar = resources.files("bartizan.query.eql").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=Build(), maybe_placeholders=False)


def span_of(token: Token) -> Span:
    """Where a token stands."""
    start = token.start_pos or 0
    return Span(start, start + len(token))
