"""A read-only statement reads the store and nothing else, on both engines."""

import pytest
from sqlglot import exp

from bartizan.engine.base import READ_ONLY, Engine, rows
from bartizan.engine.errors import StatementRefused
from tests.engine.conftest import sql

READONLY_CODE = 164


@pytest.mark.parametrize(
    "statement",
    [
        "CREATE TABLE made (a UInt8) ENGINE = Memory",
        "INSERT INTO made SELECT 1",
        "DROP TABLE made",
        "ALTER TABLE made ADD COLUMN b UInt8",
        "TRUNCATE TABLE made",
        "SELECT * FROM file('/etc/passwd', 'LineAsString', 'line String')",
        "SELECT * FROM url('http://127.0.0.1:1/', 'CSV', 'a String')",
        "SELECT * FROM s3('http://127.0.0.1:1/bucket/key', 'CSV', 'a String')",
        "SELECT * FROM remote('127.0.0.1', 'system', 'one')",
        "SELECT * FROM executable('x.sh', 'CSV', 'a String')",
        "SELECT * FROM cluster('main', 'system', 'one')",
        "SELECT * FROM python('secrets')",
        "SELECT * FROM eval('SELECT 1')",
        "SELECT file('/etc/passwd')",
        "SELECT FILE('/etc/passwd')",
        "SELECT 1 WHERE (SELECT 1 FROM (SELECT file('/etc/passwd') AS f) WHERE f != '') = 1",
        "WITH x AS (SELECT * FROM file('/etc/passwd')) SELECT 1 FROM x",
        "SELECT aiGenerate('hello')",
        "SELECT getServerSetting('tmp_path')",
    ],
)
def test_it_can_do_nothing_else(engine: Engine, statement: str) -> None:
    with pytest.raises(StatementRefused) as refused:
        engine.query(sql(statement), settings=READ_ONLY)
    assert refused.value.code in (0, READONLY_CODE)


@pytest.mark.parametrize(
    "statement",
    [
        "SELECT * FROM {name: Identifier}",
        "SELECT 1 FROM (SELECT * FROM {name: Identifier} LIMIT 1 SETTINGS readonly = 0)",
    ],
)
def test_a_name_that_is_a_path_reads_no_file(engine: Engine, statement: str) -> None:
    with pytest.raises(StatementRefused):
        rows(engine, sql(statement), {"name": "/etc/passwd"}, settings=READ_ONLY)


def test_the_engine_itself_refuses_writes(engine: Engine) -> None:
    """Not only this program's look at the tree: a tree that hides its function is refused by ClickHouse."""
    hidden = exp.select("*").from_(exp.Table(this=exp.Var(this="file('/etc/passwd', 'LineAsString', 'line String')")))
    with pytest.raises(StatementRefused) as refused:
        engine.query(hidden, settings=READ_ONLY)
    assert refused.value.code == READONLY_CODE


def test_it_reads_with_other_settings_beside(engine: Engine) -> None:
    asked = sql("SELECT toFloat64(getSetting('max_execution_time')) AS s, toUInt8(getSetting('readonly')) AS r")
    for settings in ({"max_execution_time": 9, **READ_ONLY}, {**READ_ONLY, "max_execution_time": 9}):
        assert rows(engine, asked, settings=settings) == [{"s": 9, "r": 1}]


def test_it_may_use_what_searches_use(engine: Engine) -> None:
    query = sql(
        "WITH x AS (SELECT number AS n FROM numbers(3)) SELECT max(n) AS most FROM x WHERE n IN {ns: Array(UInt64)}"
    )
    assert rows(engine, query, {"ns": [1]}, settings=READ_ONLY) == [{"most": 1}]
    assert engine.query(sql("DESCRIBE (SELECT 1 AS n)"), settings=READ_ONLY)


def test_the_next_statement_may_write_again(engine: Engine, table_name: str) -> None:
    rows(engine, sql("SELECT 1"), settings=READ_ONLY)
    engine.query(sql(f"CREATE TABLE `{table_name}` (a UInt8) ENGINE = Memory"), format="Null")
    engine.query(sql(f"DROP TABLE `{table_name}`"), format="Null")
