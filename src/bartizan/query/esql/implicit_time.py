"""Functions that mean `@timestamp` without naming it, as what they stand for: TBUCKET, TRANGE, EARLIEST and LATEST
(elastic.co, ES|QL "Functions")."""

from bartizan.query.esql import ast
from bartizan.query.esql.faults import Faults

TIME = "@timestamp"


def with_time(node: ast.Function, faults: Faults) -> ast.Expression:
    """`TBUCKET(...)` as `BUCKET(@timestamp, ...)`, `TRANGE(1h)` and `TRANGE(start, end)` as comparisons, `EARLIEST(x)`
    as `FIRST(x, @timestamp)`; other functions as they are. Raises `QuerySyntaxError` for other arguments."""
    time = ast.Column(TIME, span=node.span)
    match node:
        case ast.Function("tbucket", (_, *_) as arguments):
            return ast.Function("bucket", (time, *arguments), node.span)
        case ast.Function("trange", (ast.TimeSpan() as span,)):
            now = ast.Function("now", (), node.span)
            start = ast.Binary("-", now, span, span=node.span)
            return _between(time, start, now, node)
        case ast.Function("trange", (start, end)):
            return _between(time, start, end, node)
        case ast.Function("earliest" | "latest" as name, (value,)):
            return ast.Function("first" if name == "earliest" else "last", (value, time), node.span)
        case ast.Function("tbucket" | "trange" | "earliest" | "latest"):
            hint = "write `TBUCKET(1 hour)`, `TRANGE(1 hour)`, `TRANGE(start, end)`, `EARLIEST(column)`"
            raise faults.at(node.span, f"`{node.name.upper()}` takes other arguments", hint)
        case _:
            return node


def _between(time: ast.Column, start: ast.Expression, end: ast.Expression, node: ast.Function) -> ast.Expression:
    """Later than the start, up to the end."""
    after = ast.Binary(">", time, start, span=node.span)
    before = ast.Binary("<=", time, end, span=node.span)
    return ast.And((after, before), span=node.span)
