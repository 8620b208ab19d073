"""From the text of an ES|QL query to one ClickHouse SELECT that gives a table.

Nothing of the text is in the SQL but names of stored columns; everything else is bound, or has a made-up name.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from sqlglot import exp

from bartizan.query.binder import Binder, Parameter
from bartizan.query.errors import NoStreams
from bartizan.query.esql import ast
from bartizan.query.esql.context import Context
from bartizan.query.esql.faults import Faults
from bartizan.query.esql.ids import Ids
from bartizan.query.esql.lower import MAX_LIMIT, lower
from bartizan.query.esql.parameters import Parameters, with_parameters
from bartizan.query.esql.parser import parse
from bartizan.query.esql.plan import Column, Plan
from bartizan.query.esql.scanning import Streams
from bartizan.query.esql.sql import MAX_LEVELS, levels, select
from bartizan.query.esql.tables import NO_LOOKUPS, Lookups
from bartizan.query.index_patterns import select_streams
from bartizan.query.query_fields import ECS_FIELDS, QueryFields
from bartizan.query.schema import Schema


@dataclass(frozen=True, slots=True)
class CompiledTable:
    """A SELECT, the parameters it refers to, and what its columns are called."""

    tree: exp.Select
    params: Mapping[str, Parameter]
    columns: tuple[Column, ...]
    """In the order of the SELECT, which calls them by their ids."""
    plan: Plan


@dataclass(frozen=True, slots=True)
class Reading:
    """What a query reads besides its text."""

    database: str | None = None
    fields: QueryFields = ECS_FIELDS
    time_from: datetime | None = None
    time_to: datetime | None = None
    streams: Sequence[str] | None = None
    """The streams to read in the place of those that FROM selects: files, or what a rule names."""
    lookups: Lookups = NO_LOOKUPS
    version: str = ""
    """What `SHOW INFO` tells."""


def compile_esql(
    text: str,
    schema: Schema,
    now: datetime,
    parameters: Parameters = (),
    *,
    limit: int = MAX_LIMIT,
    reading: Reading | None = None,
) -> CompiledTable:
    """The statement of a query, which gives at most `limit` rows. Raises `QuerySyntaxError` and its kin with position,
    `NoStreams` if FROM selects none."""
    query = with_parameters(parse(text), parameters, text)
    reading = reading or Reading()
    faults, binder, ids = Faults(text), Binder(), Ids(schema.columns)
    streams = _streams(query.commands[0], schema, binder, ids, reading)
    context = Context(faults, binder, ids, now, streams, reading.lookups, reading.version)
    plan = lower(query, context, limit)
    tree = select(plan, reading.database)
    if levels(tree) > MAX_LEVELS:
        hint = "compute columns that use each other in fewer steps"
        raise faults.at(query.commands[-1].span, f"more than {MAX_LEVELS} steps build on each other", hint)
    return CompiledTable(tree, binder.params, plan.columns, plan)


def _streams(source: ast.Command, schema: Schema, binder: Binder, ids: Ids, reading: Reading) -> Streams | None:
    if not isinstance(source, ast.From):
        return None
    chosen = select_streams(source.indices, schema.streams) if reading.streams is None else tuple(reading.streams)
    if not chosen:
        shown = ",".join(source.indices)
        raise NoStreams(f"`FROM {shown}` selects no stream", hint="check the index pattern against `logs-*`")
    narrowed = Schema({one: schema.streams[one] for one in chosen}, schema.registry, schema.unknown_fields)
    return Streams(narrowed, binder, ids, reading.fields, reading.time_from, reading.time_to)
