"""ES|QL expressions to typed ClickHouse trees: names become columns, functions and operators what `functions/` says."""

from collections.abc import Callable, Sequence
from dataclasses import replace

from sqlglot import exp

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.esql import ast, operators
from bartizan.query.esql.constants import constant, list_constant, span_constant
from bartizan.query.esql.context import Context
from bartizan.query.esql.functions import AGGREGATES, SCALARS, aggregate_of
from bartizan.query.esql.functions.json_texts import first_member
from bartizan.query.esql.functions.signature import call_of
from bartizan.query.esql.implicit_time import with_time
from bartizan.query.esql.scope import Scope
from bartizan.query.esql.search_functions import kql, match_function
from bartizan.query.esql.typed import MISSING, SPANS, Env, Mistake, Type, Typed, as_bool, is_larger, one
from bartizan.query.esql.unknown_function import unknown_function
from bartizan.query.span import Span
from bartizan.query.sql import column

Aggregated = Callable[[ast.Function], Typed]

MAX_NODES = 6_000
"""Most nodes of SQL that an expression may become: functions that use an argument several times repeat it, those around
them repeat that again. ClickHouse takes statements of 50,000 (`max_ast_elements`)."""


class Expressions:
    """Turns expressions into trees where the columns of `scope` are seen. `aggregated` takes the calls of aggregate
    functions, beside which only the columns that rows are grouped by are seen, not all of `rows`; without it they are
    errors."""

    def __init__(
        self, context: Context, scope: Scope, aggregated: Aggregated | None = None, rows: Scope | None = None
    ) -> None:
        self._context = context
        self._scope = scope
        self._aggregated = aggregated
        self._rows = rows
        self._env = Env(context.binder, context.now)

    def condition(self, node: ast.Expression) -> exp.Expression:
        """A condition on a row; NULL counts as false where it is used."""
        typed = self.typed(node)
        if typed.type not in (Type.BOOLEAN, Type.NULL):
            raise self._context.faults.at(node.span, f"a condition was expected, this is {typed.type}")
        return exp.false() if typed.type is Type.NULL else one(typed)

    def value(self, node: ast.Expression) -> Typed:
        """What a column can hold."""
        typed = self.typed(node)
        if typed.type in SPANS:
            raise self._context.faults.at(node.span, "a time span is no value of a column", "add it to a date")
        return as_bool(typed)

    def aggregate(self, node: ast.Function, condition: exp.Expression | None) -> Typed:
        """A call of an aggregate function over the rows for which `condition` is true."""
        function = AGGREGATES[node.name]
        star = [argument for argument in node.arguments if isinstance(argument, ast.Star)]
        if star and (node.name != "count" or len(node.arguments) > 1):
            raise self._context.faults.at(star[0].span, "`*` stands in `COUNT(*)` only")
        arguments = [] if star else self._arguments(node)
        found = self._checked(node, lambda: aggregate_of(node.name, function, arguments, condition, self._env))
        without_value = bool(arguments) and arguments[0].type is Type.NULL and found.type is Type.KEYWORD
        return replace(found, type=Type.NULL) if without_value else found

    def typed(self, node: ast.Expression) -> Typed:
        """Any expression."""
        match node:
            case ast.Column():
                return self._column(node)
            case ast.Literal(value, span):
                return constant(value, self._context.binder, self._context.faults, span)
            case ast.Many(items, span):
                return list_constant(items, self._context.binder, self._context.faults, span)
            case ast.TimeSpan(count, unit, span):
                return span_constant(count, unit, self._context.faults, span)
            case ast.Function():
                return self._function(node)
            case ast.Parameter() | ast.Star() | ast.Options():
                raise self._context.faults.at(node.span, "a value was expected here")
            case _:
                return self._checked(node, lambda: self._operation(node))

    def _column(self, node: ast.Column) -> Typed:
        found = self._scope.find(node.name)
        if found is None and self._rows is not None and self._rows.find(node.name) is not None:
            hint = f"group by it: `BY {node.name}`, or take `VALUES({node.name})`"
            raise self._context.faults.at(node.span, f"rows aren't grouped by `{node.name}`", hint)
        if found is None:
            raise self._context.faults.unknown(node.span, node.name, self._scope.nearest(node.name))
        return Typed(column(found.id), found.type, found.many, MISSING)

    def _operation(self, node: ast.Expression) -> Typed:
        match node:
            case ast.Binary(operator, left, right):
                return operators.binary(operator, self.typed(left), self.typed(right), self._env)
            case ast.Negative(item):
                return operators.negative(self.typed(item), self._env)
            case ast.In(item, values):
                return operators.in_(self.typed(item), [self.typed(value) for value in values], self._env)
            case ast.Like(operator, item, patterns):
                build = operators.like if operator == "like" else operators.rlike
                return build(self.typed(item), [self.typed(pattern) for pattern in patterns], self._env)
            case ast.IsNull(item):
                return operators.is_null(self.typed(item))
            case ast.Match(item, query):
                return operators.match(self.typed(item), self.typed(query), self._env)
            case ast.Cast(item, name):
                return operators.cast_to(as_bool(self.typed(item)), name, self._env)
            case ast.Not(item):
                return operators.not_(self.typed(item))
            case ast.And(items):
                return operators.and_([self.typed(item) for item in items])
            case ast.Or(items):
                return operators.or_([self.typed(item) for item in items])
        raise TypeError(f"no operation: {node!r}")

    def _function(self, node: ast.Function) -> Typed:
        meant = with_time(node, self._context.faults)
        if meant is not node:
            return self.typed(meant)
        if node.name in AGGREGATES:
            if self._aggregated is None:
                hint = "aggregate functions stand in `STATS`, not within each other"
                raise self._context.faults.at(node.span, f"`{node.name.upper()}` is an aggregate function", hint)
            return self._aggregated(node)
        if node.name in ("kql", "qstr"):
            return kql(node, self._context, self._scope)
        if node.name in ("match", "match_phrase"):
            return self._checked(node, lambda: match_function(node, self._arguments(node), self._context, self._env))
        if node.name == "json_extract" and (extracted := self._json_extract(node)) is not None:
            return extracted
        function = SCALARS.get(node.name)
        if function is None:
            raise unknown_function(node, self._context.faults)
        arguments = self._arguments(node)
        return self._checked(node, lambda: call_of(node.name, function, arguments, self._env))

    def _json_extract(self, node: ast.Function) -> Typed | None:
        """A value out of `_source` at a constant path: of the document, only the member that it lies in is made."""
        match node.arguments:
            case (ast.Column(name), ast.Literal(str(path)) as written) if self._scope.is_source(name):
                member, streams = first_member(path), self._scope.events
            case _:
                return None
        if member is None or streams is None:
            return None
        source = Typed(column(streams.member_of_source(member).id), Type.KEYWORD, False, MISSING)
        arguments = [source, self.typed(written)]
        return self._checked(node, lambda: call_of(node.name, SCALARS[node.name], arguments, self._env))

    def _arguments(self, node: ast.Function) -> list[Typed]:
        typed = [self.typed(argument) for argument in node.arguments if not isinstance(argument, ast.Options)]
        return typed if node.name == "case" else [as_bool(argument) for argument in typed]

    def _checked(self, node: ast.Expression, build: Callable[[], Typed]) -> Typed:
        try:
            built = build()
        except Mistake as mistake:
            raise self._fault(node, mistake) from None
        if is_larger(built.tree, MAX_NODES):
            raise self._context.faults.at(
                node.span, "this becomes too much SQL", "compute parts of it in an `EVAL` before"
            )
        return built

    def _fault(self, node: ast.Expression, mistake: Mistake) -> QuerySyntaxError:
        spans = operand_spans(node)
        place = mistake.argument
        span = spans[place] if place is not None and place < len(spans) else node.span
        return self._context.faults.at(span, mistake.message, mistake.hint)


def operand_spans(node: ast.Expression) -> Sequence[Span]:
    """Where the arguments of a call, or both sides of an operator, stand."""
    match node:
        case ast.Function(_, arguments):
            return [argument.span for argument in arguments]
        case ast.And(items) | ast.Or(items):
            return [item.span for item in items]
        case ast.In(item, values):
            return [item.span, *(value.span for value in values)]
        case ast.Like(_, item, patterns):
            return [item.span, *(pattern.span for pattern in patterns)]
        case ast.Binary(_, left, right) | ast.Match(left, right):
            return [left.span, right.span]
        case _:
            return []
