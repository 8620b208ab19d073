"""SQL that several mappings share: `CREATE FUNCTION f AS (x) -> ...` of `macros.sql`, expanded as trees into a mapping.

Expansion at compile time leaves no state in the engine, and ClickHouse computes an expression that appears twice once.
"""

from collections.abc import Mapping
from pathlib import Path

import sqlglot
from sqlglot import exp

from bartizan.integrations.errors import IntegrationError, WrongCall

Macros = Mapping[str, exp.Lambda]
"""The shared functions by name."""

MACROS_FILE = Path(__file__).parent / "macros.sql"


def load_macros(path: Path = MACROS_FILE) -> Macros:
    """Read the shared functions; each may call those defined above it."""
    macros: dict[str, exp.Lambda] = {}
    for statement in sqlglot.parse(path.read_text(encoding="utf-8"), dialect="clickhouse"):
        if not isinstance(statement, exp.Create) or not isinstance(statement.expression, exp.Lambda):
            raise IntegrationError("only `CREATE FUNCTION name AS (x) -> ...` is expected", where=str(path))
        macros[statement.this.name] = _expanded_lambda(statement.expression, macros)
    return macros


def expand(tree: exp.Expr, macros: Macros) -> exp.Expr:
    """A copy of `tree` in which each call of a macro is its body with the arguments put in. Raises `WrongCall`."""

    def replaced(node: exp.Expr) -> exp.Expr:
        if not isinstance(node, exp.Anonymous) or node.name not in macros:
            return node
        macro = macros[node.name]
        names = [parameter.name for parameter in macro.expressions]
        if len(names) != len(node.expressions):
            message = f"macro `{node.name}` takes {len(names)} arguments, got {len(node.expressions)}"
            raise WrongCall(message, line=node.meta.get("line", 1))
        arguments = dict(zip(names, (expand(e, macros) for e in node.expressions), strict=True))
        return _as_one_term(_substituted(macro.this, arguments))

    return tree.transform(replaced)


def _as_one_term(body: exp.Expr) -> exp.Expr:
    """An operator in parentheses, so that `NOT f(x)` negates all of it and `f(a + b)` multiplies the sum."""
    return exp.paren(body) if isinstance(body, exp.Binary | exp.Unary | exp.Predicate) else body


def _expanded_lambda(definition: exp.Lambda, macros: Macros) -> exp.Lambda:
    body = expand(definition.this, macros)
    return exp.Lambda(this=body, expressions=[parameter.copy() for parameter in definition.expressions])


def _substituted(body: exp.Expr, arguments: Mapping[str, exp.Expr]) -> exp.Expr:
    def replaced(node: exp.Expr) -> exp.Expr:
        is_name = isinstance(node, exp.Identifier) and not isinstance(node.parent, exp.Column | exp.Dot)
        is_column = isinstance(node, exp.Column) and not node.table
        if (is_name or is_column) and node.name in arguments:
            return _as_one_term(arguments[node.name].copy())
        return node

    return body.transform(replaced)
