"""Writes a Lucene tree back as text that parses to the same tree."""

from bartizan.query.lucene.ast import (
    Clauses,
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
)
from bartizan.query.lucene.literals import write_quoted, write_term


def to_lucene(query: Query) -> str:
    """`query` as a query string. Clauses are joined with OR, which leaves each of them what its sign says."""
    match query:
        case Everything():
            return ""
        case Term(value):
            return _literal(value)
        case Fuzzy(value, edits):
            return f"{_literal(value)}~{'' if edits is None else edits}"
        case Proximity(value, slop):
            return f"{_literal(value)}~{slop}"
        case Regex(pattern):
            return f"/{_escape_slashes(pattern)}/"
        case Range(low, high):
            return _range(low, high)
        case Fielded(field, item):
            return f"{write_term(field.parts)}:{_operand(item, Fielded | Clauses)}"
        case Clauses(items):
            return " OR ".join(clause.occur.value + _operand(clause.item, Clauses) for clause in items)


def _operand(item: Query, looser: object) -> str:
    return f"({to_lucene(item)})" if isinstance(item, looser) else to_lucene(item)  # type: ignore[arg-type]


def _literal(literal: Literal) -> str:
    return write_quoted(literal.text) if literal.quoted else write_term(literal.parts)


def _range(low: End | None, high: End | None) -> str:
    start = "[*" if low is None else ("[" if low.inclusive else "{") + write_quoted(low.text)
    end = "*]" if high is None else write_quoted(high.text) + ("]" if high.inclusive else "}")
    return f"{start} TO {end}"


def _escape_slashes(pattern: str) -> str:
    written, escaped = [], False
    for character in pattern:
        written.append("\\/" if character == "/" and not escaped else character)
        escaped = character == "\\" and not escaped
    return "".join(written)
