"""`bartizan rules enable`, `disable` and `list`: what is kept of rules beside their files."""

import json
from datetime import UTC, datetime
from pathlib import Path

from typer.testing import CliRunner, Result

from bartizan.app import App
from bartizan.cli.main import cli
from bartizan.cli.rule_switch import UnknownRule
from bartizan.config import Config
from bartizan.state.outcome import Outcome

RULE = "cf5f5110-ce49-4c41-b964-d2aa3164d804"


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["rules", *words, "--data", str(data)])


def test_rules_are_switched(tmp_path: Path) -> None:
    for word, enabled in (("disable", False), ("enable", True)):
        assert run(tmp_path, word, RULE).exit_code == 0
        with App(Config(data=tmp_path)) as app:
            assert app.state.rule_states.all()[RULE].enabled is enabled


def test_an_unknown_rule_changes_nothing(tmp_path: Path) -> None:
    found = run(tmp_path, "disable", RULE, "nobody")
    assert isinstance(found.exception, UnknownRule)
    with App(Config(data=tmp_path)) as app:
        assert app.state.rule_states.all() == {}


def test_the_list_tells_how_the_last_runs_went(tmp_path: Path) -> None:
    with App(Config(data=tmp_path)) as app:
        app.state.rule_states.note({RULE: Outcome(datetime(2026, 3, 1, tzinfo=UTC), failures=2, last_error="too much")})
    told = [json.loads(line) for line in run(tmp_path, "list", "--format", "ndjson").stdout.splitlines()]
    (row,) = [row for row in told if row["id"] == RULE]
    assert (row["last_run"], row["failures"], row["last_error"]) == ("2026-03-01T00:00:00+00:00", 2, "too much")
    assert not [row for row in told if row["id"] != RULE and row["last_run"]]
