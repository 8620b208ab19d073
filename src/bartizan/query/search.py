"""The schema of what is stored, and searches over it: a query's text in, events out."""

import time
from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any

from bartizan import __version__
from bartizan.ecs.document import document
from bartizan.ecs.registry import Registry
from bartizan.engine.base import READ_ONLY, Answer, Engine, answer, rows
from bartizan.engine.statements import Estimated
from bartizan.engine.tables import tables_query
from bartizan.query import ir
from bartizan.query.budget import Budget, kept
from bartizan.query.compile import Compiled, Within, choose, compile_events, to_wanted
from bartizan.query.correlation.evaluate import (
    CorrelationEvaluation,
    correlation_evaluation,
    evaluate_correlation,
)
from bartizan.query.explanation import Explanation, explanation, sql_text, values
from bartizan.query.index_patterns import select_streams
from bartizan.query.language import language_of
from bartizan.query.query_fields import ECS_FIELDS, QueryFields
from bartizan.query.schema import Schema, UnknownFields
from bartizan.query.sequence.evaluate import Evaluation, evaluate, evaluation
from bartizan.query.sequence.settings import MAX_SEQUENCES, Asked
from bartizan.query.table import CompiledTable, Reading
from bartizan.query.table_rows import Table, as_documents, table_of

_SEQUENCE = "event.sequence"
"""ECS's own field for the order of events."""

STREAM_PREFIXES = ("logs-", "metrics-", "alerts-")


@dataclass(frozen=True, slots=True)
class Search:
    """What is asked for."""

    query: str
    language: str = "kql"
    index: Sequence[str] = ("logs-*",)
    time_from: datetime | None = None
    time_to: datetime | None = None
    limit: int = 100
    fields: QueryFields = ECS_FIELDS
    order: tuple[ir.SortKey, ...] | None = None
    """None is the newest first."""
    streams: tuple[str, ...] | None = None
    """What ES|QL's FROM reads, whatever it says; None is what it says."""
    arrival: str = "event.ingested"
    """Column that orders what happened at the same time, for sequences."""
    parameters: Sequence[Any] | Mapping[str, Any] = ()
    """Values of an ES|QL query's parameters, by position or by name."""
    lookups: Sequence[Path] = ()
    """Folders of tables for ES|QL's ENRICH and LOOKUP JOIN."""
    within: Mapping[str, ir.Expr] = field(default_factory=dict)
    """What else the events of a stream fulfil, whatever the query says."""


def stored_schema(engine: Engine, registry: Registry, unknown_fields: UnknownFields = "error") -> Schema:
    """Every stream's columns as they are now."""
    streams: dict[str, dict[str, str]] = defaultdict(dict)
    derived: set[str] = set()
    for row in rows(engine, tables_query(), {"prefixes": STREAM_PREFIXES}):
        streams[row["table"]][row["name"]] = row["type"]
        derived.update([row["name"]] if row["default_kind"] == "ALIAS" else [])
    return Schema(streams, registry, unknown_fields, frozenset(derived))


@dataclass(frozen=True, slots=True)
class Group:
    """Events that belong together: a sequence or a sample."""

    keys: tuple[str | None, ...]
    """The values that they share, in the order of the query's `by`; None for no value."""
    events: list[dict[str, Any]]
    """ECS documents, in the order of the query's steps."""


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gives."""

    documents: list[dict[str, Any]]
    """ECS documents, the newest first."""
    groups: list[Group] | None
    """What a query for sequences or samples gives instead, in the order of time; None for other queries."""
    sql: str
    """The statement that found them, with `{name:Type}` for what was bound."""
    rows_read: int
    """Rows that the engine read."""
    bytes_read: int
    """Bytes of them, as they are in memory; 0 for sequences, where the engine doesn't tell."""
    elapsed_ms: float
    """Milliseconds in the engine."""
    table: Table | None = None
    """What a query in ES|QL gives; where it asks for `_id`, `documents` are its rows as events."""


Grouping = Evaluation | CorrelationEvaluation
Prepared = Compiled | Evaluation | CorrelationEvaluation | CompiledTable
"""A search made ready for the streams it reads."""


def search(engine: Engine, schema: Schema, asked: Search, now: datetime, budget: Budget) -> Found:
    """The newest events that match. Raises a `QueryError` with position for a query that is wrong."""
    return run(engine, schema, prepared(schema, asked, now), budget)


def explain_search(engine: Engine, schema: Schema, asked: Search, now: datetime) -> Explanation:
    """How that search is understood and would be run. Raises what `search` raises for a wrong query."""
    return explanation(engine, asked.query, asked.language, prepared(schema, asked, now))


def prepared(schema: Schema, asked: Search, now: datetime) -> Prepared:
    """The statement of a search. Raises what `search` raises for a wrong query."""
    table = language_of(asked.language).table
    if table is not None:
        return table(asked.query, schema, now, reading(asked))
    chosen = choose(schema, select_streams(list(asked.index), schema.streams))
    return ready_for(to_wanted(asked.query, asked.language, chosen, now, asked.fields), asked, chosen, now)


def ready_for(wanted: ir.Wanted, asked: Search, chosen: Schema, now: datetime) -> Prepared:
    """The statement for what is wanted of the streams of `chosen`."""
    if isinstance(wanted.what, ir.Correlation):
        return correlation_evaluation(chosen, wanted.what, _asked(asked, wanted, chosen, now))
    if not isinstance(wanted.what, ir.Sequence | ir.Sample):
        within = Within(asked.time_from, asked.time_to, asked.limit, asked.fields, asked.order, asked.within)
        return compile_events(wanted, chosen, within)
    return evaluation(chosen, wanted.what, _asked(asked, wanted, chosen, now))


def _asked(asked: Search, wanted: ir.Wanted, chosen: Schema, now: datetime) -> Asked:
    named = asked.fields.tiebreaker != ECS_FIELDS.tiebreaker
    tiebreaker = asked.fields.tiebreaker if named else _SEQUENCE if _SEQUENCE in chosen.columns else None
    return Asked(
        tuple(chosen.streams),
        asked.time_from,
        asked.time_to,
        complete_until=now if asked.time_to is None else min(now, asked.time_to),
        keeps=(*wanted.keeps, ir.Keep(min(asked.limit, MAX_SEQUENCES), newest=True)),
        timestamp=asked.fields.timestamp,
        tiebreaker=tiebreaker,
        arrival=asked.arrival,
        within=asked.within,
    )


def run(engine: Engine, schema: Schema, ready: Prepared, budget: Budget) -> Found:
    """What a search made ready finds. Raises `BudgetExceeded` if that takes more than it may, `SearchCancelled`."""
    with kept(budget):
        return _found(engine, schema, ready, budget)


def _found(engine: Engine, schema: Schema, ready: Prepared, budget: Budget) -> Found:
    if isinstance(ready, Evaluation | CorrelationEvaluation):
        return _groups(engine, schema, ready, budget)
    answered = answer(engine, ready.tree, values(ready), settings=budget.settings())
    if isinstance(ready, CompiledTable):
        return _table(schema, ready, answered)
    documents = [document(row, schema.registry) for row in answered.rows]
    return Found(documents, None, sql_text(ready), answered.rows_read, answered.bytes_read, _ms(answered.elapsed_s))


def reading(asked: Search) -> Reading:
    """What a query that gives a table reads; its FROM says which streams."""
    return Reading(
        fields=asked.fields,
        time_from=asked.time_from,
        time_to=asked.time_to,
        limit=asked.limit,
        parameters=asked.parameters,
        lookups=asked.lookups,
        version=__version__,
        streams=asked.streams,
        within=asked.within,
    )


def _table(schema: Schema, ready: CompiledTable, answered: Answer) -> Found:
    table = table_of(ready, answered.rows)
    documents = as_documents(table, schema.registry)
    return Found(
        documents, None, sql_text(ready), answered.rows_read, answered.bytes_read, _ms(answered.elapsed_s), table
    )


def _groups(engine: Engine, schema: Schema, ready: Grouping, budget: Budget) -> Found:
    started = time.monotonic()
    if isinstance(ready, Evaluation):
        found = evaluate(engine, ready, budget)
    else:
        found = evaluate_correlation(engine, ready, budget)
    elapsed_s = time.monotonic() - started
    groups = [Group(one.keys, [document(row, schema.registry) for row in one.events]) for one in found]
    return Found([], groups, sql_text(ready), rows_to_read(engine, ready), 0, _ms(elapsed_s))


def rows_to_read(engine: Engine, ready: Grouping) -> int:
    """Rows of the parts that the statement reads, by ClickHouse's own estimate: Arrow carries no statistics."""
    if ready.tree is None:
        return 0
    return sum(int(row["rows"]) for row in rows(engine, Estimated(ready.tree), values(ready), settings=READ_ONLY))


def _ms(seconds: float) -> float:
    return round(seconds * 1000, 3)
