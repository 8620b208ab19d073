"""KQL text to its tree. Every failure is a `QuerySyntaxError` that says what was expected and how to mend it."""

import functools
import re
from collections.abc import Set
from importlib import resources

from lark import Lark, Token, Transformer, v_args
from lark.exceptions import UnexpectedInput

from bartizan.query.errors import QuerySyntaxError, QueryTooLarge
from bartizan.query.kql.ast import And, Comparison, Everything, Is, Literal, Nested, Not, Or, Query, ValueList, depth
from bartizan.query.kql.literals import read_quoted, read_unquoted
from bartizan.query.limits import MAX_LOGIC_DEPTH, check_text
from bartizan.query.span import Span
from bartizan.query.syntax import at, one_of, read, unread


def parse(text: str) -> Query:
    """The tree of `text`. Raises `QuerySyntaxError`, or `QueryTooLarge` beyond the limits of `limits.py`."""
    check_text(text, "({")
    query: Query = read(_grammar(), text, _syntax_error)  # type: ignore[assignment]
    if depth(query) > MAX_LOGIC_DEPTH:
        hint = "split the query, or list values as `field: (a or b)`"
        raise QueryTooLarge(f"the query nests deeper than {MAX_LOGIC_DEPTH} levels", text, Span(0, 1), hint=hint)
    return query


@functools.cache
def _grammar() -> Lark:
    grammar = resources.files("bartizan.query.kql").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=_Builder(), maybe_placeholders=False)


@v_args(inline=True)
class _Builder(Transformer[Token, Query]):
    """Builds the tree while the text is parsed; one method per rule of the grammar."""

    def start(self, query: Query | None = None) -> Query:
        return Everything() if query is None else query

    def or_query(self, *items: Query) -> Query:
        return items[0] if len(items) == 1 else Or(items)

    def and_query(self, *items: Query) -> Query:
        return items[0] if len(items) == 1 else And(items)

    def negation(self, item: Query) -> Query:
        return Not(item)

    def nested(self, field: Literal, item: Query) -> Query:
        return Nested(field, item)

    def comparison(self, field: Literal, operator: Token, value: Literal) -> Query:
        return Comparison(field, str(operator), value)

    def field_values(self, field: Literal, values: Query) -> Query:
        return Is(field, values.value) if isinstance(values, Is) else ValueList(field, values)

    def free_text(self, value: Literal) -> Query:
        return Is(None, value)

    def value(self, token: Token) -> Query:
        return Is(None, _literal(token))

    def literal(self, token: Token) -> Literal:
        return _literal(token)


def _literal(token: Token) -> Literal:
    span = at(token)
    if token.type == "QUOTED":
        return Literal((read_quoted(token),), True, span)
    return Literal(read_unquoted(token), False, span)


def _syntax_error(error: UnexpectedInput, text: str) -> QuerySyntaxError:
    return unread(error, text, _expected, _hint)


_NAMES = {"_OR": "`or`", "_AND": "`and`", "_RIGHT": "`)`", "RBRACE": "`}`", "COLON": "`:`", "$END": "the end"}
_STARTS = {"QUOTED", "UNQUOTED"}


def _expected(allowed: Set[str]) -> str:
    return "a field or a value" if allowed & _STARTS else one_of(allowed, _NAMES)


def _hint(text: str, start: int, token: str) -> str:
    if token.startswith('"') and len(token) == 1:
        return 'the quote is never closed; a `"` within quotes is written `\\"`'
    if token.startswith("\\"):
        return "write a backslash as `\\\\`, or put the value in double quotes"
    if token.startswith(":") or token[0:1] in "<>{}":
        return "put the value in double quotes, or a backslash before the character"
    if re.match(r"not[ (]", text[start:], re.IGNORECASE):
        return "write `and not` or `or not`"
    if token.startswith(")"):
        return "there is no `(` for it"
    return "join conditions with `and` or `or`; put a value with special characters in double quotes"
