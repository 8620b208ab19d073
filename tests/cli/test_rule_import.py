"""`bartizan rules import` and `export`, as a user runs them."""

import json
from pathlib import Path

import pytest
from click.testing import Result
from typer.testing import CliRunner

from bartizan.cli.main import cli
from bartizan.engine.base import Engine

GOOD = {"rule_id": "e-1", "name": "Good/../one", "type": "query", "query": "event.action: x"}
BAD = {"rule_id": "e-2", "name": "Bad", "type": "query", "query": "event.action: ("}


@pytest.fixture(autouse=True)
def scratch(monkeypatch: pytest.MonkeyPatch, engine: Engine) -> None:
    """A test process has one embedded engine."""
    monkeypatch.setattr("bartizan.app.App.scratch", engine)


def run(*words: object) -> Result:
    return CliRunner().invoke(cli, ["rules", *map(str, words)])


def export_of(folder: Path) -> Path:
    file = folder / "export.ndjson"
    file.write_text(f"{json.dumps(GOOD)}\n{json.dumps(BAD)}\n")
    return file


def test_what_would_run_is_told_and_nothing_written(tmp_path: Path) -> None:
    done = run("import", export_of(tmp_path), "--dry-run", "--data", tmp_path / "data", "--format", "ndjson")
    good, bad = map(json.loads, done.stdout.splitlines())
    assert done.exit_code == 1
    assert (good["id"], good["outcome"]) == ("e-1", "ok")
    assert (bad["outcome"], bad["where"].endswith("export.ndjson:2"), "column" in bad["message"]) == (
        "failed",
        True,
        True,
    )
    assert not (tmp_path / "data").exists()


def test_imported_rules_are_read_beside_the_shipped_ones_and_import_as_they_were(tmp_path: Path) -> None:
    data = ("--data", tmp_path / "data")
    assert run("import", export_of(tmp_path), *data).exit_code == 1
    (file,) = (tmp_path / "data" / "rules").iterdir()
    assert file.name.startswith("good_one_")
    before = file.read_bytes()
    exported = run("export", *data)
    assert "e-1" in {json.loads(line)["id"] for line in exported.stdout.splitlines()}
    again = run("import", tmp_path / "data" / "rules", *data)
    assert (again.exit_code, "1 were there already" in again.stderr) == (0, True)
    assert run("export", "--into", tmp_path / "out", *data).exit_code == 0
    assert (tmp_path / "out" / file.name).read_bytes() == before


def test_a_different_file_and_a_known_id_are_told(tmp_path: Path) -> None:
    folder, changed = tmp_path / "rules", tmp_path / "changed.ndjson"
    changed.write_text(json.dumps({**GOOD, "query": "event.action: y"}))
    run("import", export_of(tmp_path), "--into", folder)
    done = run("import", changed, "--into", folder, "--format", "ndjson")
    assert (done.exit_code, "says something else" in json.loads(done.stdout)["message"]) == (1, True)
    assert run("import", changed, "--into", folder, "--replace").exit_code == 0
    shipped = Path(__file__).parents[2] / "rules" / "aws" / "defense_evasion_cloudtrail_logging_stopped.toml"
    done = run("import", shipped, "--data", tmp_path / "data", "--format", "ndjson")
    assert (done.exit_code, "is already the one of" in json.loads(done.stdout)["message"]) == (1, True)
