"""Queries over both engines: rows, Arrow, bound parameters of every type, settings, formats, concurrency."""

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sqlglot import exp

from bartizan.engine.base import READ_ONLY, Engine, Value, answer, arrow, rows
from bartizan.engine.errors import StatementRefused
from bartizan.engine.statements import Explained
from tests.engine.conftest import sql

HOSTILE = (
    "it's",
    'a "quoted" word',
    "back\\slash and \\' and \\\\",
    "tab\tline\nreturn\rnull\0end",
    "{x:String}",
    "{name:Identifier} $1 %(x)s ? :x",
    "'; DROP TABLE t; --",
    "\\N",
    "NULL",
    "[1,2]",
    "naïve Ω 字 🏰",
    "--",
    "/* */",
    "",
    " ",
    "\ufeff\u2028",
    "%27%00&readonly=0#",
)


@pytest.mark.parametrize("text", HOSTILE)
def test_hostile_text_comes_back_as_it_was(engine: Engine, text: str) -> None:
    query = sql("SELECT {text: String} AS one, {texts: Array(String)} AS many, length({text: String}) AS size_bytes")
    assert rows(engine, query, {"text": text, "texts": [text, "x", text]}) == [
        {"one": text, "many": [text, "x", text], "size_bytes": len(text.encode())}
    ]


@pytest.mark.parametrize(
    ("type", "value", "given_back"),
    [
        ("Bool", True, True),
        ("Bool", False, False),
        ("Array(Bool)", [True, False], [True, False]),
        ("UInt8", 255, 255),
        ("Int64", -(2**63), -(2**63)),
        ("UInt64", 2**64 - 1, 2**64 - 1),
        ("Float64", 1.5, 1.5),
        ("Float64", 1e-300, 1e-300),
        ("Array(Float64)", [0.1, -2.5], [0.1, -2.5]),
        ("Nullable(String)", None, None),
        ("Nullable(UInt64)", None, None),
        ("Nullable(String)", "\\N", "\\N"),
        ("Array(Nullable(String))", ["a", None, "NULL"], ["a", None, "NULL"]),
        ("Array(UInt64)", [], []),
        ("Array(Array(String))", [["a'"], [], ["b", "c\\"]], [["a'"], [], ["b", "c\\"]]),
        ("LowCardinality(String)", "x", "x"),
        ("IPv6", "::ffff:10.0.0.1", "::ffff:10.0.0.1"),
        ("DateTime64(3, 'UTC')", "2024-05-10 12:00:00.123", "2024-05-10T12:00:00.123Z"),
    ],
)
def test_a_parameter_of_each_type(engine: Engine, type: str, value: Value, given_back: Any) -> None:
    assert rows(engine, sql(f"SELECT {{value: {type}}} AS value"), {"value": value}) == [{"value": given_back}]


def test_a_name_is_a_parameter_too(engine: Engine) -> None:
    query = sql("SELECT {column: Identifier} AS n FROM (SELECT 1 AS `event.id's`)")
    assert rows(engine, query, {"column": "event.id's"}) == [{"n": 1}]


@given(text=st.text(st.characters(exclude_categories=["Cs"])), texts=st.lists(st.text(st.characters(codec="utf-8"))))
@settings(max_examples=20)
def test_any_text_comes_back_as_it_was(engine: Engine, text: str, texts: list[str]) -> None:
    query = sql("SELECT {text: String} AS one, {texts: Array(String)} AS many")
    assert rows(engine, query, {"text": text, "texts": texts}) == [{"one": text, "many": texts}]


def test_thousands_of_values_in_one_parameter(engine: Engine) -> None:
    ids = [f"id'{number}" for number in range(20_000)]
    assert rows(engine, sql("SELECT length({ids: Array(String)}) AS n"), {"ids": ids}) == [{"n": 20_000}]


def test_a_long_statement(engine: Engine) -> None:
    written = exp.func("length", exp.Literal.string("it's" * 100_000))
    query = exp.select(written.as_("n")).where(sql("{text: String} != ''"))
    assert rows(engine, query, {"text": "x" * 10_000}) == [{"n": 400_000}]


def test_rows_have_dates_as_iso_text_and_wide_integers_as_numbers(engine: Engine) -> None:
    query = sql(
        "SELECT toDateTime64('2024-05-10 12:00:00.5', 3, 'UTC') AS at, toUInt64(18446744073709551615) AS n, '/' AS p"
    )
    assert rows(engine, query) == [{"at": "2024-05-10T12:00:00.500Z", "n": 2**64 - 1, "p": "/"}]


def test_text_that_is_not_utf8_is_shown_replaced(engine: Engine) -> None:
    assert rows(engine, sql("SELECT unhex('61FF62') AS text")) == [{"text": "a\ufffdb"}]


def test_a_dotted_name_is_one_column(engine: Engine) -> None:
    assert rows(engine, sql("SELECT 1 AS `event.id`, `event.id` + 1 AS `a.b`")) == [{"event.id": 1, "a.b": 2}]


def test_arrow(engine: Engine) -> None:
    table = arrow(engine, sql("SELECT number AS n, {t: String} AS `a.b` FROM numbers(3)"), {"t": "x"})
    assert table.column_names == ["n", "a.b"]
    assert table.schema.field("a.b").type == pa.string()
    assert table.to_pylist() == [{"n": n, "a.b": "x"} for n in range(3)]


def test_arrow_without_rows_keeps_its_columns(engine: Engine) -> None:
    assert arrow(engine, sql("SELECT 1 AS n WHERE 0")).column_names == ["n"]


def test_another_format(engine: Engine) -> None:
    assert engine.query(sql("SELECT number, 'x' FROM numbers(2)"), format="CSV") == b'0,"x"\n1,"x"\n'


def test_a_setting_counts_for_its_statement_only(engine: Engine) -> None:
    asked = sql("SELECT getSetting('max_block_size') AS size")
    before = rows(engine, asked)
    assert rows(engine, asked, settings={"max_block_size": 123}) == [{"size": 123}]
    assert rows(engine, asked) == before


def test_a_statement_holds_up_no_other(engine: Engine) -> None:
    """Two that sleep and wait for each other would never both be seen running."""
    sleeper = sql("SELECT sleep(0.5) AS slept, 'held up' AS note")
    running = sql(
        "SELECT count() AS n FROM system.processes WHERE query LIKE '%held up%' AND query NOT LIKE '%processes%'"
    )
    with ThreadPoolExecutor(2) as pool:
        asleep = [pool.submit(rows, engine, sleeper) for _ in range(2)]
        seen = 0
        while not all(future.done() for future in asleep):
            seen = max(seen, rows(engine, running)[0]["n"])
        assert [future.result()[0]["slept"] for future in asleep] == [0, 0]
    assert seen == 2


def test_many_threads_ask_at_once(engine: Engine) -> None:
    asked = sql("SELECT sum(number) + {n: UInt64} AS n FROM numbers(1000)")
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda n: rows(engine, asked, {"n": n})[0]["n"], range(40)))
    assert answers == [499_500 + n for n in range(40)]


def test_what_a_query_took_and_its_plan(engine: Engine) -> None:
    statement = sql("SELECT number AS n FROM numbers(1000) WHERE n < {most: UInt64}")
    took = answer(engine, statement, {"most": 2}, settings=READ_ONLY)
    assert [row["n"] for row in took.rows] == [0, 1]
    assert min(took.rows_read, took.bytes_read, took.elapsed_s) > 0
    plan = rows(engine, Explained(statement), {"most": 2}, settings=READ_ONLY)
    assert any("ReadFromSystemNumbers" in line["explain"] for line in plan)


@pytest.mark.parametrize("format", ["JSON", "JSONEachRow"])
def test_a_statement_that_fails_midway_leaves_nothing_to_the_next(engine: Engine, format: str) -> None:
    failing = sql("SELECT number, throwIf(number = 70000) FROM numbers(100000)")
    for _ in range(3):
        with pytest.raises(StatementRefused):
            engine.query(failing, format=format)
        assert engine.query(sql("SELECT 1 AS one"), format="CSV") == b"1\n"
