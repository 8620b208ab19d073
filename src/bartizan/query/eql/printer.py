"""EQL's tree to text that parses to the same tree."""

from bartizan.query.eql.ast import (
    And,
    Arithmetic,
    Comparison,
    Event,
    Field,
    Function,
    Literal,
    Lookup,
    Not,
    Operand,
    Or,
    Query,
    Sample,
    Sequence,
    Step,
)
from bartizan.query.eql.literals import write_name, write_string, write_timespan


def to_eql(query: Query) -> str:
    """The query on one line."""
    pipes = "".join(f" | {pipe.name} {pipe.count}" for pipe in query.pipes)
    match query.body:
        case Event() as event:
            return _event(event) + pipes
        case Sequence(steps, keys, maxspan_ms, until):
            span = f" with maxspan={write_timespan(maxspan_ms)}" if maxspan_ms else ""
            ends = f" until {_step(until)}" if until else ""
            return f"sequence{_by(keys)}{span} {' '.join(map(_step, steps))}{ends}{pipes}"
        case Sample(steps, keys):
            return f"sample{_by(keys)} {' '.join(map(_step, steps))}{pipes}"


def _event(event: Event) -> str:
    category = "any" if event.category is None else write_string(event.category)
    return f"{category} where {_operand(event.condition)}"


def _step(step: Step) -> str:
    runs = f" with runs={step.runs}" if step.runs > 1 else ""
    return f"{'!' if step.is_missing else ''}[{_event(step.event)}]{_by(step.keys)}{runs}"


def _by(keys: tuple[Field, ...]) -> str:
    return f" by {', '.join(map(_operand, keys))}" if keys else ""


def _operand(operand: Operand) -> str:
    match operand:
        case Field(name, optional):
            return f"{'?' if optional else ''}{write_name(name)}"
        case Literal(value):
            return _literal(value)
        case Function(name, arguments, ignore_case):
            return f"{name}{'~' if ignore_case else ''}({', '.join(map(_operand, arguments))})"
        case Arithmetic(operator, left, right):
            return f"({_operand(left)} {operator} {_operand(right)})"
        case Comparison(operator, left, right):
            return f"({_operand(left)} {operator} {_operand(right)})"
        case Lookup(operator, left, values):
            return f"({_operand(left)} {operator} ({', '.join(map(_operand, values))}))"
        case Not(item):
            return f"(not {_operand(item)})"
        case And(items):
            return f"({' and '.join(map(_operand, items))})"
        case Or(items):
            return f"({' or '.join(map(_operand, items))})"


def _literal(value: str | float | bool | None) -> str:
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    return write_string(value) if isinstance(value, str) else repr(value)
