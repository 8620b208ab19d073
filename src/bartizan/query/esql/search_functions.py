"""Functions that search events as they are stored, or texts by their words: KQL, MATCH, MATCH_PHRASE."""

from collections.abc import Sequence

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.clickhouse import condition, refusal
from bartizan.query.errors import QuerySyntaxError
from bartizan.query.esql import ast, operators
from bartizan.query.esql.context import Context
from bartizan.query.esql.scope import Scope
from bartizan.query.esql.typed import MISSING, Env, Mistake, Type, Typed
from bartizan.query.kql.lower import kql_to_ir
from bartizan.query.passes import run_passes
from bartizan.query.schema import Schema
from bartizan.query.sql import column


def kql(node: ast.Function, context: Context, scope: Scope) -> Typed:
    """`KQL("query")`: whether an event as it was stored fits the query."""
    if scope.events is None:
        hint = "it reads stored events: put it in a `WHERE` before `STATS`"
        raise context.faults.at(node.span, f"`{node.name.upper()}` can't be used here", hint)
    if node.name != "kql":
        raise context.faults.unsupported(node.span, "`QSTR` is not supported", 'write the query in KQL: `KQL("...")`')
    if not node.arguments or not isinstance(node.arguments[0], ast.Literal):
        raise context.faults.at(node.span, "`KQL` takes a text", 'write `KQL("user.name: a*")`')
    query = node.arguments[0].value
    if not isinstance(query, str):
        raise context.faults.at(node.arguments[0].span, "`KQL` takes a text", 'write `KQL("user.name: a*")`')
    expr = kql_condition(query, node, context, scope.events.schema)
    made = scope.events.predicate(f"KQL {query}", lambda schema: _predicate(expr, schema, context))
    return Typed(column(made.id), Type.BOOLEAN, False, MISSING)


def match_function(node: ast.Function, arguments: Sequence[Typed], context: Context, env: Env) -> Typed:
    """`MATCH(field, query)`: as `field : query`; `{"operator": "AND"}` asks for all words."""
    if len(arguments) != 2:
        raise Mistake(f"`{node.name.upper()}` takes a column and a query", "options follow in braces")
    options = next((dict(one.entries) for one in node.arguments if isinstance(one, ast.Options)), {})
    operator = options.get("operator")
    all_words = isinstance(operator, ast.Literal) and str(operator.value).lower() == "and"
    return operators.match(arguments[0], arguments[1], env, all_words=all_words, is_phrase=node.name == "match_phrase")


def kql_condition(query: str, node: ast.Function, context: Context, schema: Schema) -> ir.Expr:
    """What a KQL query within a call means. Raises its errors at the place of the call's text."""
    try:
        expr = kql_to_ir(query, schema, context.now)
    except QuerySyntaxError as error:
        where = f"line {error.line}, column {error.column} of the KQL: " if query else ""
        raise context.faults.at(node.arguments[0].span, f"{where}{error.message}", error.hint) from None
    for leaf in ir.leaves(expr):
        if reason := refusal(leaf):
            raise context.faults.unsupported(node.arguments[0].span, reason)
    return expr


def _predicate(expr: ir.Expr, schema: Schema, context: Context) -> exp.Expression:
    return condition(run_passes(expr, schema), schema, context.binder, null_shows=True)
