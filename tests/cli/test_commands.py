"""Every command: its help, its exit status, its forms of output."""

import json
import subprocess
import sys
from pathlib import Path

import pytest
import typer.main
from typer.testing import CliRunner

from bartizan.cli.main import cli
from bartizan.detect.forms import FORMS

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


@pytest.mark.slow
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


@pytest.mark.slow
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


@pytest.mark.slow
def test_a_scan_whose_rule_did_not_run_does_not_say_that_all_is_well(tmp_path: Path) -> None:
    logs, rule = tmp_path / "log.json", tmp_path / "rule.toml"
    logs.write_text(json.dumps({**RECORD, "eventName": "DescribeTrails", "eventSource": "cloudtrail.amazonaws.com"}))
    rule.write_text(RULE.format(id="a", query="event.action: (\\u001b[2J"))
    broken = run("scan", str(logs), "--rules", str(rule))
    assert (broken.returncode, "0 new alerts" in broken.stderr) == (1, True)
    assert "line 1, column" in broken.stderr


@pytest.mark.slow
def test_the_demo_finds_its_attack_and_keeps_its_logs_where_its_store_is(tmp_path: Path) -> None:
    small = "import bartizan.cli.demo as d, bartizan.cli.main as m; d.EVENTS, d.HOURS = 300, 3; m.run()"
    (tmp_path / "c.toml").write_text(f'data = "{tmp_path / "store"}"')
    words = [sys.executable, "-c", small, "demo", "--no-serve", "--config", str(tmp_path / "c.toml")]
    shown = subprocess.run(words, capture_output=True, text=True, cwd=tmp_path, timeout=120, check=False)
    assert shown.returncode == 0, shown.stderr
    assert "ATT&CK" in shown.stdout
    assert "T1562.008" in shown.stdout
    assert sorted(path.name for path in tmp_path.iterdir()) == ["c.toml", "store"]
    assert list((tmp_path / "store/logs").rglob("*.gz"))


@pytest.mark.slow
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
    first, second = (CliRunner().invoke(cli, ["simulate", str(tmp_path / name), *words]) for name in ("one", "two"))
    assert first.stdout == second.stdout
    assert json.loads(first.stdout)["attack"]
    digests = [
        {file.relative_to(tmp_path / name): file.read_bytes() for file in (tmp_path / name).rglob("*.gz")}
        for name in ("one", "two")
    ]
    assert digests[0] == digests[1]


REFUSED = [
    (["simulate", "{out}", "--start", "yesterday"], "is no ISO 8601 time"),
    (["simulate", "{out}", "--format", "xml"], "Invalid value"),
    (["search"], "Missing argument"),
    (["search", "*", "--limit", "-1"], "Invalid value"),
    (["ingest", "{out}/nowhere"], "does not exist"),
    (["nonsense"], "No such command"),
]


@pytest.mark.parametrize(("words", "message"), REFUSED)
def test_wrong_usage_ends_with_2(tmp_path: Path, words: list[str], message: str) -> None:
    answer = CliRunner().invoke(cli, [word.format(out=tmp_path) for word in words])
    assert answer.exit_code == 2
    assert message in answer.output
    assert not answer.stdout


def test_simulate_keeps_the_offset_of_a_time(tmp_path: Path) -> None:
    words = ["simulate", "--events", "10", "--hours", "1", "--no-attack", "--format", "ndjson", "--start"]
    for name, start in (("there", "2026-01-05T01:00:00+02:00"), ("here", "2026-01-04T23:00:00")):
        assert CliRunner().invoke(cli, [*words, start, str(tmp_path / name)]).exit_code == 0
    written = [
        sorted(str(f.relative_to(tmp_path / n)) for f in (tmp_path / n).rglob("*.gz")) for n in ("here", "there")
    ]
    assert written[0] == written[1]
    assert any("/2026/01/04/" in name for name in written[0])


@pytest.mark.slow
def test_shipped_rules_find_their_samples_and_nothing_else() -> None:
    done = run("rules", "test", "--format", "ndjson")
    assert done.returncode == 0, done.stderr
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert all(row["outcome"] == "ok" and row["benign"] == 0 for row in rows)
    assert {row["form"] for row in rows} >= {*FORMS}


@pytest.mark.slow
def test_rules_are_previewed_and_their_gaps_filled(tmp_path: Path) -> None:
    logs, rule, data = tmp_path / "log.json", tmp_path / "rule.toml", str(tmp_path / "data")
    logs.write_text(json.dumps(RECORD))
    rule.write_text(RULE.format(id="a", query="event.action: ConsoleLogin"))
    assert run("ingest", str(logs), "--data", data).returncode == 0
    period = ("--from", "2026-02-01", "--to", "2026-04-01", "--data", data)
    shown = run("rules", "preview", str(rule), *period)
    assert (shown.returncode, "1 alerts of 1 of 1 rules" in shown.stdout) == (0, True), shown.stderr
    told = run("rules", "preview", str(rule), *period, "--format", "ndjson")
    whole, one = (json.loads(line) for line in told.stdout.splitlines())
    assert (whole["kind"], whole["alerts"], one["kind"], one["id"]) == ("preview", 1, "rule", "a")
    assert run("rules", "preview", "none", *period).returncode == 2
    gaps = run("rules", "gaps", "--data", data, "--format", "ndjson")
    assert (gaps.returncode, {json.loads(line)["kind"] for line in gaps.stdout.splitlines()}) == (0, {"behind"})
    filled = run("rules", "backfill", "--data", data)
    assert (filled.returncode, "0 new alerts" in filled.stderr) == (0, True), filled.stderr
