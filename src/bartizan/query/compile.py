"""From a query's text to ClickHouse: the door that search and detection use.

Nothing of the text is in the SQL but names of columns that exist; everything else is bound.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.binder import Binder, Parameter
from bartizan.query.clickhouse import condition, refusal
from bartizan.query.errors import NoStreams, QueryError, UnsupportedOperation
from bartizan.query.language import language_of
from bartizan.query.passes import run_passes
from bartizan.query.query_fields import ECS_FIELDS, QueryFields
from bartizan.query.relations import Target, select
from bartizan.query.schema import Schema
from bartizan.query.span import Span

MAX_ROWS = 1_000_000
"""Most rows that a search may ask for."""


@dataclass(frozen=True, slots=True)
class Compiled:
    """A SELECT, the parameters it refers to, and the columns it gives in their order."""

    tree: exp.Select
    params: Mapping[str, Parameter]
    columns: tuple[str, ...]
    expr: ir.Expr
    """What was asked for on all the streams together."""


def to_ir(text: str, language: str, schema: Schema, now: datetime, fields: QueryFields = ECS_FIELDS) -> ir.Expr:
    """What `text` means on `schema`, simplified. Raises `QuerySyntaxError` and its kin, which carry the position."""
    return checked(language_of(language).to_ir(text, schema, now, fields), text, schema)


def checked(expr: ir.Expr, text: str, schema: Schema) -> ir.Expr:
    """`expr`, which `text` means, simplified; raises `UnsupportedOperation` for what a field's kind doesn't have."""
    for leaf in ir.leaves(expr):
        reason = refusal(leaf)
        if reason:
            raise UnsupportedOperation(reason, text, leaf.field.span or Span(0, 1))
    return run_passes(expr, schema)


def predicate(expr: ir.Expr, schema: Schema, binder: Binder) -> exp.Expression:
    """The condition of an expression made by `to_ir`, 0 or 1 for every event (never NULL)."""
    return condition(expr, schema, binder, null_shows=True)


def compile_predicate(text: str, language: str, schema: Schema, binder: Binder, now: datetime) -> exp.Expression:
    """The condition that `text` is on a table with the columns of `schema`, for use within a larger query."""
    return predicate(to_ir(text, language, schema, now), schema, binder)


def compile_search(
    text: str,
    language: str,
    schema: Schema,
    streams: Sequence[str],
    time_from: datetime | None,
    time_to: datetime | None,
    limit: int,
    now: datetime,
    *,
    columns: Sequence[str] | None = None,
    database: str | None = None,
    fields: QueryFields = ECS_FIELDS,
    order: Sequence[ir.SortKey] | None = None,
) -> Compiled:
    """The newest `limit` events of `streams` for which `text` holds, `time_from` <= `@timestamp` < `time_to`.

    `columns` (default: all that the streams have) that a stream lacks are there without a value. `fields` names another
    field in the place of `@timestamp`, `order` another order than the newest first. Raises `NoStreams` for an empty
    choice, and what `to_ir` raises.
    """
    if not 0 <= limit <= MAX_ROWS:
        raise QueryError(f"a search gives 0 to {MAX_ROWS} events, not {limit}")
    chosen = _choose(schema, streams)
    expr = _with_time(to_ir(text, language, chosen, now, fields), fields.timestamp, time_from, time_to)
    shown = tuple(chosen.columns) if columns is None else tuple(name for name in columns if name in chosen.columns)
    keys = tuple(key for key in (newest_first(fields) if order is None else order) if key.column in shown)
    binder = Binder()
    tree = select(_newest(expr, chosen, shown, keys, limit), Target(chosen, binder, database))
    return Compiled(tree, binder.params, shown, expr)


def newest_first(fields: QueryFields) -> tuple[ir.SortKey, ...]:
    """The order of a search's results."""
    return ir.SortKey(fields.timestamp, descending=True), ir.SortKey(fields.tiebreaker)


def _choose(schema: Schema, streams: Sequence[str]) -> Schema:
    if not streams:
        raise NoStreams("the search selects no stream", hint="check the index pattern against `logs-*`")
    unknown = [stream for stream in streams if stream not in schema.streams]
    if unknown:
        raise NoStreams(f"there is no stream `{unknown[0]}`")
    return schema.only(streams)


def _with_time(expr: ir.Expr, field: str, time_from: datetime | None, time_to: datetime | None) -> ir.Expr:
    if time_from is None and time_to is None:
        return expr
    low = None if time_from is None else ir.Bound(time_from, True)
    high = None if time_to is None else ir.Bound(time_to, False)
    return ir.And((ir.Range(ir.FieldRef(field, ir.Kind.DATE), low, high), expr))


def _newest(
    expr: ir.Expr, schema: Schema, columns: tuple[str, ...], order: tuple[ir.SortKey, ...], limit: int
) -> ir.Relation:
    branches = []
    for stream in schema.streams:
        own = run_passes(expr, schema.narrow(stream))
        keys = tuple(key for key in order if key.column in schema.streams[stream])
        branches.append((own, _first(ir.Filter(ir.Scan(stream), own), keys, limit)))
    possible = [branch for own, branch in branches if own != ir.Constant(False)] or [branches[0][1]]
    projected = tuple(ir.Project(branch, columns) for branch in possible)
    return projected[0] if len(projected) == 1 and not order else _first(ir.Union(projected), order, limit)


def _first(source: ir.Relation, order: tuple[ir.SortKey, ...], limit: int) -> ir.Relation:
    return ir.Limit(ir.Sort(source, order) if order else source, limit)
