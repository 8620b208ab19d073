"""Writes a KQL tree back as text that parses to the same tree."""

from bartizan.query.kql.ast import And, Comparison, Everything, Is, Literal, Nested, Not, Or, Query, ValueList
from bartizan.query.kql.literals import write_quoted, write_unquoted


def to_kql(query: Query) -> str:
    """`query` as KQL."""
    match query:
        case Everything():
            return ""
        case Is(None, value):
            return _literal(value)
        case Is(field, value) if field:
            return f"{_literal(field)}: {_literal(value)}"
        case ValueList(field, item):
            return f"{_literal(field)}: ({to_kql(item)})"
        case Comparison(field, operator, value):
            return f"{_literal(field)} {operator} {_literal(value)}"
        case And(items):
            return " and ".join(_operand(item, And | Or) for item in items)
        case Or(items):
            return " or ".join(_operand(item, Or) for item in items)
        case Not(item):
            return f"not {_operand(item, And | Or | Not)}"
        case Nested(field, item):
            return f"{_literal(field)}: {{ {to_kql(item)} }}"
    raise TypeError(f"no query: {query!r}")


def _operand(item: Query, looser: object) -> str:
    return f"({to_kql(item)})" if isinstance(item, looser) else to_kql(item)  # type: ignore[arg-type]


def _literal(literal: Literal) -> str:
    return write_quoted(literal.pieces[0]) if literal.quoted else write_unquoted(literal.pieces)
