"""Every function with values of every type, two at a time: it runs in the engine, or says what is wrong."""

from itertools import product
from random import Random

import pytest

from bartizan.query.errors import QueryError, QuerySyntaxError
from bartizan.query.esql.compile import compile_esql
from bartizan.query.esql.functions import AGGREGATES, SCALARS
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from tests.query.conftest import DATABASE, NOW, Ask

CONSTANTS = (
    *('"a"', "5", "1.5", "true", "null", '"10.0.0.6"::ip', '"2024-05-01"::datetime', '"1.2.3"::version'),
    *('["a", "b"]', "[1, 2]", "1 hour"),
)
COLUMNS = (
    *("user.name", "message", "tags", "source.ip", "related.ip", "source.bytes", "event.risk_score", "@timestamp"),
    *("entity.attributes.mfa_enabled", "user.target.name", "client.ip"),
)
VALUES = (*CONSTANTS, *COLUMNS)
PAIRS = [f"{one}, {other}" for one, other in product(VALUES, VALUES)]
SAMPLE = 30
"""Pairs that each function is tried with; which ones depends on its name."""
OPERATORS = ("+", "-", "*", "/", "%", "==", "!=", "<", ">=", ":", "LIKE", "RLIKE")
TYPES = ("keyword", "ip", "long", "integer", "double", "boolean", "datetime", "version", "unsigned_long")


def sampled(name: str) -> list[str]:
    """Some of `PAIRS`, always the same for a name."""
    return Random(name).sample(PAIRS, SAMPLE)


def runs(text: str, schema: Schema, ask: Ask) -> bool:
    """Whether a query can be read; it must run then."""
    try:
        found = compile_esql(f"FROM logs-all-default | {text}", schema, NOW, Reading(database=DATABASE))
    except QueryError as error:
        assert isinstance(error, QuerySyntaxError), text
        return False
    ask(found.tree, found.params)
    return True


@pytest.mark.parametrize(
    "text",
    [
        'WHERE MV_CONTAINS(null, "10.0.0.6"::ip)',
        "WHERE MV_INTERSECTS(true, null)",
        "EVAL x = MV_UNION(null, @timestamp)",
        "EVAL x = MV_UNION([1, 2], 1.5)",
        "STATS x = WEIGHTED_AVG(null, source.bytes)",
    ],
)
def test_null_beside_a_value_of_any_type_runs(text: str, schema: Schema, ask: Ask) -> None:
    assert runs(text, schema, ask)


@pytest.mark.parametrize(
    "text",
    [
        "EVAL x = BUCKET(source.bytes, null)",
        "EVAL x = DAY_NAME(user.name)",
        'EVAL x = MV_APPEND("a", "10.0.0.6"::ip)',
        'WHERE tags : ["a", "b"]',
    ],
)
def test_values_of_the_wrong_type_are_refused(text: str, schema: Schema, ask: Ask) -> None:
    assert not runs(text, schema, ask)


@pytest.mark.slow
def test_every_function_of_every_pair_of_values(schema: Schema, ask: Ask) -> None:
    calls = [f"EVAL x = {name}({arguments})" for name in SCALARS for arguments in (*VALUES, *sampled(name))]
    assert sum(runs(text, schema, ask) for text in calls) > 500


@pytest.mark.slow
def test_every_operator_and_cast_of_every_pair_of_values(schema: Schema, ask: Ask) -> None:
    texts = [f"EVAL x = {one} {operator} {other}" for operator in OPERATORS for one, other in product(VALUES, VALUES)]
    texts += [f"EVAL x = {one} IN ({other}, {one})" for one, other in product(VALUES, VALUES)]
    texts += [f"EVAL x = ({value})::{type_}" for value, type_ in product(VALUES, TYPES)]
    assert sum(runs(text, schema, ask) for text in texts) > 500


@pytest.mark.slow
def test_every_aggregate_of_every_pair_of_values(schema: Schema, ask: Ask) -> None:
    groups = ("", " BY tags", " BY b = BUCKET(@timestamp, 1 day)")
    texts = [f"STATS x = {name}({value}){group}" for name, value, group in product(AGGREGATES, VALUES, groups)]
    texts += [
        f"INLINE STATS x = {name}({both}) WHERE source.bytes > 5 BY tags"
        for name in AGGREGATES
        for both in sampled(name)
    ]
    assert sum(runs(text, schema, ask) for text in texts) > 300
