"""What must be true of an event, as it is stored, for a pipeline to use it: read from the conditions before anything
else happens. Indexes serve these, and rules are pre-selected by them; the pipeline's own conditions stay."""

from collections.abc import Iterator, Sequence
from datetime import datetime, timedelta

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.dates import EARLIEST, LATEST
from bartizan.query.esql import ast
from bartizan.query.esql.context import Context
from bartizan.query.esql.conversions import coerced, time_span
from bartizan.query.esql.search_functions import kql_condition
from bartizan.query.esql.typed import Env, Mistake, Type, Typed
from bartizan.query.schema import SchemaField

_TURNED = {">": "<", ">=": "<=", "<": ">", "<=": ">=", "==": "=="}


def necessary(commands: Sequence[ast.Command], context: Context) -> ir.Expr | None:
    """A condition that every event fulfils that gets past the first `WHERE`s; None if nothing simple is said."""
    known = tuple(_conditions(commands, context))
    return None if not known else known[0] if len(known) == 1 else ir.And(known)


def _conditions(commands: Sequence[ast.Command], context: Context) -> Iterator[ir.Expr]:
    replaced: set[str] = set()
    for command in commands:
        match command:
            case ast.Where(condition):
                for part in condition.items if isinstance(condition, ast.And) else (condition,):
                    found = _condition(part, replaced, context)
                    if found is not None:
                        yield found
            case ast.Eval(assignments):
                replaced.update(one.name for one in assignments)
            case ast.Keep() | ast.Drop() | ast.Sort():
                pass
            case _:
                return


def _condition(node: ast.Expression, replaced: set[str], context: Context) -> ir.Expr | None:
    match node:
        case ast.Function("kql", (ast.Literal(str(query)), *_)):
            return kql_condition(query, node, context, context.streams.schema) if context.streams else None
        case ast.Binary(operator, ast.Column(name), right) if operator in _TURNED:
            return _compared(operator, _field(name, replaced, context), right, context)
        case ast.Binary(operator, left, ast.Column(name)) if operator in _TURNED:
            return _compared(_TURNED[operator], _field(name, replaced, context), left, context)
        case ast.In(ast.Column(name), values):
            field = _field(name, replaced, context)
            texts = [value.value for value in values if isinstance(value, ast.Literal) and isinstance(value.value, str)]
            if field is not None and field.kind is ir.Kind.KEYWORD and len(texts) == len(values):
                return ir.In(ir.FieldRef(field.name, field.kind), tuple(texts))
    return None


def _field(name: str, replaced: set[str], context: Context) -> SchemaField | None:
    """The stored field that a column is, unless it is another one by now."""
    if name in replaced or context.streams is None:
        return None
    found = context.streams.schema.resolve(name)
    return found if found is not None and found.column and not found.path and not found.ignore_case else None


def _compared(operator: str, field: SchemaField | None, value: ast.Expression, context: Context) -> ir.Expr | None:
    if field is None:
        return None
    ref = ir.FieldRef(field.name, field.kind)
    if field.kind is ir.Kind.KEYWORD and operator == "==" and isinstance(value, ast.Literal):
        text = value.value
        return ir.Equals(ref, text) if isinstance(text, str) and text else None
    if field.kind is not ir.Kind.DATE or field.is_array:
        return None
    time = _time(value, context)
    if time is None or not EARLIEST <= time <= LATEST:
        return None
    bound = ir.Bound(time, operator in (">=", "<=", "=="))
    return ir.Range(
        ref, bound if operator in (">", ">=", "==") else None, bound if operator in ("<", "<=", "==") else None
    )


def _time(value: ast.Expression, context: Context) -> datetime | None:
    """A constant time: a text, `NOW()`, or one of them and a span without months."""
    match value:
        case ast.Function("now", ()):
            return context.now
        case ast.Literal(str(text)):
            return _read(text, context)
        case ast.Binary("+" | "-" as operator, left, ast.TimeSpan(ast.Literal(int(count)), unit)):
            start, milliseconds = _time(left, context), _milliseconds(count, unit)
            if start is None or milliseconds is None:
                return None
            try:
                return start + timedelta(milliseconds=milliseconds if operator == "+" else -milliseconds)
            except OverflowError:
                return None
    return None


def _read(text: str, context: Context) -> datetime | None:
    unbound = Typed(Binder().scalar(text), Type.KEYWORD, False, text)
    try:
        read = coerced(unbound, Type.DATETIME, Env(Binder(), context.now))
    except Mistake:
        return None
    return read.constant if read is not None and isinstance(read.constant, datetime) else None


def _milliseconds(count: int, unit: str) -> int | None:
    try:
        span = time_span(count, unit)
    except ValueError:
        return None
    return None if span.months else span.milliseconds
