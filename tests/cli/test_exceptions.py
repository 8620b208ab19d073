"""`bartizan exceptions`: what an exception would hide, told before it is saved."""

import json
from pathlib import Path
from typing import Any

import pytest
import typer

from bartizan.cli.conditions import condition_of, exception_in
from tests.cli.test_commands import RECORD, RULE, run
from tests.cli.test_serve import ended, ran, started

READ = [
    ("user.name is backup", {"field": "user.name", "operator": "is", "values": ["backup"], "negate": False}),
    ("a not exists", {"field": "a", "operator": "exists", "values": [], "negate": True}),
    ("a is_one_of 'x y' z", {"field": "a", "operator": "is_one_of", "values": ["x y", "z"], "negate": False}),
]


@pytest.mark.parametrize(("text", "read"), READ)
def test_conditions_are_read(text: str, read: dict[str, Any]) -> None:
    assert condition_of(text) == read


@pytest.mark.parametrize("text", ["", "a", "a like x", "a nested b", "a not", "a is 'x"])
def test_what_is_no_condition_is_refused(text: str) -> None:
    with pytest.raises(typer.BadParameter):
        condition_of(text)


@pytest.mark.parametrize("content", ["", "[]", "{}", '{"conditions": []}', '{"conditions": [1], "x": 2}'])
def test_what_is_no_exception_is_refused(tmp_path: Path, content: str) -> None:
    file = tmp_path / "exception.json"
    file.write_text(content)
    with pytest.raises(typer.BadParameter):
        exception_in(file, ())


@pytest.mark.slow
def test_told_here_and_by_the_server(tmp_path: Path) -> None:
    logs, rule, data = tmp_path / "log.json", tmp_path / "rule.toml", tmp_path / "data"
    logs.write_text(json.dumps(RECORD))
    rule.write_text(RULE.format(id="a", query="event.action: ConsoleLogin"))
    assert run("ingest", str(logs), "--data", str(data)).returncode == 0
    words = ("exceptions", "preview", str(rule), "--when", "user.name is alice", "--from", "2026-02-01")
    here = run(*words, "--data", str(data))
    assert here.returncode == 1, here.stderr
    assert "it would hide 1 of 1 alerts" in here.stdout
    assert "warning: it holds for every one of the 1 events of the period" in here.stderr
    told = [json.loads(line) for line in run(*words, "--data", str(data), "--format", "ndjson").stdout.splitlines()]
    assert [(one["kind"], one["hidden"]) for one in told] == [("preview", 1), ("rule", 1)]
    server = started(data)
    try:
        status, out, err = ran(*words, "--data", str(data), "--format", "ndjson")
        there = [json.loads(line) for line in out.splitlines()]
        assert (status, [one["hidden"] for one in there]) == (1, [1, 1]), err
        status, _, err = ran("exceptions", "preview", "--list", "none", "--data", str(data))
        assert (status, "exception list" in err) == (2, True)
    finally:
        ended(server)
