"""What is printed is inert: for a terminal, a spreadsheet and a program."""

import json

import pytest

from bartizan.cli.output import Format, cell, print_problems, print_rows, visible

HOSTILE = {
    "\x1b[31mred": "\\x1b[31mred",
    "a\u202egnp.exe": "a\\u202egnp.exe",
    "line\nbreak\ttab": "line\\nbreak\\ttab",
    "nul\x00": "nul\\x00",
    "[bold]markup[/bold]": "[bold]markup[/bold]",
    "Müller 東京": "Müller 東京",
}


@pytest.mark.parametrize(("text", "shown"), HOSTILE.items())
def test_what_a_terminal_would_obey_is_spelled_out(text: str, shown: str) -> None:
    assert visible(text) == shown


@pytest.mark.parametrize("text", HOSTILE)
def test_a_table_shows_it_inert(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"user": {"name": text}}], ("user.name",), Format.TABLE)
    printed = capsys.readouterr().out
    assert visible(text) in printed
    assert "\x1b" not in printed


@pytest.mark.parametrize("text", ["=cmd()", "+1", "-1", "@sum", "\tx", "\uff1dcmd()"])
def test_a_spreadsheet_runs_no_cell(text: str, capsys: pytest.CaptureFixture[str]) -> None:
    print_rows([{"a": text}], ("a",), Format.CSV)
    assert capsys.readouterr().out.splitlines()[1].lstrip('"').startswith(("'", "\\t"))


def test_ndjson_is_whole(capfdbinary: pytest.CaptureFixture[bytes]) -> None:
    row = {"a": {"b": [1, None, "x\u202e"]}, "c": "\x1b"}
    print_rows([row], ("a",), Format.NDJSON)
    assert json.loads(capfdbinary.readouterr().out) == row


def test_a_cell_is_found_by_its_path() -> None:
    row = {"a": {"b": [1, 2]}, "c.d": "dotted", "n": None}
    assert [cell(row, path) for path in ("a.b", "c.d", "n", "a.b.c", "x")] == ["1, 2", "dotted", "", "", ""]


def test_problems_are_lines_with_files(capsys: pytest.CaptureFixture[str]) -> None:
    print_problems([{"file": "/x/a.toml", "problem": "bad \x1b"}], Format.TABLE)
    assert capsys.readouterr().out == "/x/a.toml: bad \\x1b\n"
