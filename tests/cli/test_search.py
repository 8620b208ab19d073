"""`bartizan search` over files: what it prints in each format, its explanation, and its messages."""

import json
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.cli.test_commands import run

CSV = "who,port,when\nann,22,2024-05-01T00:00:00Z\nbob,443,2024-05-02T00:00:00Z\n"


@pytest.fixture
def file(tmp_path: Path) -> str:
    (tmp_path / "a.csv").write_text(CSV)
    return str(tmp_path / "a.csv")


@pytest.mark.slow
def test_files_in_each_format(file: str, tmp_path: Path) -> None:
    rows = run("search", "port > 1", "--files", file, "--timestamp-field", "when", "--format", "ndjson", cwd=tmp_path)
    assert [json.loads(line)["who"] for line in rows.stdout.splitlines()] == ["bob", "ann"], rows.stderr
    csv = run("search", "port: 22", "--files", file, "--format", "csv", cwd=tmp_path)
    assert csv.stdout.split() == ["port", "22"]
    assert sorted(path.name for path in tmp_path.iterdir()) == ["a.csv"]


@pytest.mark.slow
def test_explanation(file: str, tmp_path: Path) -> None:
    words = ("search", "who: ann", "--files", file, "--explain")
    headings = run(*words, cwd=tmp_path).stdout.splitlines()
    assert [line for line in headings if line in ("AST", "IR", "SQL", "Plan")] == ["AST", "IR", "SQL", "Plan"]
    told = json.loads(run(*words, "--format", "ndjson", cwd=tmp_path).stdout)
    assert list(told) == ["ast", "ir", "sql", "parameters", "plan"]


@pytest.mark.slow
def test_messages(file: str, tmp_path: Path) -> None:
    unknown = run("search", "prt: 22", "--files", file, cwd=tmp_path)
    assert (unknown.returncode, "did you mean `port`?" in unknown.stderr) == (2, True)
    absent = run("search", "*", "--files", "https://example.com/*.json", cwd=tmp_path)
    assert (absent.returncode, "No such file" in absent.stderr) == (2, True)
    refused = run("search", "*", "--timestamp-field", "when", cwd=tmp_path)
    assert (refused.returncode, "--files" in refused.stderr) == (2, True)


@pytest.mark.slow
def test_sequences(file: str, tmp_path: Path) -> None:
    query = "sequence [any where port == 22] [any where port == 443]"
    words = ("search", query, "--language", "eql", "--files", file, "--timestamp-field", "when")
    table = run(*words, cwd=tmp_path)
    assert [line.split()[1] for line in table.stdout.splitlines() if line.startswith("│")] == ["1", "1"], table.stderr
    (told,) = run(*words, "--format", "ndjson", cwd=tmp_path).stdout.splitlines()
    assert [event["who"] for event in json.loads(told)["events"]] == ["ann", "bob"]
    assert "(sequence " in run(*words, "--explain", cwd=tmp_path).stdout
    wrong = run("search", "sequence [any where port == 22] [any where prt == 443]", *words[2:], cwd=tmp_path)
    assert (wrong.returncode, "did you mean `port`?" in wrong.stderr) == (2, True)


@pytest.mark.slow
def test_tables(file: str, tmp_path: Path) -> None:
    query = "FROM files | STATS n = COUNT(*), p = MAX(port) BY who | SORT who"
    words = ("search", query, "--language", "esql", "--files", file)
    csv = run(*words, "--format", "csv", cwd=tmp_path)
    assert csv.stdout.split() == ["n,p,who", "1,22,ann", "1,443,bob"], csv.stderr
    (first, _) = run(*words, "--format", "ndjson", cwd=tmp_path).stdout.splitlines()
    assert json.loads(first) == {"n": 1, "p": 22, "who": "ann"}
    assert "aggregate c" in run(*words, "--explain", cwd=tmp_path).stdout
    wrong = run("search", "FROM files | KEEP prt", *words[2:], cwd=tmp_path)
    assert (wrong.returncode, "did you mean `port`?" in wrong.stderr) == (2, True)


@pytest.mark.slow
def test_parameters(file: str, tmp_path: Path) -> None:
    query = "FROM files | WHERE port == ?port AND ??field == ?who | KEEP who"
    bound = ("--parameter", "port=22", "--parameter", "field=who", "--parameter", "who=ann")
    words = ("search", query, "--language", "esql", "--files", file, "--format", "csv")
    assert run(*words, *bound, cwd=tmp_path).stdout.split() == ["who", "ann"]
    wrong = run(*words, "--parameter", "port", cwd=tmp_path)
    assert (wrong.returncode, "name=value" in wrong.stderr) == (2, True)


@pytest.mark.slow
def test_ctrl_c_ends_a_search(file: str, tmp_path: Path) -> None:
    digits = "[0, 1, 2, 3, 4, 5, 6, 7, 8, 9]"
    expanded = " | ".join(f"MV_EXPAND {name}" for name in "abcdefghijkl")
    query = (
        f"ROW a = {digits} | EVAL {', '.join(f'{name} = a' for name in 'bcdefghijkl')} | {expanded} | STATS COUNT(*)"
    )
    command = [str(Path(sys.executable).with_name("bartizan")), "search", query, "--language", "esql", "--files", file]
    with subprocess.Popen(command, stderr=subprocess.PIPE, text=True, cwd=tmp_path) as running:
        time.sleep(2)
        running.send_signal(signal.SIGINT)
        _, said = running.communicate(timeout=20)
    assert running.returncode == 130
    assert "Traceback" not in said
