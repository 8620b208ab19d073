"""What a pipeline's first conditions say of an event as it is stored: never more than they do."""

import pytest

from bartizan.query import ir
from bartizan.query.esql.compile import compile_esql
from bartizan.query.ir import And, Equals, Exists, FieldRef, In, Kind, Or, Wild, Wildcard
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from tests.query.conftest import NOW

ACTION, USER = FieldRef("event.action", Kind.KEYWORD), FieldRef("user.name", Kind.KEYWORD)
READ, WRITE, ANN = Equals(ACTION, "read"), Equals(ACTION, "write"), Equals(USER, "ann")
CASES: list[tuple[str, ir.Expr | None]] = [
    ('event.action == "read" AND user.name == "ann"', And((READ, ANN))),
    ('event.action == "read" OR event.action == "write"', Or((READ, WRITE))),
    ('(event.action == "read" AND LENGTH(user.name) > 3) OR event.action == "write"', Or((And((READ,)), WRITE))),
    ('event.action == "read" OR LENGTH(user.name) > 3', None),
    ('NOT (event.action == "read")', None),
    ("user.name IS NOT NULL", Exists(USER)),
    ("user.name IS NULL", None),
    ('event.action IN ("read", "write")', In(ACTION, ("read", "write"))),
    ('STARTS_WITH(user.name, "a")', Or((Wildcard(USER, ("a", Wild.MANY)),))),
    ('ENDS_WITH(user.name, "n")', Or((Wildcard(USER, (Wild.MANY, "n")),))),
    (r'user.name LIKE ("a*n", "b\\*")', Or((Wildcard(USER, ("a", Wild.MANY, "n")), Equals(USER, "b*")))),
    ('user.name LIKE ""', None),
    ('user.name RLIKE "a.*"', None),
    ("STARTS_WITH(user.name, event.action)", None),
]


@pytest.mark.parametrize(("condition", "necessary"), CASES)
def test_necessary(condition: str, necessary: ir.Expr | None, schema: Schema) -> None:
    assert compile_esql(f"FROM logs-* | WHERE {condition}", schema, NOW, Reading()).necessary == necessary


def test_a_column_that_was_replaced_says_nothing(schema: Schema) -> None:
    query = 'FROM logs-* | EVAL user.name = CONCAT(event.action, "x") | WHERE user.name == "ann"'
    assert compile_esql(query, schema, NOW, Reading()).necessary is None
