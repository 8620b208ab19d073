"""Inserts that happen once, over a local file, on both engines."""

from pathlib import Path

import pytest
from sqlglot import exp

from bartizan.engine.base import Engine, LocalFile, rows
from bartizan.engine.errors import StatementRefused
from bartizan.engine.inserts import insert_once, prepare_insert
from bartizan.engine.tables import ensure_table
from tests.engine.conftest import sql
from tests.engine.stream_tables import stream_table

COLUMNS = ("@timestamp", "event.ingested", "event.id", "event.category", "event.original")
SELECT = """
SELECT {ingested: DateTime64(3, 'UTC')}, {ingested: DateTime64(3, 'UTC')}, concat({prefix: String}, body), tags, body
FROM pieces
"""
INGESTED = "2024-05-10 12:00:00.000"


@pytest.fixture
def table(engine: Engine, table_name: str) -> str:
    ensure_table(engine, stream_table(table_name, retention_days=0))
    return table_name


def row_binary(path: Path, bodies: list[bytes]) -> LocalFile:
    """Bodies, each with one tag, in RowBinary: strings after their length as LEB128."""

    def string(raw: bytes) -> bytes:
        size = len(raw)
        encoded = bytearray()
        while size > 127:
            encoded.append(size & 127 | 128)
            size >>= 7
        return bytes(encoded) + bytes([size]) + raw

    path.write_bytes(b"".join(string(body) + b"\x01" + string(b"tag") for body in bodies))
    return LocalFile(path, "RowBinary", "body String, tags Array(String)")


def insert(engine: Engine, table: str, file: LocalFile, token: str) -> None:
    prepared = prepare_insert(table, COLUMNS, sql(SELECT))
    insert_once(engine, prepared, file, token, {"ingested": INGESTED, "prefix": "it's "})


def test_a_parameter_stands_for_the_table(engine: Engine, table: str, tmp_path: Path) -> None:
    prepared = prepare_insert(exp.Placeholder(this="name", kind="Identifier"), COLUMNS, sql(SELECT))
    parameters = {"name": table, "ingested": INGESTED, "prefix": ""}
    insert_once(engine, prepared, row_binary(tmp_path / "file.rb", [b"one", b"two"]), "one", parameters)
    assert counted(engine, table) == 2


def counted(engine: Engine, table: str) -> int:
    return int(rows(engine, sql("SELECT count() AS n FROM {table: Identifier}"), {"table": table})[0]["n"])


def test_rows_of_a_file_are_stored_byte_by_byte(engine: Engine, table: str, tmp_path: Path) -> None:
    bodies = [b"plain", b"cr\r\nlf\n", b"nul\0", b"\xff\xfe not utf-8", b"--boundary\r\n\r\n--", b"", b"x" * 100_000]
    insert(engine, table, row_binary(tmp_path / "a file's name.rb", bodies), "one")
    query = sql("SELECT hex(`event.original`) AS body, `event.category` AS tags FROM {table: Identifier} ORDER BY body")
    found = rows(engine, query, {"table": table})
    assert sorted(bytes.fromhex(row["body"]) for row in found) == sorted(bodies)
    assert {tuple(row["tags"]) for row in found} == {("tag",)}


def test_a_batch_is_stored_once_by_its_token(engine: Engine, table: str, tmp_path: Path) -> None:
    file = row_binary(tmp_path / "batch", [b"a", b"b"])
    for _ in range(3):
        insert(engine, table, file, "batch-1")
    assert counted(engine, table) == 2


def test_the_token_names_the_batch_not_what_it_holds(engine: Engine, table: str, tmp_path: Path) -> None:
    file = row_binary(tmp_path / "batch", [b"a", b"b"])
    insert(engine, table, file, "batch-1")
    insert(engine, table, file, "batch-2")
    insert(engine, table, row_binary(tmp_path / "other", [b"c"]), "batch-1")
    assert counted(engine, table) == 4


def test_a_batch_is_one_part(engine: Engine, table: str, tmp_path: Path) -> None:
    """Hence it is there wholly or not at all, whatever the engine's blocks."""
    file = row_binary(tmp_path / "batch", [b"%d" % number for number in range(100_000)])
    insert(engine, table, file, "batch-1")
    parts = sql("SELECT count() AS n, sum(rows) AS rows FROM system.parts WHERE table = {table: String} AND active")
    assert rows(engine, parts, {"table": table}) == [{"n": 1, "rows": 100_000}]


def test_a_refused_batch_leaves_nothing_and_can_be_repeated(engine: Engine, table: str, tmp_path: Path) -> None:
    file = row_binary(tmp_path / "batch", [b"1", b"x"])
    select = sql(SELECT.replace("body\nFROM", "toString(toUInt8(body))\nFROM"))
    parameters = {"ingested": INGESTED, "prefix": ""}
    with pytest.raises(StatementRefused):
        insert_once(engine, prepare_insert(table, COLUMNS, select), file, "batch-1", parameters)
    assert counted(engine, table) == 0
    insert(engine, table, file, "batch-1")
    assert counted(engine, table) == 2


def test_a_file_can_be_read_without_storing_it(engine: Engine, tmp_path: Path) -> None:
    file = row_binary(tmp_path / "batch", [b"a", b"bc"])
    assert rows(engine, sql("SELECT sum(length(body)) AS n FROM pieces"), file=file) == [{"n": 3}]


def test_a_damaged_file_is_refused(engine: Engine, tmp_path: Path) -> None:
    file = row_binary(tmp_path / "batch", [b"a", b"bc"])
    file.path.write_bytes(file.path.read_bytes()[:-2])
    with pytest.raises(StatementRefused):
        rows(engine, sql("SELECT count(), any(tags) FROM pieces"), file=file)
