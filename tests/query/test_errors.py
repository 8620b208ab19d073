"""A query that means nothing says where and what was probably meant."""

from datetime import UTC, datetime

import pytest

from bartizan.ecs import Registry
from bartizan.query.binder import Binder
from bartizan.query.compile import to_ir
from bartizan.query.errors import InvalidValue, QueryError, QuerySyntaxError, UnknownField, UnsupportedOperation
from bartizan.query.schema import Schema
from tests.query.conftest import COLUMNS, compile_predicate

NOW = datetime(2024, 5, 10, tzinfo=UTC)


@pytest.mark.parametrize(
    ("query", "error", "column", "says"),
    [
        ("event.acton: x", UnknownField, 1, "did you mean `event.action`?"),
        ("user.name: a and sourceip: 1.1.1.1", UnknownField, 18, "did you mean `source.ip`?"),
        ("aws.cloudtrail.eror_code: x", UnknownField, 1, "did you mean `aws.cloudtrail.error_code`?"),
        ("not.a.*.field: x", UnknownField, 1, "unknown field `not.a.*.field`"),
        ("source.geo: x", UnknownField, 1, "unknown field `source.geo`"),
        ("nothing.here: { a: b }", UnknownField, 1, "unknown field"),
        ("source.ip: 300.1.1.1", InvalidValue, 12, "`300.1.1.1` is no IP address"),
        ("source.ip: (10.0.0.1 or nonsense)", InvalidValue, 25, "`nonsense` is no IP address"),
        ("source.ip: 10.0.0.0/33", InvalidValue, 12, "is no IP address"),
        ("destination.port: http", InvalidValue, 19, "is no number"),
        ("destination.port: nan", InvalidValue, 19, "is no number"),
        ("destination.port: 1e999", InvalidValue, 19, "is no number"),
        ("entity.attributes.mfa_enabled: yes", InvalidValue, 32, "is no boolean"),
        ("@timestamp > yesterday", InvalidValue, 14, "is no date"),
        ("@timestamp > now-1x", InvalidValue, 14, "is no date"),
        (f"user.name: {'a*' * 101}", InvalidValue, 12, "at most 100 wildcards"),
        (f"user.name: {'a' * 10_001}*", InvalidValue, 12, "10000 characters"),
        (f"message: {'a ' * 101}", InvalidValue, 10, "more than 100 words"),
        ("a " * 101, InvalidValue, 1, "more than 100 words"),
        ("source.ip: 10.*", UnsupportedOperation, 1, "fit no pattern"),
        ("message > a", UnsupportedOperation, 1, "have no order"),
        ("aws.cloudtrail.flattened.request_parameters: x", UnsupportedOperation, 1, "only be asked for their presence"),
    ],
)
def test_refused(query: str, error: type[QuerySyntaxError], column: int, says: str, schema: Schema) -> None:
    with pytest.raises(error) as caught:
        to_ir(query, "kql", schema, NOW)
    assert caught.value.column == column
    assert says in str(caught.value)


def test_the_message_shows_line_caret_and_hint(schema: Schema) -> None:
    with pytest.raises(UnknownField) as caught:
        to_ir("event.category: iam\n  and event.acton: x", "kql", schema, NOW)
    assert str(caught.value) == (
        "line 2, column 7: unknown field `event.acton`\n"
        "    and event.acton: x\n"
        "        ^^^^^^^^^^^\n"
        "hint: did you mean `event.action`?"
    )
    assert caught.value.suggestion == "event.action"


def test_lenient_schema_takes_unknown_fields_as_missing(registry: Registry) -> None:
    lenient = Schema({"s": COLUMNS}, registry, unknown_fields="missing")
    tree = compile_predicate("vendor.own: x or not vendor.other: { a: b }", "kql", lenient, Binder(), NOW)
    assert tree.sql() == "TRUE"


def test_unknown_language(schema: Schema) -> None:
    with pytest.raises(QueryError, match="unknown query language `sql`"):
        to_ir("x", "sql", schema, NOW)


def test_a_message_has_no_control_characters(schema: Schema) -> None:
    with pytest.raises(InvalidValue) as caught:
        to_ir("source.ip: \x1b[31m\u202e", "kql", schema, NOW)
    assert caught.value.message == "`\\x1b[31m\\u202e` is no IP address, which `source.ip` holds"
    assert all(line.isprintable() for line in str(caught.value).splitlines())
