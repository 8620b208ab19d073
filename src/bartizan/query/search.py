"""The schema of what is stored, and searches over it: a query's text in, events out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bartizan.ecs.document import document
from bartizan.ecs.registry import Registry
from bartizan.engine.base import READ_ONLY, Engine, answer, rows
from bartizan.engine.tables import tables_query
from bartizan.query.compile import Compiled, compile_search
from bartizan.query.explanation import Explanation, explanation, sql_text, values
from bartizan.query.index_patterns import select_streams
from bartizan.query.query_fields import ECS_FIELDS, QueryFields
from bartizan.query.schema import Schema, UnknownFields

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


def stored_schema(engine: Engine, registry: Registry, unknown_fields: UnknownFields = "error") -> Schema:
    """Every stream's columns as they are now."""
    streams: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows(engine, tables_query(), {"prefixes": STREAM_PREFIXES}):
        streams[row["table"]][row["name"]] = row["type"]
    return Schema(streams, registry, unknown_fields)


@dataclass(frozen=True, slots=True)
class Found:
    """What a search gives."""

    documents: list[dict[str, Any]]
    """ECS documents, the newest first."""
    sql: str
    """The statement that found them, with `{name:Type}` for what was bound."""
    rows_read: int
    """Rows that the engine read."""
    bytes_read: int
    """Bytes of them, as they are in memory."""
    elapsed_ms: float
    """Milliseconds in the engine."""


def search(engine: Engine, schema: Schema, asked: Search, now: datetime, timeout_s: float) -> Found:
    """The newest events that match. Raises a `QueryError` with position for a query that is wrong."""
    return run(engine, schema, compiled(schema, asked, now), timeout_s)


def explain_search(engine: Engine, schema: Schema, asked: Search, now: datetime) -> Explanation:
    """How that search is understood and would be run. Raises what `search` raises for a wrong query."""
    return explanation(engine, asked.query, asked.language, compiled(schema, asked, now))


def run(engine: Engine, schema: Schema, compiled: Compiled, timeout_s: float) -> Found:
    """The documents of a compiled search, which only reads and takes `timeout_s` seconds at most."""
    settings = {**READ_ONLY, "max_execution_time": timeout_s}
    answered = answer(engine, compiled.tree, values(compiled), settings=settings)
    documents = [document(row, schema.registry) for row in answered.rows]
    elapsed_ms = round(answered.elapsed_s * 1000, 3)
    return Found(documents, sql_text(compiled), answered.rows_read, answered.bytes_read, elapsed_ms)


def compiled(schema: Schema, asked: Search, now: datetime) -> Compiled:
    """The statement of a search. Raises what `search` raises for a wrong query."""
    streams = select_streams(list(asked.index), schema.streams)
    return compile_search(
        asked.query,
        asked.language,
        schema,
        streams,
        asked.time_from,
        asked.time_to,
        asked.limit,
        now,
        fields=asked.fields,
    )
