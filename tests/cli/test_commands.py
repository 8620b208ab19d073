"""Every command: its help, its exit status, its forms of output."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main

from bartizan.cli.main import cli

ROOT = typer.main.get_command(cli)
RULE = """
id = "{id}"
name = "Any sign-in {id}"
description = "d"
type = "query"
language = "kql"
index = ["logs-aws.cloudtrail-*"]
severity = "low"
risk_score = 21
query = '{query}'
"""
RECORD = {
    "eventVersion": "1.08",
    "userIdentity": {"type": "IAMUser", "userName": "alice"},
    "eventTime": "2026-03-01T10:00:00Z",
    "eventSource": "signin.amazonaws.com",
    "eventName": "ConsoleLogin",
    "awsRegion": "eu-west-1",
    "sourceIPAddress": "198.51.100.7",
    "responseElements": {"ConsoleLogin": "Success"},
    "eventID": "e-1",
}


def commands() -> list[list[str]]:
    """Every command's words."""
    found = []
    for name, command in ROOT.commands.items():  # type: ignore[attr-defined]
        below = getattr(command, "commands", None)
        found += [[name, inner] for inner in below] if below else [[name]]
    return found


def run(*words: str, cwd: Path | None = None) -> subprocess.CompletedProcess[str]:
    """The command in a process of its own."""
    command = [str(Path(sys.executable).with_name("bartizan")), *words]
    return subprocess.run(command, capture_output=True, text=True, cwd=cwd, timeout=120, check=False)


@pytest.mark.parametrize("words", commands(), ids=" ".join)
def test_help_says_what_it_does_with_an_example(words: list[str]) -> None:
    command = ROOT
    for word in words:
        command = command.commands[word]  # type: ignore[attr-defined]
    assert command.help
    if words != ["version"]:
        assert "Example: bartizan" in command.help


def test_an_integration_of_ones_own_is_made_checked_and_read(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    made = run("integrations", "new", "acme.audit", "--folder", str(tmp_path / "own"))
    assert made.returncode == 0, made.stderr
    monkeypatch.setenv("BARTIZAN_INTEGRATIONS", str(tmp_path / "own"))
    sample = tmp_path / "own/acme/audit/samples/first.log"
    normalized = run("normalize", "--format", "ndjson", str(sample))
    assert json.loads(normalized.stdout)["event"]["dataset"] == "acme.audit"
    (tmp_path / "own/acme/audit/samples/first.log.expected.json").write_text('[{"user": {"name": "bob"}}]')
    checked = run("integrations", "check", "acme.audit")
    assert checked.returncode == 1
    assert '`user.name` is `"alice"`, expected `"bob"`' in checked.stdout


def test_rules_of_ones_own_are_checked_and_scanned_with(tmp_path: Path) -> None:
    logs, rules = tmp_path / "log.json", tmp_path / "rules"
    logs.write_text(json.dumps(RECORD))
    rules.mkdir()
    (rules / "a.toml").write_text(RULE.format(id="a", query="event.action: ConsoleLogin"))
    (rules / "b.toml").write_text(RULE.format(id="a", query="event.action: Other"))
    (rules / "c.toml").write_text(RULE.format(id="c", query="event.acton: ConsoleLogin"))
    (rules / "a.match.ndjson").write_text(json.dumps({**RECORD, "eventName": "Other"}))
    checked = run("rules", "check", str(rules))
    assert checked.returncode == 1
    assert "id `a` is already the one of" in checked.stdout
    assert "unknown field `event.acton`" in checked.stdout
    assert "the rule finds 0 of its 1 records" in checked.stdout
    scanned = run("scan", str(logs), "--rules", str(rules), "--format", "ndjson")
    assert scanned.returncode == 1
    alerts = [json.loads(line) for line in scanned.stdout.splitlines()]
    assert "a" in {alert["rule"]["id"] for alert in alerts}
    assert {tuple(alert["alert"]["events"]) for alert in alerts} == {("e-1",)}
    assert "id `a` is already" in scanned.stderr
    assert "did you mean `event.action`" in scanned.stderr


def test_a_search_that_is_wrong_shows_where(tmp_path: Path) -> None:
    logs, data = tmp_path / "log.json", str(tmp_path / "data")
    logs.write_text(json.dumps(RECORD))
    assert run("ingest", str(logs), "--data", data).returncode == 0
    found = run("search", "event.action: ConsoleLogin", "--data", data, "--format", "csv")
    assert found.stdout.splitlines()[1].split(",")[2:6] == ["ConsoleLogin", "success", "alice", "198.51.100.7"]
    wrong = run("search", "event.action: (ConsoleLogin", "--data", data)
    assert wrong.returncode == 2
    assert "^" in wrong.stderr
    assert "line 1, column" in wrong.stderr


def test_simulate_writes_the_same_again(tmp_path: Path) -> None:
    words = ("--events", "200", "--hours", "2", "--start", "2026-01-05", "--format", "ndjson")
    first, second = (run("simulate", str(tmp_path / name), *words) for name in ("one", "two"))
    assert first.stdout == second.stdout
    assert json.loads(first.stdout)["attack"]
    digests = [
        {file.relative_to(tmp_path / name): file.read_bytes() for file in (tmp_path / name).rglob("*.gz")}
        for name in ("one", "two")
    ]
    assert digests[0] == digests[1]
