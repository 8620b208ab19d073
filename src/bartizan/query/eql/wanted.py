"""What a whole EQL query asks for: events, sequences or samples, and which of them its pipes keep."""

from datetime import datetime

from bartizan.query import ir
from bartizan.query.eql.ast import Event, Field, Pipe, Sample, Sequence, Step
from bartizan.query.eql.fields import Context, look_up
from bartizan.query.eql.lower import event_to_ir
from bartizan.query.eql.parser import parse
from bartizan.query.errors import UnsupportedOperation
from bartizan.query.schema import Schema
from bartizan.query.sequence.keys import KINDS


def eql_to_wanted(text: str, schema: Schema, now: datetime, category_field: str) -> ir.Wanted:
    """What `text` means for the fields of `schema`."""
    query, context = parse(text), Context(text, schema, now, category_field)
    keeps = tuple(map(_keep, query.pipes))
    match query.body:
        case Event() as event:
            return ir.Wanted(event_to_ir(event, context), keeps)
        case Sequence(steps, keys, maxspan_ms, until):
            last = None if until is None else _step(until, keys, context)
            return ir.Wanted(ir.Sequence(_steps(steps, keys, context), maxspan_ms, last), keeps)
        case Sample(steps, keys):
            return ir.Wanted(ir.Sample(_steps(steps, keys, context)), keeps)


def _steps(steps: tuple[Step, ...], shared: tuple[Field, ...], context: Context) -> tuple[ir.Step, ...]:
    return tuple(_step(step, shared, context) for step in steps)


def _step(step: Step, shared: tuple[Field, ...], context: Context) -> ir.Step:
    keys = (*shared, *step.keys)
    return ir.Step(
        event_to_ir(step.event, context),
        tuple(_key(key, context) for key in keys),
        step.runs,
        step.is_missing,
        tuple(key.optional for key in keys),
    )


def _key(field: Field, context: Context) -> ir.FieldRef:
    found = look_up(field, context)
    if found and found.ref.kind not in KINDS:
        message = f"`{field.name}` holds {found.ref.kind.value} values, which events can't be joined by"
        raise UnsupportedOperation(message, context.text, field.span, hint="join by a field with single values")
    return found.whole if found else ir.FieldRef(field.name, ir.Kind.KEYWORD, field.span)


def _keep(pipe: Pipe) -> ir.Keep:
    return ir.Keep(pipe.count, newest=pipe.name == "tail")
