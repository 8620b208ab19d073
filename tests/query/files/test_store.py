"""Files as a table: values that don't fit, hostile names, what is refused, and how a query over them is explained."""

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest

from bartizan.ecs.registry import load_registry
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError
from bartizan.ingest.codecs import Bounds
from bartizan.query.budget import Budget
from bartizan.query.errors import QueryError, UnknownField
from bartizan.query.files.store import opened_files
from bartizan.query.query_fields import QueryFields
from bartizan.query.search import Search
from tests.query.conftest import NOW

EVENTS: list[dict[str, Any]] = [
    {"@timestamp": "2024-05-01T00:00:01Z", "id": 1, "process": {"name": "sh"}, "source.ip": "10.0.0.1", "ok": True},
    {"@timestamp": "2024-05-01T00:00:03Z", "id": 2, "process": {"name": "bash", "pid": "x"}, "tags": ["a", "b"]},
    {"@timestamp": "2024-05-01T00:00:02Z", "id": 3, "resources": [{"ARN": "one"}, {"ARN": "two"}], "n": {"m": 1.5}},
]
LINES = "\n".join(map(json.dumps, EVENTS)).encode()


def ids(engine: Engine, paths: Sequence[Path], query: str, **fields: str) -> list[Any]:
    with opened_files(engine, paths, load_registry(), Bounds(), QueryFields(**fields)) as opened:
        return [one.get("id") for one in opened.run(opened.prepare(Search(query), NOW), Budget()).documents]


def written(folder: Path, content: bytes, name: str = "x.json") -> Path:
    path = folder / name
    path.write_bytes(content)
    return path


def test_a_value_that_does_not_fit_is_shown_all_the_same(engine: Engine, tmp_path: Path) -> None:
    with opened_files(engine, [written(tmp_path, LINES)], load_registry(), Bounds()) as opened:
        found = opened.run(opened.prepare(Search("id: 2"), NOW), Budget())
    assert found.documents == [
        {"@timestamp": "2024-05-01T00:00:03.000Z", "id": 2, "process": {"name": "bash", "pid": "x"}, "tags": ["a", "b"]}
    ]


def test_csv_has_types_quotes_and_file_order(engine: Engine, tmp_path: Path) -> None:
    path = written(tmp_path, b'id,who,note\n1,"a,b","two\nlines"\n2,c\n3,"say ""x""",z,more\n', "a.csv")
    assert ids(engine, [path], "*") == [1, 2, 3]
    assert ids(engine, [path], "id > 1") == [2, 3]
    assert ids(engine, [path], 'who: "a,b" or who: "say \\"x\\""') == [1, 3]


def test_a_field_of_their_own_tells_the_time(engine: Engine, tmp_path: Path) -> None:
    path = written(tmp_path, b'{"id":1,"at":1714521600}\n{"id":2,"at":1714521601}')
    assert ids(engine, [path], "*") == [1, 2]
    assert ids(engine, [path], "*", timestamp="at") == [2, 1]
    with pytest.raises(QueryError, match="no field `art`; did you mean `at`"):
        ids(engine, [path], "*", timestamp="art")


def test_hostile_keys_and_broken_lines_lose_no_record(engine: Engine, tmp_path: Path) -> None:
    keys = ['a"; DROP TABLE x', "b\\", "c`", "", "_position", "d\n{p0:String}", "e" * 5000]
    lines = [json.dumps({"id": 1, **{key: {"k": 1} for key in keys}}), '{"id": 2, broken', "plain"]
    path = written(tmp_path, "\n".join(lines).encode())
    assert ids(engine, [path], "*") == [1, None, None]
    assert ids(engine, [path], "message: plain") == [None]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "it is empty"),
        (b"\x1f\x8bbroken", "damaged|cut off"),
        (b"PAR1 nothing", "it can't be read"),
        (json.dumps({f"k{n}": 1 for n in range(2001)}).encode(), "more than 2,000 fields"),
    ],
)
def test_refused(engine: Engine, tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(BartizanError, match=message):
        ids(engine, [written(tmp_path, content)], "*")


def test_an_unknown_field_and_a_time_that_is_not_there(engine: Engine, tmp_path: Path) -> None:
    path = written(tmp_path, b'{"id":1,"userName":"x"}')
    with pytest.raises(UnknownField, match="did you mean `userName`"):
        ids(engine, [path], "userNme: x")
    with (
        opened_files(engine, [path], load_registry(), Bounds()) as opened,
        pytest.raises(QueryError, match="--timestamp-field"),
    ):
        opened.prepare(Search("*", time_from=NOW), NOW)


def test_explained(engine: Engine, tmp_path: Path) -> None:
    asked = Search("process.name: sh and not id: 7")
    with opened_files(engine, [written(tmp_path, LINES)], load_registry(), Bounds()) as opened:
        ready = opened.prepare(asked, NOW)
        explained = opened.explain(asked, ready)
        assert opened.shown(ready) == ("@timestamp", "process.name", "id")
    assert explained.ast.splitlines()[0] == "And"
    assert explained.ir == '(and (= process.name "sh") (not (= id 7)))'
    assert "{p0: String}" in explained.sql
    assert explained.parameters["p0"].value == "sh"
    assert "ReadFromMergeTree" in explained.plan
