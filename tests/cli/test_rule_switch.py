"""`bartizan rules enable` and `disable`."""

from pathlib import Path

from typer.testing import CliRunner, Result

from bartizan.app import App
from bartizan.cli.main import cli
from bartizan.cli.rule_switch import UnknownRule
from bartizan.config import Config

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
