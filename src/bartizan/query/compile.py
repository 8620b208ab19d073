"""From a query's text to ClickHouse: the door that search and detection use.

Nothing of the text is in the SQL but names of columns that exist; everything else is bound.
"""

from collections.abc import Container, Mapping, Sequence
from dataclasses import dataclass, field, replace
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
    keeps: tuple[ir.Keep, ...] = ()

    @property
    def wanted(self) -> ir.Wanted:
        """What was asked for."""
        return ir.Wanted(self.expr, self.keeps)


def to_ir(text: str, language: str, schema: Schema, now: datetime, fields: QueryFields = ECS_FIELDS) -> ir.Expr:
    """What `text` means on `schema`, simplified. Raises `QuerySyntaxError` and its kin, which carry the position."""
    return checked(language_of(language).to_ir(text, schema, now, fields), text, schema)


def to_wanted(text: str, language: str, schema: Schema, now: datetime, fields: QueryFields = ECS_FIELDS) -> ir.Wanted:
    """As `to_ir`, where the text may also ask for sequences or samples, or for the first events only."""
    front_end = language_of(language)
    if front_end.wanted is None:
        return ir.Wanted(to_ir(text, language, schema, now, fields))
    return checked_wanted(front_end.wanted(text, schema, now, fields), text, schema)


def checked_wanted(wanted: ir.Wanted, text: str, schema: Schema) -> ir.Wanted:
    """`wanted`, which `text` means, with each condition as `checked` has it."""
    match wanted.what:
        case ir.Sequence(steps, maxspan_ms, until):
            last = None if until is None else _checked_step(until, text, schema)
            what = ir.Sequence(tuple(_checked_step(step, text, schema) for step in steps), maxspan_ms, last)
            return replace(wanted, what=what)
        case ir.Sample(steps):
            return replace(wanted, what=ir.Sample(tuple(_checked_step(step, text, schema) for step in steps)))
        case ir.Correlation(steps, window_ms, holds):
            correlated = tuple(_checked_step(step, text, schema) for step in steps)
            return replace(wanted, what=ir.Correlation(correlated, window_ms, holds))
        case expr:
            return replace(wanted, what=checked(expr, text, schema))


def _checked_step(step: ir.Step, text: str, schema: Schema) -> ir.Step:
    return replace(step, predicate=checked(step.predicate, text, schema))


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


@dataclass(frozen=True, slots=True)
class Within:
    """Which of the events that fulfil a condition a search gives."""

    time_from: datetime | None = None
    time_to: datetime | None = None
    """`time_from` <= time < `time_to`."""
    limit: int = 100
    fields: QueryFields = ECS_FIELDS
    order: tuple[ir.SortKey, ...] | None = None
    """None is the newest first."""
    only: Mapping[str, ir.Expr] = field(default_factory=dict)
    """What else the events of a stream fulfil."""


def compile_events(
    wanted: ir.Wanted, chosen: Schema, within: Within, columns: Sequence[str] | None = None, database: str | None = None
) -> Compiled:
    """The statement for the events of all streams of `chosen` that `wanted` asks for by a condition."""
    assert not isinstance(wanted.what, ir.Sequence | ir.Sample | ir.Correlation)
    if not 0 <= within.limit <= MAX_ROWS:
        raise QueryError(f"a search gives 0 to {MAX_ROWS} events, not {within.limit}")
    expr = _with_time(wanted.what, within)
    shown = tuple(chosen.columns) if columns is None else tuple(name for name in columns if name in chosen.columns)
    last = newest_first(within.fields) if within.order is None else within.order
    cuts = [*(_Cut(_in_time(keep, last), keep.count) for keep in wanted.keeps), _Cut(last, within.limit)]
    binder = Binder()
    tree = select(
        _kept(expr, within.only, chosen, shown, [cut.over(shown) for cut in cuts]), Target(chosen, binder, database)
    )
    return Compiled(tree, binder.params, shown, expr, wanted.keeps)


@dataclass(frozen=True, slots=True)
class _Cut:
    """The first `count` rows in an order."""

    order: tuple[ir.SortKey, ...]
    count: int

    def over(self, columns: Container[str]) -> "_Cut":
        return _Cut(tuple(key for key in self.order if key.column in columns), self.count)

    def of(self, source: ir.Relation) -> ir.Relation:
        return ir.Limit(ir.Sort(source, self.order) if self.order else source, self.count)


def _in_time(keep: ir.Keep, order: tuple[ir.SortKey, ...]) -> tuple[ir.SortKey, ...]:
    """What comes first in time or last, by the same columns as the results: of one instant, too, the oldest and the
    newest are at opposite ends."""
    return tuple(replace(key, descending=keep.newest) for key in order)


def newest_first(fields: QueryFields) -> tuple[ir.SortKey, ...]:
    """The order of a search's results."""
    return ir.SortKey(fields.timestamp, descending=True), ir.SortKey(fields.tiebreaker)


def choose(schema: Schema, streams: Sequence[str]) -> Schema:
    """The schema of `streams`. Raises `NoStreams` for an empty choice or an unknown name."""
    if not streams:
        raise NoStreams("the search selects no stream", hint="check the index pattern against `logs-*`")
    unknown = [stream for stream in streams if stream not in schema.streams]
    if unknown:
        raise NoStreams(f"there is no stream `{unknown[0]}`")
    return schema.only(streams)


def _with_time(expr: ir.Expr, within: Within) -> ir.Expr:
    if within.time_from is None and within.time_to is None:
        return expr
    low = None if within.time_from is None else ir.Bound(within.time_from, True)
    high = None if within.time_to is None else ir.Bound(within.time_to, False)
    return ir.And((ir.Range(ir.FieldRef(within.fields.timestamp, ir.Kind.DATE), low, high), expr))


def _kept(
    expr: ir.Expr, only: Mapping[str, ir.Expr], schema: Schema, columns: tuple[str, ...], cuts: Sequence[_Cut]
) -> ir.Relation:
    first, *others = cuts
    branches = []
    for stream in schema.streams:
        wanted = ir.And((expr, only[stream])) if stream in only else expr
        own = run_passes(wanted, schema.narrow(stream))
        branches.append((own, first.over(schema.streams[stream]).of(ir.Filter(ir.Scan(stream), own))))
    possible = [branch for own, branch in branches if own != ir.Constant(False)] or [branches[0][1]]
    projected = tuple(ir.Project(branch, columns) for branch in possible)
    kept = projected[0] if len(projected) == 1 and not first.order else first.of(ir.Union(projected))
    for cut in others:
        kept = cut.of(kept)
    return kept
