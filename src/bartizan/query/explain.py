"""Prints the IR as one line of nested lists, for people who want to see what a query means and for tests."""

from datetime import datetime

from bartizan.query.ir import (
    And,
    CidrMatch,
    Constant,
    Equals,
    Exists,
    Expr,
    In,
    Match,
    Nested,
    Not,
    Or,
    Pattern,
    Range,
    Regex,
    SameAs,
    Scalar,
    Wild,
    Wildcard,
)


def explain(expr: Expr) -> str:
    """`(and (= event.action "CreateUser") (not (exists user.name)))` and the like."""
    match expr:
        case Constant(value):
            return "true" if value else "false"
        case And(items):
            return f"(and {' '.join(map(explain, items))})"
        case Or(items):
            return f"(or {' '.join(map(explain, items))})"
        case Not(item):
            return f"(not {explain(item)})"
        case Nested(outer, item):
            return f"(nested {outer.name} {explain(item)})"
        case leaf:
            return f"({_leaf(leaf)})"


def _leaf(leaf: Expr) -> str:
    match leaf:
        case Exists(field):
            return f"exists {field.name}"
        case Equals(field, value, ignore_case):
            return f"={'~' if ignore_case else ''} {field.name} {_scalar(value)}"
        case In(field, values, ignore_case):
            return f"in{'~' if ignore_case else ''} {field.name} {' '.join(map(_scalar, values))}"
        case Wildcard(field, pattern, ignore_case):
            return f"like{'~' if ignore_case else ''} {field.name} {_pattern(pattern)}"
        case Regex(field, pattern, ignore_case):
            return f"regex{'~' if ignore_case else ''} {field.name} {_scalar(pattern)}"
        case Range(field, low, high):
            ends = [(low, ">"), (high, "<")]
            shown = [f"{op}{'=' if end.inclusive else ''} {_scalar(end.value)}" for end, op in ends if end]
            return f"range {field.name} {' '.join(shown)}"
        case CidrMatch(field, network):
            return f"cidr {field.name} {network}"
        case Match(field, phrases):
            return f"match {field.name} {' '.join('[' + ' '.join(map(_pattern, phrase)) + ']' for phrase in phrases)}"
        case SameAs(field, other, ignore_case):
            return f"same{'~' if ignore_case else ''} {field.name} {other.name}"
    raise TypeError(f"no leaf: {leaf!r}")


def _scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else str(value)


def _pattern(pattern: Pattern) -> str:
    return "".join(part.value if isinstance(part, Wild) else _scalar(part) for part in pattern)
