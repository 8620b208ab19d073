"""Builds the tree while the text is parsed; one method per rule of the grammar."""

import dataclasses
from dataclasses import dataclass
from typing import Any, NoReturn

from lark import Token, Transformer, v_args

from bartizan.query.esql import ast
from bartizan.query.esql.ast import Expression
from bartizan.query.esql.literals import BadLiteral, read_name, read_pattern, read_raw_string, read_string
from bartizan.query.span import Span
from bartizan.query.syntax import Refused, at, decimal, integer

MAX_NAME_CHARS = 500
"""Longest name of a column."""

_MAX_DIGITS = 20


@dataclass(frozen=True, slots=True)
class List:
    """`(a, b)`: patterns of LIKE or RLIKE, an error anywhere else."""

    items: tuple[Expression, ...]
    span: Span


@v_args(inline=True)
class Build(Transformer[Token, ast.Query]):
    """From tokens to nodes."""

    def start(self, *commands: ast.Command) -> ast.Query:
        return ast.Query(commands)

    def from_(self, word: Token, *parts: Token) -> ast.From:
        indices = tuple(_unquoted(part) for part in parts if part.type == "INDEX")
        metadata = tuple(self.column(part) for part in parts if part.type == "NAME")
        return ast.From(indices, metadata, _between(word, parts[-1]))

    def row(self, word: Token, assignments: tuple[ast.Assignment, ...]) -> ast.Row:
        return ast.Row(assignments, at(word))

    def show(self, word: Token, what: Token) -> ast.Show:
        return ast.Show(str(what), _between(word, what))

    def unsupported(self, word: Token) -> ast.Unsupported:
        name = word.split(None, 1)[0].partition("(")[0]
        start = word.start_pos or 0
        return ast.Unsupported(name.lower(), str(word), Span(start, start + len(name)))

    def where(self, word: Token, condition: Expression) -> ast.Where:
        return ast.Where(condition, at(word))

    def eval_(self, word: Token, assignments: tuple[ast.Assignment, ...]) -> ast.Eval:
        return ast.Eval(assignments, at(word))

    def assignments(self, *items: ast.Assignment) -> tuple[ast.Assignment, ...]:
        return items

    def named(self, target: ast.Column, value: Expression) -> ast.Assignment:
        return ast.Assignment(target, value)

    def unnamed(self, value: Expression) -> ast.Assignment:
        return ast.Assignment(None, value)

    def aggregates(self, *items: ast.Aggregate) -> tuple[ast.Aggregate, ...]:
        return items

    def aggregate(self, assignment: ast.Assignment, condition: Expression | None = None) -> ast.Aggregate:
        return ast.Aggregate(assignment, condition)

    def by(self, groups: tuple[ast.Assignment, ...]) -> tuple[ast.Assignment, ...]:
        return groups

    def stats(self, word: Token, *parts: tuple[Any, ...]) -> ast.Stats:
        aggregates = next((part for part in parts if isinstance(part[0], ast.Aggregate)), ())
        groups = next((part for part in parts if isinstance(part[0], ast.Assignment)), ())
        if not parts:
            raise Refused("`STATS` needs an aggregate or groups", at(word), "write `STATS COUNT(*) BY column`")
        return ast.Stats(aggregates, groups, span=at(word))

    def inline_stats(self, word: Token, *parts: Any) -> ast.Stats:
        found = self.stats(word, *(part for part in parts if isinstance(part, tuple)))
        return dataclasses.replace(found, inline=True)

    def keep(self, word: Token, *patterns: Token) -> ast.Keep:
        return ast.Keep(tuple(map(_pattern, patterns)), at(word))

    def drop(self, word: Token, *patterns: Token) -> ast.Drop:
        return ast.Drop(tuple(map(_pattern, patterns)), at(word))

    def rename(self, word: Token, *pairs: tuple[ast.Column, ast.Column]) -> ast.Rename:
        return ast.Rename(pairs, at(word))

    def rename_as(self, old: ast.Column, new: ast.Column) -> tuple[ast.Column, ast.Column]:
        return old, new

    def rename_to(self, new: ast.Column, old: ast.Column) -> tuple[ast.Column, ast.Column]:
        return old, new

    def sort(self, word: Token, *keys: ast.SortKey) -> ast.Sort:
        return ast.Sort(keys, at(word))

    def sort_key(self, value: Expression, *words: Token) -> ast.SortKey:
        said = {word.type: word.lower() for word in words}
        nulls_first = said["NULLS"] == "first" if "NULLS" in said else None
        return ast.SortKey(value, said.get("DIRECTION") == "desc", nulls_first)

    def limit(self, word: Token, count: Expression) -> ast.Limit:
        return ast.Limit(count, at(word))

    def dissect(self, word: Token, item: Expression, pattern: ast.Literal, *options: Any) -> ast.Dissect:
        return ast.Dissect(item, pattern, options, at(word))

    def option(self, name: Token, value: Expression) -> tuple[str, Expression]:
        return name.lower(), value

    def grok(self, word: Token, item: Expression, *patterns: ast.Literal) -> ast.Grok:
        return ast.Grok(item, patterns, at(word))

    def mv_expand(self, word: Token, column: ast.Column) -> ast.MvExpand:
        return ast.MvExpand(column, at(word))

    def enrich(self, word: Token, policy: Token, *parts: Any) -> ast.Enrich:
        on = next((part for part in parts if isinstance(part, ast.Column)), None)
        fields = next((part for part in parts if isinstance(part, tuple)), ())
        return ast.Enrich(_unquoted(policy), on, fields, at(policy))

    def enrich_on(self, column: ast.Column) -> ast.Column:
        return column

    def enrich_with(self, *fields: tuple[ast.Column, ast.Column]) -> tuple[tuple[ast.Column, ast.Column], ...]:
        return fields

    def enrich_field(self, *columns: ast.Column) -> tuple[ast.Column, ast.Column]:
        return columns[0], columns[-1]

    def lookup_join(self, word: Token, table: Token, on: tuple[Expression, ...]) -> ast.LookupJoin:
        return ast.LookupJoin(_unquoted(table), on, at(table))

    def completion(self, word: Token, prompt: ast.Completion) -> ast.Completion:
        return dataclasses.replace(prompt, span=at(word))

    def prompt(self, *parts: Any) -> ast.Completion:
        options = parts[-1] if isinstance(parts[-1], ast.Options) else None
        values = parts[:-1] if options else parts
        return ast.Completion(values[0] if len(values) > 1 else None, values[-1], options)

    def expressions(self, *items: Expression) -> tuple[Expression, ...]:
        return items

    def or_test(self, *items: Expression) -> Expression:
        return ast.Or(items, items[0].span.cover(items[-1].span))

    def and_test(self, *items: Expression) -> Expression:
        return ast.And(items, items[0].span.cover(items[-1].span))

    def negation(self, word: Token, item: Expression) -> Expression:
        return ast.Not(item, at(word).cover(item.span))

    def compare(self, left: Expression, operator: Token, right: Expression) -> Expression:
        return ast.Binary(str(operator), left, right, left.span.cover(right.span))

    def arithmetic(self, left: Expression, operator: Token, right: Expression) -> Expression:
        return ast.Binary(str(operator), left, right, left.span.cover(right.span))

    def pattern(self, left: Expression, *rest: Any) -> Expression:
        operator, right = rest[-2:]
        patterns = right.items if isinstance(right, List) else (right,)
        span = left.span.cover(patterns[-1].span)
        return _perhaps_not(rest, ast.Like(operator.lower(), left, patterns, span))

    def tuple_(self, start: Token, *rest: Any) -> Any:
        items = self.list(*rest)
        return List(items, items[0].span.cover(items[-1].span))

    def lookup(self, left: Expression, *rest: Any) -> Expression:
        values = rest[-1]
        return _perhaps_not(rest, ast.In(left, values, left.span.cover(values[-1].span)))

    def list(self, *rest: Any) -> tuple[Expression, ...]:
        *values, end = rest
        last = dataclasses.replace(values[-1], span=values[-1].span.cover(at(end)))
        return (*values[:-1], last)

    def is_null(self, item: Expression, *rest: Token) -> Expression:
        return _perhaps_not(rest, ast.IsNull(item, item.span.cover(at(rest[-1]))))

    def match(self, item: Expression, query: Expression) -> Expression:
        return ast.Match(item, query, item.span.cover(query.span))

    def signed(self, sign: Token, item: Expression) -> Expression:
        span = at(sign).cover(item.span)
        if isinstance(item, ast.Literal) and isinstance(item.value, int | float) and not isinstance(item.value, bool):
            return ast.Literal(item.value if sign == "+" else -item.value, span)
        if isinstance(item, ast.Literal):
            raise Refused(f"`{sign}` stands before what is no number", span)
        return item if sign == "+" else ast.Negative(item, span)

    def cast(self, item: Expression, name: Token) -> Expression:
        return ast.Cast(item, name.lower(), item.span.cover(at(name)))

    def group(self, start: Token, item: Expression, end: Token) -> Expression:
        return dataclasses.replace(item, span=_between(start, end))

    def function(self, name: Token, *rest: Any) -> Expression:
        *arguments, end = rest
        return ast.Function(str(name).lower(), tuple(arguments), _between(name, end))

    def star(self, token: Token) -> Expression:
        return ast.Star(at(token))

    def map(self, *rest: Any) -> Expression:
        *entries, end = rest
        return ast.Options(tuple(entries), at(end))

    def entry(self, name: Token, value: Expression) -> tuple[str, Expression]:
        return _text(name), value

    def column(self, token: Token) -> ast.Column:
        dynamic = token.type == "NAME_PARAMETER"
        name = str(token) if dynamic else read_name(str(token))
        if len(name) > MAX_NAME_CHARS:
            raise Refused(f"a name has at most {MAX_NAME_CHARS} characters", at(token))
        return ast.Column(name, dynamic, at(token))

    def constant(self, item: Expression) -> Expression:
        return item

    def time_span(self, count: Token, unit: Token) -> Expression:
        number = ast.Parameter(count[1:], at(count)) if count.type == "PARAMETER" else self.literal(count)
        assert isinstance(number, ast.Literal | ast.Parameter)
        return ast.TimeSpan(number, unit.lower(), _between(count, unit))

    def many(self, start: Token, *rest: Any) -> Expression:
        *items, end = rest
        return ast.Many(tuple(items), _between(start, end))

    def text(self, token: Token) -> ast.Literal | ast.Parameter:
        return self.literal(token)

    def literal(self, token: Token) -> ast.Literal | ast.Parameter:
        if token.type == "PARAMETER":
            return ast.Parameter(token[1:], at(token))
        return ast.Literal(_value(token), at(token))


def _perhaps_not(rest: tuple[Any, ...], item: Expression) -> Expression:
    negated = isinstance(rest[0], Token) and rest[0].type == "NOT"
    return ast.Not(item, item.span) if negated else item


def _value(token: Token) -> ast.Plain:
    match token.type:
        case "STRING":
            return _text(token)
        case "RAW_STRING":
            return read_raw_string(str(token))
        case "INTEGER":
            return integer(token, _MAX_DIGITS)
        case "DECIMAL":
            return decimal(token)
        case "TRUE" | "FALSE":
            return token.type == "TRUE"
        case _:
            return None


def _text(token: Token) -> str:
    try:
        return read_string(str(token))
    except BadLiteral as error:
        _bad(token, error)


def _bad(token: Token, error: BadLiteral) -> NoReturn:
    start = (token.start_pos or 0) + error.offset
    raise Refused(str(error), Span(start, start + 2), error.hint) from None


def _pattern(token: Token) -> ast.Pattern:
    if len(token) > MAX_NAME_CHARS:
        raise Refused(f"a name has at most {MAX_NAME_CHARS} characters", at(token))
    dynamic = token.startswith("?") or ".?" in token
    return ast.Pattern((str(token),) if dynamic else read_pattern(str(token)), dynamic, at(token))


def _unquoted(token: Token) -> str:
    return token.strip('"')


def _between(first: Token, last: Token) -> Span:
    return at(first).cover(at(last))
