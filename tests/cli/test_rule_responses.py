"""`bartizan rules notify` and `responses`: whom rules' alerts are told to."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bartizan.cli.main import cli
from bartizan.errors import BartizanError

RULE = "cf5f5110-ce49-4c41-b964-d2aa3164d804"
CONFIG = """
[connectors.soc]
type = "webhook"
url = "https://hook.example"
"""


@pytest.fixture
def config(tmp_path: Path) -> Path:
    file = tmp_path / "bartizan.toml"
    file.write_text(CONFIG)
    return file


def run(config: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["rules", *words, "--config", str(config), "--data", str(config.parent / "data")])


def test_set_listed_and_taken_back(config: Path) -> None:
    assert run(config, "notify", RULE, "--to", "soc", "--every", "1h").exit_code == 0
    listed = run(config, "responses", "--format", "ndjson")
    (row,) = map(json.loads, listed.stdout.splitlines())
    assert (listed.exit_code, row["id"], row["notify"], row["every"], row["problems"]) == (0, RULE, ["soc"], "1h", [])
    gone = run(config, "notify", RULE, "--to", "gone")
    assert "there is no connector `gone`" in gone.stderr
    assert run(config, "responses").exit_code == 1
    assert run(config, "notify", RULE, "--as-file").exit_code == 0
    assert run(config, "responses", "--format", "ndjson").stdout == ""


@pytest.mark.parametrize("words", [("none", "--to", "soc"), (RULE, "--to", "soc", "--every", "soon")])
def test_what_is_refused(config: Path, words: tuple[str, ...]) -> None:
    assert isinstance(run(config, "notify", *words).exception, BartizanError)


@pytest.mark.parametrize("words", [(), ("--to", "soc", "--nobody")])
def test_one_thing_is_asked_for(config: Path, words: tuple[str, ...]) -> None:
    assert run(config, "notify", RULE, *words).exit_code == 2
