"""The schema of what is stored, and searches over it: a query's text in, events out."""

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from bartizan.ecs.document import document
from bartizan.ecs.registry import Registry
from bartizan.engine.base import READ_ONLY, Engine, rows
from bartizan.engine.tables import tables_query
from bartizan.query.compile import compile_search
from bartizan.query.index_patterns import select_streams
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


def stored_schema(engine: Engine, registry: Registry, unknown_fields: UnknownFields = "error") -> Schema:
    """Every stream's columns as they are now."""
    streams: dict[str, dict[str, str]] = defaultdict(dict)
    for row in rows(engine, tables_query(), {"prefixes": STREAM_PREFIXES}):
        streams[row["table"]][row["name"]] = row["type"]
    return Schema(streams, registry, unknown_fields)


def search(engine: Engine, schema: Schema, asked: Search, now: datetime, timeout_s: float) -> list[dict[str, Any]]:
    """The newest events that match, as ECS documents. Raises a `QueryError` with position for a query that is wrong."""
    streams = select_streams(list(asked.index), schema.streams)
    compiled = compile_search(
        asked.query, asked.language, schema, streams, asked.time_from, asked.time_to, asked.limit, now
    )
    parameters = {name: parameter.value for name, parameter in compiled.params.items()}
    settings = {**READ_ONLY, "max_execution_time": timeout_s}
    found = rows(engine, compiled.tree, parameters, settings=settings)
    return [document(row, schema.registry) for row in found]
