"""Builds the tree while the text is parsed; one method per rule of the grammar."""

from typing import Any

from lark import Token, Transformer, v_args

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
    Pipe,
    Query,
    Sample,
    Sequence,
    Step,
)
from bartizan.query.eql.literals import BadLiteral, read_name, read_raw_string, read_string, read_timespan
from bartizan.query.span import Span
from bartizan.query.syntax import Refused, at, decimal, integer

MAX_RUNS = 100
"""Most repetitions that `with runs` may ask for (Elasticsearch's own bound)."""

MAX_STEPS = 256
"""Most events of one sequence (Elasticsearch's own bound)."""

MAX_WRITTEN = 59
"""Most steps that are written out: each is a bit of a mask, and `until` another."""

_PIPES = ("head", "tail")
_DEFAULT_ROWS = 10
_MAX_ROWS = 1_000_000
_MAX_DIGITS = 18


@v_args(inline=True)
class Build(Transformer[Token, Query]):
    """From tokens to nodes."""

    def start(self, body: Any, *pipes: Pipe) -> Query:
        return Query(body, pipes)

    def event(self, category: Token, condition: Operand) -> Event:
        return Event(None if category.type == "ANY" else str(_value(category)), condition)

    def sequence(self, *parts: Any) -> Sequence:
        steps = tuple(part for part in parts if isinstance(part, Step))
        until = next((part[1] for part in parts if isinstance(part, tuple) and part[0] == "until"), None)
        options = _options(parts)
        if sum(step.runs for step in steps) > MAX_STEPS or len(steps) > MAX_WRITTEN:
            raise Refused(
                f"a sequence has at most {MAX_WRITTEN} steps and {MAX_STEPS} events", steps[-1].span, "make two of it"
            )
        for step in steps:
            if step.is_missing and step.runs > 1:
                raise Refused("a missing event has no `with runs`", step.span, "one such event is one too many")
            if step.is_missing and "maxspan" not in options:
                raise Refused("a missing event needs `with maxspan`", step.span, "it is decided when the span is over")
        if all(step.is_missing for step in steps):
            raise Refused("all events of the sequence are missing ones", steps[0].span, "name one that must come")
        if len(steps) == 1 and steps[0].runs == 1:
            raise Refused("a sequence has at least two events", steps[0].span, "add one in brackets, or `with runs=2`")
        _check_keys((*steps, *([until] if until else [])))
        return Sequence(steps, options.get("by", ()), options.get("maxspan"), until)

    def sample(self, *parts: Any) -> Sample:
        steps = tuple(part for part in parts if isinstance(part, Step))
        shared = _options(parts).get("by", ())
        for step in steps:
            if step.is_missing or step.runs > 1:
                raise Refused("a sample has neither missing events nor runs", step.span, "use `sequence`")
            if not shared and not step.keys:
                raise Refused("a sample needs join keys", step.span, "write `sample by field`")
        if len(steps) == 1:
            raise Refused("a sample has at least two events", steps[0].span, "add one in brackets")
        _check_keys(steps)
        return Sample(steps, shared)

    def step(self, is_missing: bool, event: Event, *options: Any) -> Step:
        given = _options(options)
        keys: tuple[Field, ...] = given.get("by", ())
        return Step(event, keys, given.get("runs", 1), is_missing, _span(event.condition))

    def present(self) -> bool:
        return False

    def missing(self, token: Token) -> bool:
        return True

    def step_option(self, option: tuple[str, Any]) -> tuple[str, Any]:
        return option

    def sequence_option(self, option: tuple[str, Any]) -> tuple[str, Any]:
        return option

    def by(self, *fields: Field) -> tuple[str, Any]:
        return "by", fields

    def maxspan(self, token: Token) -> tuple[str, Any]:
        try:
            milliseconds = read_timespan(str(token))
        except BadLiteral as error:
            raise Refused(str(error), at(token), error.hint) from None
        if milliseconds <= 0:
            raise Refused("`maxspan` must be longer than nothing", at(token))
        return "maxspan", milliseconds

    def runs(self, token: Token) -> tuple[str, Any]:
        number = integer(token, _MAX_DIGITS)
        if not 1 <= number <= MAX_RUNS:
            raise Refused(f"`runs` is a number from 1 to {MAX_RUNS}", at(token))
        return "runs", number

    def until(self, event: Event, by: tuple[str, Any] | None = None) -> tuple[str, Step]:
        return "until", Step(event, by[1] if by else (), span=_span(event.condition))

    def pipe(self, name: Token, count: Token | None = None) -> Pipe:
        if name not in _PIPES:
            raise Refused(f"there is no pipe `{name}`", at(name), "EQL has `head` and `tail`")
        number = _DEFAULT_ROWS if count is None else integer(count, _MAX_DIGITS)
        if not 0 <= number <= _MAX_ROWS:
            raise Refused(f"a pipe gives 0 to {_MAX_ROWS} events", at(count or name))
        return Pipe(str(name), number)

    def or_test(self, *items: Operand) -> Operand:
        return Or(items)

    def and_test(self, *items: Operand) -> Operand:
        return And(items)

    def negation(self, item: Operand) -> Operand:
        return Not(item)

    def compare(self, left: Operand, operator: Token, right: Operand) -> Operand:
        return Comparison(str(operator), left, right, at(operator))

    def pattern(self, left: Operand, operator: Token, right: Operand) -> Operand:
        if operator == ":":
            return Comparison(":", left, right, at(operator))
        return Lookup(str(operator), left, (right,), at(operator))

    def lookup(self, left: Operand, operator: Token, values: tuple[Operand, ...]) -> Operand:
        return Lookup(str(operator), left, values, at(operator))

    def not_lookup(self, left: Operand, operator: Token, values: tuple[Operand, ...]) -> Operand:
        return Not(Lookup(str(operator), left, values, at(operator)))

    def list(self, *values: Operand) -> tuple[Operand, ...]:
        return values

    def arithmetic(self, left: Operand, operator: Token, right: Operand) -> Operand:
        return Arithmetic(str(operator), left, right, at(operator))

    def signed(self, sign: Token, operand: Operand) -> Operand:
        if sign == "+":
            return operand
        if isinstance(operand, Literal) and isinstance(operand.value, int | float):
            return Literal(-operand.value, operand.span.cover(at(sign)))
        return Arithmetic("-", Literal(0, at(sign)), operand, at(sign))

    def function(self, name: Token, *rest: Any) -> Function:
        ignore_case = bool(rest) and isinstance(rest[0], Token)
        arguments = rest[1:] if ignore_case else rest
        return Function(str(name), tuple(arguments), ignore_case, at(name))

    def field(self, *parts: Token) -> Field:
        name = parts[-1]
        return Field(read_name(str(name)), len(parts) > 1, at(parts[0]).cover(at(name)))

    def literal(self, token: Token) -> Literal:
        return Literal(_value(token), at(token))


def _check_keys(steps: tuple[Step, ...]) -> None:
    for step in steps:
        if len(step.keys) != len(steps[0].keys):
            message = f"this event joins by {len(step.keys)} fields of its own, the first one by {len(steps[0].keys)}"
            raise Refused(message, step.span, "give every event in brackets as many `by` fields")


def _value(token: Token) -> str | int | float | bool | None:
    match token.type:
        case "STRING":
            return _text(token)
        case "RAW_STRING":
            return read_raw_string(str(token))
        case "INTEGER":
            return integer(token, _MAX_DIGITS)
        case "DECIMAL":
            return decimal(token)
        case "TRUE" | "FALSE":
            return token.type == "TRUE"
        case "NULL":
            return None
        case _:
            return str(token)


def _text(token: Token) -> str:
    try:
        return read_string(str(token))
    except BadLiteral as error:
        start = (token.start_pos or 0) + error.offset
        raise Refused(str(error), Span(start, start + 2), error.hint) from None


def _options(parts: tuple[Any, ...]) -> dict[str, Any]:
    return {part[0]: part[1] for part in parts if isinstance(part, tuple) and part[0] != "until"}


def _span(operand: Operand) -> Span:
    match operand:
        case Not(item):
            return _span(item)
        case And(items) | Or(items):
            return _span(items[0])
        case _:
            return operand.span
