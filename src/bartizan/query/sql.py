"""The few shapes of ClickHouse tree that queries are built from; function names come from code, never from a query."""

from collections.abc import Callable, Mapping, Sequence

from sqlglot import exp

Connector = type[exp.And] | type[exp.Or]

_COMPARISONS: Mapping[str, Callable[[exp.Expression, exp.Expression], exp.Expression]] = {
    "=": lambda left, right: exp.EQ(this=left, expression=right),
    "!=": lambda left, right: exp.NEQ(this=left, expression=right),
    "<": lambda left, right: exp.LT(this=left, expression=right),
    "<=": lambda left, right: exp.LTE(this=left, expression=right),
    ">": lambda left, right: exp.GT(this=left, expression=right),
    ">=": lambda left, right: exp.GTE(this=left, expression=right),
}


def call(function: str, *arguments: exp.Expression) -> exp.Expression:
    """`function(arguments...)`, printed exactly so."""
    return exp.Anonymous(this=function, expressions=list(arguments))


def text(value: str) -> exp.Expression:
    """A literal of this code's own; whatever a user wrote is bound instead."""
    return exp.Literal.string(value)


def column(name: str) -> exp.Expression:
    """The column called `name`, quoted."""
    return exp.column(exp.to_identifier(name, quoted=True))


def each(variable: str, body: Callable[[exp.Expression], exp.Expression]) -> exp.Expression:
    """The lambda `variable -> body(variable)`."""
    identifier = exp.to_identifier(variable)
    return exp.Lambda(this=body(exp.column(identifier.copy())), expressions=[identifier])


def all_of(trees: Sequence[exp.Expression]) -> exp.Expression:
    """`a AND b AND ...` as a balanced tree, so that nothing recurses once per operand."""
    return _balanced(exp.And, [exp.Paren(this=tree) if isinstance(tree, exp.Or) else tree for tree in trees])


def one_of(trees: Sequence[exp.Expression]) -> exp.Expression:
    """`a OR b OR ...` as a balanced tree."""
    return _balanced(exp.Or, list(trees))


def union(queries: Sequence[exp.Query]) -> exp.Query:
    """The rows of all queries, one below the other; they have the same columns."""
    together = queries[0]
    for following in queries[1:]:
        together = exp.Union(this=together, expression=following, distinct=False)
    return together


def number(value: int) -> exp.Expression:
    """A whole number of this code's own."""
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))


def negation(tree: exp.Expression) -> exp.Expression:
    """`NOT (tree)`."""
    return exp.Not(this=exp.Paren(this=tree))


def comparison(operator: str, left: exp.Expression, right: exp.Expression) -> exp.Expression:
    """`left operator right`, the operator one of `=` `!=` `<` `<=` `>` `>=`."""
    return _COMPARISONS[operator](left, right)


def named(tree: exp.Expression, name: str) -> exp.Expression:
    """`tree AS name`, the name quoted."""
    return exp.Alias(this=tree, alias=exp.to_identifier(name, quoted=True))


def false_if_null(tree: exp.Expression) -> exp.Expression:
    """`tree` with NULL as false."""
    return call("ifNull", tree, exp.false())


def _joined(connector: Connector, left: exp.Expression, right: exp.Expression) -> exp.Expression:
    return connector(this=left, expression=right)


def _balanced(connector: Connector, trees: list[exp.Expression]) -> exp.Expression:
    while len(trees) > 1:
        halves = zip(trees[::2], trees[1::2], strict=False)
        pairs = [_joined(connector, left, right) for left, right in halves]
        trees = [*pairs, trees[-1]] if len(trees) % 2 else pairs
    return trees[0]
