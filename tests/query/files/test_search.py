"""Files as they are: their formats, what their fields become, and what a query over them finds."""

import bz2
import gzip
import json
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet
import pytest
from backports import zstd
from sqlglot import parse_one

from bartizan.ecs import load_registry
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError
from bartizan.ingest.codecs import Bounds
from bartizan.query.budget import Budget
from bartizan.query.errors import QueryError, UnknownField
from bartizan.query.files.store import opened_files
from bartizan.query.query_fields import ECS_FIELDS
from bartizan.query.search import Search

NOW = datetime(2024, 5, 10, tzinfo=UTC)
REGISTRY = load_registry()
EVENTS = [
    {
        "n": 1,
        "ts": "2024-05-01T10:00:00Z",
        "kind": "process",
        "process": {"name": "cmd.exe", "pid": 7},
        "ip": "10.1.2.3",
    },
    {"n": 2, "ts": "2024-05-01T10:05:00Z", "kind": "file", "file": {"size": 1024}, "items": [{"k": "x"}, {"k": "y"}]},
    {"n": 3, "ts": "2024-05-01T10:06:00Z", "kind": "process", "process": {"name": "Bash"}, "it's \"q`": "'; DROP --"},
]
LINES = "\n".join(map(json.dumps, EVENTS)).encode()

TABLES = "SELECT name FROM system.tables WHERE name LIKE 'files-%'"

Find = Callable[..., list[Any]]


@pytest.fixture
def find(engine: Engine, tmp_path: Path) -> Find:
    """The numbers of the events that a query finds in a file of this content."""

    def ask(content: bytes | Sequence[bytes], query: str, language: str = "kql", **fields: str) -> list[Any]:
        paths = []
        for number, one in enumerate([content] if isinstance(content, bytes) else content):
            paths.append(tmp_path / f"{number} it's {{a}}*.json")
            paths[-1].write_bytes(one)
        with opened_files(engine, paths, REGISTRY, Bounds(), replace(ECS_FIELDS, **fields)) as opened:
            found = opened.run(opened.prepare(Search(query, language), NOW), Budget())
        return [document.get("n") for document in found.documents]

    return ask


FORMS = {
    "lines": LINES,
    "an array": b"[" + LINES.replace(b"\n", b",") + b"]",
    "wrapped": b'{"Records":[' + LINES.replace(b"\n", b",") + b"]}",
    "documents": LINES.replace(b"\n", b"\n\n"),
    "gzip": gzip.compress(LINES),
    "bzip2": bz2.compress(LINES),
    "zstd": zstd.compress(LINES),
}


@pytest.mark.parametrize("content", FORMS.values(), ids=FORMS)
def test_forms(find: Find, content: bytes) -> None:
    assert find(content, "process.name: *") == [1, 3]


QUERIES = {
    "process.name: cmd.exe": [1],
    "process.pid: 7": [1],
    "ip: 10.0.0.0/8": [1],
    "file.size > 1000": [2],
    "items.k: y": [2],
    "ts >= 2024-05-01T10\\:05\\:00Z": [2, 3],
    "not process.name: *": [2],
    "*": [1, 2, 3],
}


def test_queries(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "events").write_bytes(LINES)
    with opened_files(engine, [tmp_path / "events"], REGISTRY, Bounds()) as opened:
        for query, numbers in QUERIES.items():
            found = opened.run(opened.prepare(Search(query), NOW), Budget())
            assert [document["n"] for document in found.documents] == numbers, query


def test_newest_first_where_a_time_is_named(find: Find) -> None:
    assert find(LINES, "*", timestamp="ts") == [3, 2, 1]


PIPES = {"head 2": [2, 1], "tail 1": [3], "head 2 | tail 1": [2], "tail 2 | head 1": [2]}


@pytest.mark.parametrize("pipes, numbers", PIPES.items())
def test_pipes_keep_the_order_of_the_file_within_an_instant(find: Find, pipes: str, numbers: list[int]) -> None:
    lines = b"\n".join(b'{"n":%d,"@timestamp":"2024-05-01T10:00:00Z"}' % number for number in (1, 2, 3))
    assert sorted(find(lines, f"any where true | {pipes}", "eql")) == sorted(numbers)


def test_another_category_field(find: Find) -> None:
    assert find(LINES, 'process where process.name : "BASH"', "eql", event_category="kind") == [3]


def test_csv(find: Find) -> None:
    content = b"n,user,bytes\n1,alice,10\n2,bob,2000\n"
    assert [int(number) for number in find(content, "bytes > 100")] == [2]
    assert len(find(content, "any where length(user) > 3", "eql")) == 1


def test_parquet(find: Find, tmp_path: Path) -> None:
    pa.parquet.write_table(pa.table({"n": [1, 2], "user": ["alice", "bob"]}), tmp_path / "x.parquet")
    assert find((tmp_path / "x.parquet").read_bytes(), "user: bob") == [2]


def test_several_files_are_one_set(find: Find) -> None:
    assert find([LINES, b'{"n":4,"process":{"name":"x"}}'], "process.name: (x or Bash)") == [3, 4]


def test_a_line_that_is_no_json_is_text(find: Find) -> None:
    assert find(LINES + b"\nplain words here", "message: words") == [None]


def test_an_unknown_field_gets_a_suggestion_of_the_files(find: Find) -> None:
    with pytest.raises(UnknownField, match="did you mean `process"):
        find(LINES, "proces.name: x")
    with pytest.raises(QueryError, match="have no field `tss`"):
        find(LINES, "*", timestamp="tss")


def test_nothing_of_the_files_stays(find: Find, engine: Engine) -> None:
    find(LINES, "*")
    assert not engine.query(parse_one(TABLES, dialect="clickhouse"), format="TSV")


def test_what_is_no_file_is_told(engine: Engine, tmp_path: Path) -> None:
    for path in (tmp_path / "nothing", tmp_path):
        with pytest.raises(BartizanError, match=str(path)), opened_files(engine, [path], REGISTRY, Bounds()):
            pass
