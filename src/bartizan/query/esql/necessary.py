"""What must be true of an event, as it is stored, for a pipeline to use it: read from the conditions before anything
else happens. Indexes serve these, and rules are pre-selected by them; the pipeline's own conditions stay."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import datetime, timedelta

from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.dates import EARLIEST, LATEST
from bartizan.query.esql import ast
from bartizan.query.esql.context import Context
from bartizan.query.esql.conversions import coerced, time_span
from bartizan.query.esql.operators import read_like
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
                yield from _each(condition.items if isinstance(condition, ast.And) else (condition,), replaced, context)
            case ast.Eval(assignments):
                replaced.update(one.name for one in assignments)
            case ast.Keep() | ast.Drop() | ast.Sort():
                pass
            case _:
                return


def _each(nodes: Iterable[ast.Expression], replaced: set[str], context: Context) -> Iterator[ir.Expr]:
    found = (_condition(node, replaced, context) for node in nodes)
    return (one for one in found if one is not None)


def _condition(node: ast.Expression, replaced: set[str], context: Context) -> ir.Expr | None:
    """What is true of an event wherever `node` is; it may be true of others too."""
    match node:
        case ast.And(items):
            known = tuple(_each(items, replaced, context))
            return ir.And(known) if known else None
        case ast.Or(items):
            known = tuple(_each(items, replaced, context))
            return ir.Or(known) if len(known) == len(items) else None
        case ast.Not(ast.IsNull(ast.Column(name))):
            field = _field(name, replaced, context)
            return None if field is None else ir.Exists(ir.FieldRef(field.name, field.kind))
        case ast.Function("starts_with", (ast.Column(name), ast.Literal(str(start)))):
            return _like(_field(name, replaced, context), [(start, ir.Wild.MANY)])
        case ast.Function("ends_with", (ast.Column(name), ast.Literal(str(end)))):
            return _like(_field(name, replaced, context), [(ir.Wild.MANY, end)])
        case ast.Like("like", ast.Column(name), patterns):
            texts = [one.value for one in patterns if isinstance(one, ast.Literal) and isinstance(one.value, str)]
            if len(texts) == len(patterns):
                return _like(_field(name, replaced, context), [read_like(text) for text in texts])
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


def _like(field: SchemaField | None, patterns: Sequence[ir.Pattern]) -> ir.Expr | None:
    if field is None or field.kind is not ir.Kind.KEYWORD or not all(map(any, patterns)):
        return None
    ref = ir.FieldRef(field.name, field.kind)
    return ir.Or(tuple(_fitting(ref, pattern) for pattern in patterns))


def _fitting(ref: ir.FieldRef, pattern: ir.Pattern) -> ir.Expr:
    match pattern:
        case (str(text),):
            return ir.Equals(ref, text)
        case _:
            return ir.Wildcard(ref, pattern)


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
