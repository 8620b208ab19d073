"""`bartizan sigma check`, as a user runs it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bartizan.cli.main import cli
from bartizan.query.sigma import check as module
from bartizan.query.sigma.check import Checked

GOOD = "title: a\nlogsource: {category: database}\ndetection: {sel: [x], condition: sel}\n"


@pytest.fixture
def unrun(monkeypatch: pytest.MonkeyPatch) -> None:
    """A test process has one embedded engine, which other tests hold: rules compile but don't run."""
    monkeypatch.setattr(module, "rows", lambda *_, **__: [])
    monkeypatch.setattr("bartizan.app.App.scratch", None)


@pytest.mark.usefixtures("unrun")
def test_check(tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(GOOD, encoding="utf-8")
    done = CliRunner().invoke(cli, ["sigma", "check", str(tmp_path), "--format", "ndjson"])
    assert done.exit_code == 0
    assert json.loads(done.stdout) == {"file": str(tmp_path / "a.yml"), "outcome": "ok", "message": ""}
    assert "1 rules in 1 files: 1 ok (100.0 %)" in done.stderr
    (tmp_path / "b.yml").write_text("title: [", encoding="utf-8")
    done = CliRunner().invoke(cli, ["sigma", "check", str(tmp_path)])
    assert done.exit_code == 1
    assert "failed" in done.stdout
    assert isinstance(Checked(tmp_path, "ok"), Checked)
