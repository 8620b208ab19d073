"""What both engines answer instead of rows: the kind of error, its code and a message fit for people."""

import pytest

from bartizan.engine.address import open_engine
from bartizan.engine.base import Engine, rows
from bartizan.engine.errors import EngineError, EngineUnavailable, StatementRefused, translated
from bartizan.engine.limits import Limits
from bartizan.errors import Terminal, Transient
from tests.engine.clickhouse_http import serving
from tests.engine.conftest import sql


@pytest.mark.parametrize(
    ("statement", "code", "said"),
    [
        ("SELECT nope FROM system.one", 47, "Unknown expression identifier `nope`"),
        ("SELECT 1 FROM nowhere", 60, "nowhere"),
        ("SELECT nope(1)", 46, "nope"),
        ("SELECT toUInt8('x')", 6, "Cannot parse string 'x' as UInt8"),
        ("SELECT throwIf(1, 'a reason of its own')", 395, "a reason of its own"),
        ("SELECT 1 + 'x'", 43, "Illegal types"),
    ],
)
def test_a_wrong_statement_is_refused_for_good(engine: Engine, statement: str, code: int, said: str) -> None:
    with pytest.raises(StatementRefused) as refused:
        rows(engine, sql(statement))
    assert refused.value.code == code
    assert said in refused.value.message
    assert isinstance(refused.value, Terminal)
    assert_is_brief(refused.value)


def test_a_parameter_of_another_type_is_refused(engine: Engine) -> None:
    with pytest.raises(StatementRefused) as refused:
        rows(engine, sql("SELECT {n: UInt8} AS n"), {"n": "not a number"})
    assert refused.value.code == 457
    assert_is_brief(refused.value)


def test_a_statement_that_takes_too_long_may_be_tried_again(engine: Engine) -> None:
    with pytest.raises(EngineUnavailable) as stopped:
        rows(engine, sql("SELECT sum(number) FROM numbers(1000000000000)"), settings={"max_execution_time": 0.2})
    assert stopped.value.code == 159
    assert isinstance(stopped.value, Transient)
    assert_is_brief(stopped.value)


def test_a_statement_that_takes_too_much_memory_is_stopped(engine: Engine) -> None:
    hungry = sql("SELECT length(groupArray(number)) AS n FROM numbers(100000000)")
    with pytest.raises(EngineUnavailable) as stopped:
        rows(engine, hungry, settings={"max_memory_usage": 20_000_000})
    assert stopped.value.code == 241
    assert "memory limit" in stopped.value.message
    assert rows(engine, sql("SELECT 1 AS n")) == [{"n": 1}]


def test_limits_of_the_engine_are_on_every_statement(chdb_folder: str) -> None:
    engine = open_engine(
        f"chdb://{chdb_folder}", Limits(max_memory_bytes=123_456_789, max_threads=1, max_execution_s=7)
    )
    names = ("max_memory_usage", "max_threads", "max_execution_time")
    asked = ", ".join(f"toString(getSetting('{name}')) AS {name}" for name in names)
    assert list(rows(engine, sql(f"SELECT {asked}"))[0].values()) == ["123456789", "1", "7"]
    engine.close()


def test_statements_take_their_threads_where_little_memory_is_allowed(chdb_folder: str) -> None:
    engine = open_engine(f"chdb://{chdb_folder}", Limits(max_memory_bytes=400_000_000, max_threads=2))
    assert list(rows(engine, sql("SELECT getSetting('max_threads_min_free_memory_per_thread') AS n"))[0].values()) == [
        0
    ]
    engine.close()


def test_a_server_that_is_not_there() -> None:
    with pytest.raises(EngineUnavailable) as unavailable:
        open_engine("clickhouse://someone:secret@127.0.0.1:1/default", Limits())
    assert str(unavailable.value).startswith("127.0.0.1:1: no ClickHouse answers there; ")
    assert "secret" not in str(unavailable.value)


def test_a_server_that_goes_away(chdb_folder: str) -> None:
    with serving(chdb_folder) as server:
        engine = open_engine(f"clickhouse://{server.address}", Limits())
        assert rows(engine, sql("SELECT 1 AS n")) == [{"n": 1}]
    engine.close()
    with pytest.raises(EngineUnavailable) as unavailable:
        rows(engine, sql("SELECT {secret: String}"), {"secret": "hidden"})
    assert unavailable.value.code == 0
    assert "hidden" not in unavailable.value.message
    assert_is_brief(unavailable.value)


def test_a_password_goes_to_the_server_and_a_wrong_one_is_refused(chdb_folder: str) -> None:
    with serving(chdb_folder, user="analyst", password="p@ss/word") as server:
        engine = open_engine(f"clickhouse://analyst:p%40ss%2Fword@{server.address}/default", Limits())
        assert rows(engine, sql("SELECT 1 AS n")) == [{"n": 1}]
        engine.close()
        with pytest.raises(StatementRefused) as refused:
            open_engine(f"clickhouse://analyst:wrong@{server.address}", Limits())
    assert refused.value.code == 516


@pytest.mark.parametrize(
    ("url", "said"),
    [
        ("postgres://user:secret@host/db", "no engine has addresses that begin with `postgres://`"),
        ("clickhouse://host/db?shards=2", "an engine's address has no option `shards`"),
        ("/a/path", "no engine has addresses that begin with `://`"),
    ],
)
def test_an_address_of_no_engine(url: str, said: str) -> None:
    with pytest.raises(StatementRefused) as refused:
        open_engine(url, Limits())
    assert refused.value.message == said
    assert "secret" not in str(refused.value)


@pytest.mark.parametrize(
    ("raised", "kind", "message"),
    [
        (
            "Received ClickHouse exception, code: 47, server response: Code: 47. DB::Exception: Unknown identifier `x`."
            " In scope SELECT x. (UNKNOWN_IDENTIFIER) (version 26.9.2.1 (official build)) (for url http://h:8123)",
            StatementRefused,
            "Unknown identifier `x`",
        ),
        ("Code: 241. DB::Exception: Memory limit exceeded. (MEMORY_LIMIT_EXCEEDED)", EngineUnavailable, None),
        ("Code: 252. DB::Exception: Too many parts. (TOO_MANY_PARTS)", EngineUnavailable, None),
        ("Error <urllib3> Connection refused\nand more", EngineUnavailable, "Error <urllib3> Connection refused"),
        ("", EngineUnavailable, ""),
    ],
)
def test_what_a_driver_raised_becomes_ours(raised: str, kind: type[EngineError], message: str | None) -> None:
    error = translated(RuntimeError(raised))
    assert type(error) is kind
    assert message is None or error.message == message


def assert_is_brief(error: EngineError) -> None:
    """One line, without the statement, the version or a stack trace."""
    assert error.message
    assert len(error.message) <= 510
    for noise in ("\n", "In scope", "(version", "Stack trace", "Code:", "http://"):
        assert noise not in error.message
