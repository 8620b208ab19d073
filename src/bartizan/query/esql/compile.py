"""From the text of an ES|QL query to one ClickHouse SELECT that gives a table.

Nothing of the text is in the SQL but names of stored columns; everything else is bound, or has a made-up name.
"""

from datetime import datetime

from bartizan.query.binder import Binder
from bartizan.query.errors import NoStreams
from bartizan.query.esql import ast
from bartizan.query.esql.context import Context
from bartizan.query.esql.explain import explain_plan
from bartizan.query.esql.faults import Faults
from bartizan.query.esql.ids import Ids
from bartizan.query.esql.lookup_tables import Lookups
from bartizan.query.esql.lower import MAX_LIMIT, lower
from bartizan.query.esql.parameters import with_parameters
from bartizan.query.esql.parser import parse
from bartizan.query.esql.plan import Aggregate, Expand
from bartizan.query.esql.scanning import Streams
from bartizan.query.esql.spans import by_span
from bartizan.query.esql.sql import MAX_DEPTH, MAX_LEVELS, depth, levels, select
from bartizan.query.esql.tables import LookupTable
from bartizan.query.index_patterns import select_streams
from bartizan.query.schema import Schema
from bartizan.query.table import CompiledTable, Reading, TableColumn


def compile_esql(text: str, schema: Schema, now: datetime, reading: Reading) -> CompiledTable:
    """The statement of a query. Raises `QuerySyntaxError` and its kin with position, `NoStreams` if it reads none."""
    query = with_parameters(parse(text), reading.parameters, text)
    faults, binder, ids = Faults(text), Binder(), Ids(schema.columns)
    streams = _streams(query.commands[0], schema, binder, ids, reading)
    tables = {name: one for name, one in reading.tables.items() if isinstance(one, LookupTable)}
    lookups = Lookups(tables, reading.lookups)
    context = Context(faults, binder, ids, now, streams, lookups, reading.version)
    span = streams.span(reading.span_ms) if streams and reading.span_ms else None
    plan = lower(query, context, MAX_LIMIT if reading.limit is None else reading.limit)
    if span is not None:
        plan = by_span(plan, span)
    tree = select(plan, reading.database)
    if levels(tree) > MAX_LEVELS:
        hint = "compute columns that use each other in fewer steps"
        raise faults.at(query.commands[-1].span, f"more than {MAX_LEVELS} steps build on each other", hint)
    if depth(tree) > MAX_DEPTH:
        hint = "compute parts of it in an `EVAL` before"
        raise faults.at(query.commands[-1].span, "an expression nests too deep", hint)
    columns = tuple(TableColumn(one.name, one.type.value, one.many, one.id) for one in plan.columns)
    return CompiledTable(
        tree,
        binder.params,
        columns,
        explain_plan(plan),
        streams=tuple(streams.schema.streams) if streams else (),
        necessary=plan.necessary,
        is_grouped=any(isinstance(stage, Aggregate | Expand) for stage in plan.stages),
    )


def _streams(source: ast.Command, schema: Schema, binder: Binder, ids: Ids, reading: Reading) -> Streams | None:
    if not isinstance(source, ast.From):
        return None
    chosen = select_streams(source.indices, schema.streams) if reading.streams is None else tuple(reading.streams)
    if not chosen:
        shown = ",".join(source.indices)
        raise NoStreams(f"`FROM {shown}` selects no stream", hint="check the index pattern against `logs-*`")
    return Streams(
        schema.only(chosen),
        binder,
        ids,
        reading.fields,
        reading.time_from,
        reading.time_to,
        reading.hidden,
        reading.within,
    )
