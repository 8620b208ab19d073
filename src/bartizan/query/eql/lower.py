"""EQL's tree to the IR: finds the fields, reads values as the fields' types, and says where something doesn't fit.

Negation follows Elasticsearch, which translates it to `must_not`: an event without the field fulfils `field != "x"`.
"""

from datetime import datetime

from bartizan.query import ir
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
)
from bartizan.query.eql.calls import Misused, call_of, condition_of
from bartizan.query.eql.constants import IR_OPERATORS, Side, check_comparable, one_of, with_constant
from bartizan.query.eql.fields import CATEGORY_FIELD, Context, Known, look_up
from bartizan.query.eql.parser import parse
from bartizan.query.errors import InvalidValue, UnsupportedOperation
from bartizan.query.expressions import kind_of
from bartizan.query.schema import Schema
from bartizan.query.span import Span

_FLIPPED = {"<": ">", "<=": ">=", ">": "<", ">=": "<="}


def eql_to_ir(text: str, schema: Schema, now: datetime, category_field: str = CATEGORY_FIELD) -> ir.Expr:
    """What the event query `text` means for the fields of `schema`. Raises `UnsupportedOperation` for a sequence."""
    query = parse(text)
    if not isinstance(query.body, Event):
        hint = "a sequence finds several events together: it is a search of its own, not a condition on one event"
        raise UnsupportedOperation("a condition on one event was expected", text, Span(0, 1), hint=hint)
    if query.pipes:
        start = text.rfind("|")
        message = f"`| {query.pipes[0].name}` has no place in a condition on one event"
        raise UnsupportedOperation(message, text, Span(start, start + 1), hint="use the search's limit")
    return event_to_ir(query.body, Context(text, schema, now, category_field))


def event_to_ir(event: Event, context: Context) -> ir.Expr:
    """The condition of one event, its category included."""
    condition = _condition(event.condition, context)
    if event.category is None:
        return condition
    category = ir.FieldRef(context.category_field, ir.Kind.KEYWORD)
    return ir.And((ir.Equals(category, event.category), condition))


def _condition(operand: Operand, context: Context) -> ir.Expr:
    match operand:
        case And(items):
            return ir.And(tuple([_condition(item, context) for item in items]))
        case Or(items):
            return ir.Or(tuple([_condition(item, context) for item in items]))
        case Not(item):
            return ir.Not(_condition(item, context))
        case Comparison(operator, left, right):
            return _comparison(operator, left, right, operand.span, context)
        case Lookup(operator, left, values):
            return _lookup(operator, left, values, context)
        case Literal(bool(value)):
            return ir.Constant(value)
        case Literal(None):
            return ir.Constant(False)
        case Field(_, _, span):
            return with_constant("==", _side(operand, context), Literal(True, span), context)
        case Function():
            return _call_condition(operand, context)
        case _:
            message = "a condition was expected here, not a value"
            raise InvalidValue(message, context.text, operand.span, hint="compare it: `== ...`")


def _call_condition(function: Function, context: Context) -> ir.Expr:
    call = _value(function, context)
    if kind_of(call) is not ir.Kind.BOOLEAN:
        message = f"`{function.name}` gives no condition"
        raise InvalidValue(message, context.text, function.span, hint="compare it: `== ...`")
    return condition_of(call)


def _comparison(operator: str, left: Operand, right: Operand, span: Span, context: Context) -> ir.Expr:
    if isinstance(left, Literal) and not isinstance(right, Literal):
        left, right, operator = right, left, _FLIPPED.get(operator, operator)
    if operator == "!=" and _is_must_not(left, right):
        return ir.Not(_comparison("==", left, right, span, context))
    if isinstance(right, Literal) and operator != "!=":
        return with_constant(operator, _side(left, context), right, context)
    values = _value(left, context), _value(right, context)
    check_comparable(*values, span, context)
    return ir.Compare(IR_OPERATORS.get(operator, operator), *values)


def _is_must_not(left: Operand, right: Operand) -> bool:
    """Whether `!=` is the negation of `==`: between a field and a constant, and with `null`. Where a function is
    compared, no value is unequal to nothing."""
    return isinstance(right, Literal) and (isinstance(left, Field | Literal) or right.value is None)


def _lookup(operator: str, left: Operand, values: tuple[Operand, ...], context: Context) -> ir.Expr:
    side = _side(left, context)
    found = []
    for value in values:
        if not isinstance(value, Literal):
            assert isinstance(value, Field | Function | Arithmetic)
            raise InvalidValue("a list holds constants", context.text, value.span, hint="join comparisons with `or`")
        found.append(one_of(operator, side, value, context))
    return ir.any_of(found)


def _side(operand: Operand, context: Context) -> Side:
    if isinstance(operand, Field):
        return look_up(operand, context) or ir.Literal(None)
    return _value(operand, context)


def _value(operand: Operand, context: Context) -> ir.Value:
    match operand:
        case Literal(value):
            return ir.Literal(value)
        case Field():
            known = _side(operand, context)
            return known.ref if isinstance(known, Known) else known
        case Function(name, arguments, ignore_case):
            return _call(name, arguments, ignore_case, operand.span, context)
        case Arithmetic(operator, left, right):
            return _call(operator, (left, right), False, operand.span, context)
        case _:
            span = operand.span if isinstance(operand, Comparison | Lookup) else Span(0, 1)
            message = "a value was expected here, not a condition"
            raise InvalidValue(message, context.text, span, hint="join conditions with `and` or `or`")


def _call(name: str, arguments: tuple[Operand, ...], ignore_case: bool, span: Span, context: Context) -> ir.Value:
    values = tuple([_value(argument, context) for argument in arguments])
    try:
        return call_of(name, values, ignore_case)
    except Misused as error:
        raise InvalidValue(str(error), context.text, span, hint=error.hint) from None
