"""A small set of varied events in the real engine, and how to ask them."""

import json
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from sqlglot import exp

from bartizan.ecs import Field, Registry, load_registry
from bartizan.engine.literals import bound
from bartizan.query.binder import Binder, Parameter
from bartizan.query.compile import predicate, to_ir
from bartizan.query.schema import Schema

HERE = Path(__file__).parent
DATABASE = "query_events"
NOW = datetime(2024, 5, 10, 12, 0, tzinfo=UTC)

OWN_FIELDS = (
    Field("aws.cloudtrail.error_code", "keyword", False),
    Field("aws.cloudtrail.flattened.request_parameters", "flattened", False),
)
COLUMNS = {
    "@timestamp": "DateTime64(3, 'UTC')",
    "event.id": "String",
    "event.action": "LowCardinality(String)",
    "event.provider": "LowCardinality(String)",
    "event.kind": "LowCardinality(String)",
    "event.outcome": "LowCardinality(String)",
    "event.category": "Array(LowCardinality(String))",
    "event.type": "Array(String)",
    "event.severity": "Nullable(Int64)",
    "event.risk_score": "Nullable(Float64)",
    "event.original": "String",
    "message": "String",
    "error.message": "String",
    "tags": "Array(String)",
    "related.ip": "Array(IPv6)",
    "user.name": "String",
    "user.id": "String",
    "user_agent.original": "String",
    "source.ip": "Nullable(IPv6)",
    "source.bytes": "Nullable(UInt64)",
    "destination.ip": "Nullable(IPv6)",
    "destination.port": "Nullable(UInt16)",
    "network.transport": "LowCardinality(String)",
    "http.response.status_code": "Nullable(Int64)",
    "url.path": "String",
    "host.uptime": "Nullable(Int64)",
    "process.name": "String",
    "process.executable": "String",
    "process.command_line": "String",
    "process.args": "Array(String)",
    "process.exit_code": "Nullable(Int64)",
    "entity.attributes.mfa_enabled": "Nullable(Bool)",
    "dns.question.name": "String",
    "dns.answers": "String",
    "aws.cloudtrail.error_code": "LowCardinality(String)",
    "aws.cloudtrail.flattened.request_parameters": "String",
}

Ask = Callable[[exp.Expression, Mapping[str, Parameter]], list[dict[str, Any]]]


def compile_predicate(text: str, language: str, schema: Schema, binder: Binder, now: datetime) -> exp.Expression:
    """The condition that `text` is on a table with the columns of `schema`."""
    return predicate(to_ir(text, language, schema, now), schema, binder)


@pytest.fixture(scope="session")
def registry() -> Registry:
    return load_registry().with_fields(OWN_FIELDS)


@pytest.fixture(scope="session")
def schema(registry: Registry) -> Schema:
    return Schema({"logs-all-default": COLUMNS}, registry)


@pytest.fixture(scope="session")
def ask(chdb_connection: Any) -> Ask:
    """Runs a tree with its parameters, read-only as the product does, and gives rows."""
    chdb_connection.query(f"CREATE DATABASE `{DATABASE}`")
    create_table(chdb_connection, "logs-all-default", COLUMNS)
    load_events(chdb_connection, "logs-all-default", (HERE / "events.ndjson").read_text(encoding="utf-8"))

    def run(tree: exp.Expression, params: Mapping[str, Parameter]) -> list[dict[str, Any]]:
        sql = tree.sql(dialect="clickhouse") + " SETTINGS readonly = 1"
        values = bound({name: parameter.value for name, parameter in params.items()})
        answer = chdb_connection.query(sql, "JSONEachRow", params=values)
        return [json.loads(line) for line in answer.bytes().splitlines()]

    return run


def create_table(connection: Any, stream: str, columns: Mapping[str, str]) -> None:
    definitions = ", ".join(f"`{name}` {clickhouse_type}" for name, clickhouse_type in columns.items())
    order = "ORDER BY `@timestamp` SETTINGS share_nested_offsets = 0"
    connection.query(f"CREATE TABLE `{DATABASE}`.`{stream}` ({definitions}) ENGINE = MergeTree {order}")


def load_events(connection: Any, stream: str, lines: str) -> None:
    settings = "SETTINGS input_format_null_as_default = 1, date_time_input_format = 'best_effort'"
    connection.query(f"INSERT INTO `{DATABASE}`.`{stream}` {settings} FORMAT JSONEachRow {lines}")


def matching_ids(ask: Ask, condition: exp.Expression, binder: Binder, stream: str = "logs-all-default") -> list[str]:
    """The ids of the events for which `condition` is true, in order."""
    table = exp.table_(exp.to_identifier(stream, quoted=True), db=exp.to_identifier(DATABASE, quoted=True))
    identifier = exp.column(exp.to_identifier("event.id", quoted=True))
    statement = exp.Select(expressions=[identifier]).from_(table).where(condition).order_by(identifier)
    return [row["event.id"] for row in ask(statement, binder.params)]
