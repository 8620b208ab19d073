"""Prints the IR as one line of nested lists, for people who want to see what a query means and for tests."""

from datetime import datetime

from bartizan.query.ir import (
    And,
    Call,
    CidrMatch,
    Compare,
    Constant,
    Correlation,
    Equals,
    Exists,
    Expr,
    FieldRef,
    Fuzzy,
    In,
    Literal,
    Match,
    Measured,
    Near,
    Nested,
    Not,
    Or,
    Pattern,
    Range,
    Regex,
    Sample,
    Scalar,
    Seen,
    Sequence,
    Step,
    Together,
    Value,
    Wanted,
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
        case Compare(operator, left, right):
            return f"({operator} {_value(left)} {_value(right)})"
        case leaf:
            return f"({_leaf(leaf)})"


def explain_wanted(wanted: Wanted) -> str:
    """What a query finds: `(sequence (maxspan 5000) ((= a 1) by user.name) ...)`, `head` and `tail` around it."""
    match wanted.what:
        case Sequence(steps, maxspan_ms, until):
            parts = [f"(maxspan {maxspan_ms})"] if maxspan_ms is not None else []
            parts += [*map(_step, steps), *([f"(until {_step(until)})"] if until else [])]
            shown = f"(sequence {' '.join(parts)})"
        case Sample(steps):
            shown = f"(sample {' '.join(map(_step, steps))})"
        case Correlation(steps, window_ms, holds):
            shown = f"(correlation (window {window_ms}) {_holds(holds)} {' '.join(map(_step, steps))})"
        case expr:
            shown = explain(expr)
    for keep in wanted.keeps:
        shown = f"({'tail' if keep.newest else 'head'} {keep.count} {shown})"
    return shown


def _holds(holds: Measured | Seen | Together) -> str:
    match holds:
        case Measured(function, operator, value, fields, percentile):
            level = f" {percentile:g}" if function == "percentile" else ""
            return f"({operator} ({' '.join([function + level, *(one.name for one in fields)])}) {value})"
        case Seen(step):
            return f"seen-{step}"
        case Together(operator, items):
            return f"({operator} {' '.join(map(_holds, items))})"


def _step(step: Step) -> str:
    optional = step.optional_keys or (False,) * len(step.keys)
    keys = [f"{'?' if may else ''}{key.name}" for key, may in zip(step.keys, optional, strict=True)]
    by = f" by {' '.join(keys)}" if keys else ""
    runs = f" runs {step.runs}" if step.runs > 1 else ""
    return f"({'missing ' if step.is_missing else ''}{explain(step.predicate)}{by}{runs})"


def _value(value: Value) -> str:
    match value:
        case FieldRef(name):
            return name
        case Literal(scalar):
            return "null" if scalar is None else _scalar(scalar)
        case Call(function, arguments, ignore_case):
            return f"({function}{'~' if ignore_case else ''} {' '.join(map(_value, arguments))})"


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
        case Regex(field, pattern, ignore_case, words):
            return f"regex{'~' if ignore_case else ''}{' words' if words else ''} {field.name} {_scalar(pattern)}"
        case Fuzzy(field, value, edits, ignore_case):
            return f"fuzzy{'~' if ignore_case else ''} {field.name} {_scalar(value)} {edits}"
        case Near(field, words, slop):
            return f"near {field.name} [{' '.join(map(_scalar, words))}] {slop}"
        case Range(field, low, high):
            ends = [(low, ">"), (high, "<")]
            shown = [f"{op}{'=' if end.inclusive else ''} {_scalar(end.value)}" for end, op in ends if end]
            return f"range {field.name} {' '.join(shown)}"
        case CidrMatch(field, network):
            return f"cidr {field.name} {network}"
        case Match(field, phrases):
            return f"match {field.name} {' '.join('[' + ' '.join(map(_pattern, phrase)) + ']' for phrase in phrases)}"
    raise TypeError(f"no leaf: {leaf!r}")


def _scalar(value: Scalar) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, str):
        return '"' + value.replace("\\", "\\\\").replace('"', '\\"') + '"'
    return value.isoformat(timespec="milliseconds") if isinstance(value, datetime) else str(value)


def _pattern(pattern: Pattern) -> str:
    return "".join(part.value if isinstance(part, Wild) else _scalar(part) for part in pattern)
