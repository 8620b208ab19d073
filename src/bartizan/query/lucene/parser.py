"""Lucene text to its tree. Every failure is a `QuerySyntaxError` that says what was expected and how to mend it."""

import functools
import re
from importlib import resources

from lark import Lark, Token, Transformer, v_args

from bartizan.query.errors import QueryTooLarge
from bartizan.query.limits import MAX_LOGIC_DEPTH, QUOTED, check_text
from bartizan.query.lucene.ast import (
    End,
    Everything,
    Fielded,
    Fuzzy,
    Literal,
    Proximity,
    Query,
    Range,
    Regex,
    Term,
    depth,
)
from bartizan.query.lucene.clauses import Written, combine
from bartizan.query.lucene.faults import syntax_error
from bartizan.query.lucene.literals import read_escapes, read_term
from bartizan.query.span import Span
from bartizan.query.syntax import Refused, at, read

MAX_SLOP = 100
"""Farthest `"two words"~100`."""

_TEXTUAL = rf"{QUOTED}|/(?:[^/\\]|\\.)*/"
_END = r'("(?:[^"\\]|\\.)*"|[^ \t\n\r]+?)'
_RANGE = re.compile(rf"([\[{{])\s*{_END}\s+TO\s+{_END}\s*([\]}}])", re.DOTALL)
_OPERATORS = frozenset((">", ">=", "<", "<="))
_SHORT = re.compile(r"(>=?|<=?)(.+)", re.DOTALL)


def parse(text: str) -> Query:
    """The tree of `text`. Raises `QuerySyntaxError`, or `QueryTooLarge` beyond the limits of `limits.py`."""
    check_text(text, "(", _TEXTUAL)
    query: Query = read(_grammar(), text, syntax_error)  # type: ignore[assignment]
    if depth(query) > MAX_LOGIC_DEPTH:
        hint = "split the query, or list values as `field:(a OR b)`"
        raise QueryTooLarge(f"the query nests deeper than {MAX_LOGIC_DEPTH} levels", text, Span(0, 1), hint=hint)
    return query


@functools.cache
def _grammar() -> Lark:
    grammar = resources.files("bartizan.query.lucene").joinpath("grammar.lark").read_text(encoding="utf-8")
    return Lark(grammar, parser="lalr", lexer="contextual", transformer=_Builder(), maybe_placeholders=True)


@v_args(inline=True)
class _Builder(Transformer[Token, Query]):
    """Builds the tree while the text is parsed; one method per rule of the grammar."""

    def start(self, query: Written | None = None) -> Query:
        return Everything() if query is None else query.item

    def query(self, *clauses: Written) -> Written:
        return Written(combine(clauses))

    def first(self, modifier: str | None, clause: Written) -> Written:
        return Written(clause.item, None, modifier, clause.bare)

    def following(self, conjunction: str | None, modifier: str | None, clause: Written) -> Written:
        return Written(clause.item, conjunction, modifier, clause.bare)

    def conjunction(self, token: Token) -> str:
        return "AND" if token.type == "AND" else "OR"

    def modifier(self, token: Token) -> str:
        return "+" if token.type == "PLUS" else "-"

    def fielded(self, field: Token, value: Written) -> Written:
        return Written(Fielded(Literal(read_term(field), False, at(field)), value.item))

    def term(self, token: Token, *suffixes: Token) -> Written:
        if token in _OPERATORS:
            hint = f"write the value right behind it, such as `{token}10`, or a range, such as `[10 TO *]`"
            raise Refused(f"`{token}` has no value", at(token), hint)
        short = _SHORT.fullmatch(token)
        if short:
            _no_fuzzy(suffixes)
            return Written(_shorthand(short[1], short[2], token))
        literal = Literal(read_term(token), False, at(token))
        fuzzy = _fuzzy(suffixes)
        if fuzzy is None:
            return Written(Term(literal), bare=not suffixes and not literal.has_wildcard)
        if literal.has_wildcard:
            raise Refused("a term has either wildcards or `~`", at(fuzzy), "leave one of them out")
        return Written(Fuzzy(literal, _edits(fuzzy)))

    def phrase(self, token: Token, *suffixes: Token) -> Written:
        literal = Literal((read_escapes(token[1:-1]),), True, at(token))
        fuzzy = _fuzzy(suffixes)
        slop = 0 if fuzzy is None else _slop(fuzzy)
        return Written(Proximity(literal, slop) if slop else Term(literal))

    def regex(self, token: Token, *suffixes: Token) -> Written:
        _no_fuzzy(suffixes)
        return Written(Regex(token[1:-1].replace("\\/", "/"), at(token)))

    def range(self, token: Token, *_: Token) -> Written:
        found = _RANGE.fullmatch(token)
        assert found is not None
        low = _end(found[2], found[1] == "[", token)
        return Written(Range(low, _end(found[3], found[4] == "]", token), at(token)))

    def group(self, inner: Written, *_: Token) -> Written:
        return Written(inner.item)


def _shorthand(operator: str, source: str, token: Token) -> Range:
    span = at(token)
    end = End(read_escapes(source), operator.endswith("="), Span(span.start + len(operator), span.end))
    return Range(end, None, span) if operator.startswith(">") else Range(None, end, span)


def _end(source: str, inclusive: bool, token: Token) -> End | None:
    if source == "*":
        return None
    text = source[1:-1] if len(source) > 1 and source[0] == source[-1] == '"' else source
    return End(read_escapes(text), inclusive, at(token))


def _fuzzy(suffixes: tuple[Token, ...]) -> Token | None:
    found = [token for token in suffixes if token.type == "FUZZY"]
    if len(found) > 1:
        raise Refused("`~` stands twice", at(found[1]), "leave one of them out")
    return found[0] if found else None


def _no_fuzzy(suffixes: tuple[Token, ...]) -> None:
    found = _fuzzy(suffixes)
    if found is not None:
        raise Refused("`~` is for words and phrases", at(found), "leave it out")


def _edits(token: Token) -> int | None:
    if token[1:] in ("", "AUTO"):
        return None
    if token[1:] not in ("0", "1", "2"):
        raise Refused(f"`{token[:20]}` is no edit distance", at(token), "write `~`, `~1` or `~2`")
    return int(token[1:])


def _slop(token: Token) -> int:
    digits = token[1:]
    if not re.fullmatch(r"\d{1,6}", digits, re.ASCII) or int(digits) > MAX_SLOP:
        hint = f"write how far its words may move, such as `~3`, at most `~{MAX_SLOP}`"
        raise Refused(f"`{token[:20]}` is no distance of words", at(token), hint)
    return int(digits)
