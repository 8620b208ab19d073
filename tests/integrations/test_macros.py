"""Shared SQL functions, put into mappings as trees."""

from pathlib import Path

import pytest
import sqlglot

from bartizan.integrations.errors import IntegrationError
from bartizan.integrations.macros import Macros, expand, load_macros

DEFINED = """
CREATE FUNCTION either AS (a, b) -> a = 1 OR b = 1;
CREATE FUNCTION twice AS (x) -> concat(x, x);
CREATE FUNCTION four AS (x) -> twice(twice(x));
CREATE FUNCTION mapped AS (xs) -> arrayMap(x -> twice(x), xs);
"""

CASES = [
    ("SELECT twice(a.b)", "SELECT CONCAT(a.b, a.b)"),
    ("SELECT NOT either(p + 1, q)", "SELECT NOT ((p + 1) = 1 OR q = 1)"),
    ("SELECT four('x')", "SELECT CONCAT(CONCAT('x', 'x'), CONCAT('x', 'x'))"),
    ("SELECT mapped(l)", "SELECT arrayMap(x -> CONCAT(x, x), l)"),
    ("SELECT other(1)", "SELECT other(1)"),
]


@pytest.fixture
def macros(tmp_path: Path) -> Macros:
    file = tmp_path / "macros.sql"
    file.write_text(DEFINED)
    return load_macros(file)


@pytest.mark.parametrize(("called", "expanded"), CASES)
def test_a_call_is_the_body_with_the_arguments_put_in(macros: Macros, called: str, expanded: str) -> None:
    assert expand(sqlglot.parse_one(called, dialect="clickhouse"), macros).sql(dialect="clickhouse") == expanded


def test_the_wrong_number_of_arguments_is_told(macros: Macros) -> None:
    with pytest.raises(IntegrationError, match="`twice` takes 1 arguments, got 2"):
        expand(sqlglot.parse_one("SELECT twice(1, 2)", dialect="clickhouse"), macros)


def test_only_functions_are_macros(tmp_path: Path) -> None:
    file = tmp_path / "macros.sql"
    file.write_text("SELECT 1")
    with pytest.raises(IntegrationError, match=r"macros\.sql"):
        load_macros(file)


def test_the_shipped_ones_load() -> None:
    assert {"javaMap", "userAgent", "communityId"} <= load_macros().keys()
