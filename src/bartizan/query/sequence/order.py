"""What orders events, and what tells one from another: time, tiebreaker, when they were stored, their identity.

All of it is the same whenever it is asked: nothing depends on how parts of a table have been merged.
"""

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.errors import QueryError
from bartizan.query.ir import Kind
from bartizan.query.schema import Schema, is_nullable
from bartizan.query.sql import call, column, text
from bartizan.query.storage import read

ID = "event.id"


def milliseconds(schema: Schema, name: str) -> exp.Expression:
    """A date column as milliseconds since 1970; 0 where it is absent or has no value."""
    if name not in schema.columns:
        return call("toInt64", exp.Literal.number(0))
    at = call("toUnixTimestamp64Milli", call("toDateTime64", column(name), exp.Literal.number(3), text("UTC")))
    return call("ifNull", at, exp.Literal.number(0)) if is_nullable(schema.columns[name]) else at


def arrival(schema: Schema, name: str) -> exp.Expression:
    """What orders events that nothing else does: milliseconds of a date, any other column as it is."""
    is_date = "DateTime" in schema.columns.get(name, "DateTime")
    return milliseconds(schema, name) if is_date else column(name)


def identity(schema: Schema) -> exp.Expression:
    """64 bits that tell an event from others of its stream and time: of its id, or of all columns without one."""
    names = [ID] if ID in schema.columns else list(schema.columns)
    return call("sipHash64", *(column(name) for name in names))


def tie_columns(tiebreaker: str | None, schema: Schema, binder: Binder) -> list[exp.Expression]:
    """Whether the tiebreaker has no value (such events come last), its number and its text; nothing without one."""
    if tiebreaker is None:
        return []
    field = schema.resolve(tiebreaker)
    number, words = call("toInt64", exp.Literal.number(0)), text("")
    if field is None or not field.column:
        return [call("toUInt8", exp.true()), number, words]
    if field.is_array or field.path:
        raise QueryError(f"`{tiebreaker}` can hold many values, so it can't order events")
    value = read(field, binder).tree
    if field.kind is Kind.NUMBER:
        number = call("ifNull", call("accurateCastOrNull", value, text("Int64")), number)
        return [call("toUInt8", call("isNull", value.copy())), number, words]
    words = call("ifNull", call("toString", value), words)
    return [call("toUInt8", exp.EQ(this=words.copy(), expression=text(""))), number, words]
