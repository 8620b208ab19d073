"""How results are printed: a table for people, NDJSON or CSV for programs."""

import csv
import sys
from collections.abc import Iterable, Mapping, Sequence
from enum import StrEnum
from pathlib import Path
from typing import Any

import orjson
from rich.console import Console
from rich.table import Table
from rich.text import Text

from bartizan.errors import BartizanError

_FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\uff1d", "\uff0b", "\uff0d", "\uff20")
"""First characters that make a spreadsheet run a cell (owasp.org, CSV injection)."""


class Format(StrEnum):
    """What `--format` takes."""

    TABLE = "table"
    NDJSON = "ndjson"
    CSV = "csv"


def stderr() -> Console:
    """Where progress and problems go."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def print_rows(rows: Iterable[Mapping[str, Any]], columns: Sequence[str], format: Format) -> None:
    """Print rows. A table and CSV show `columns` (dotted paths into each row); NDJSON shows the rows whole."""
    if format is Format.NDJSON:
        print_ndjson(rows)
    elif format is Format.CSV:
        _print_csv(rows, columns)
    else:
        _print_table(rows, columns)


def print_problems(problems: Sequence[Mapping[str, Any]], format: Format) -> None:
    """Print what is wrong: `file: problem` lines for people, rows for programs."""
    if format is not Format.TABLE:
        print_rows(problems, ("file", "problem"), format)
        return
    for problem in problems:
        sys.stdout.write(f"{_near(str(problem['file']))}: {visible(str(problem['problem']))}\n")


def tell_left_out(problems: Iterable[BartizanError]) -> None:
    """Rules that don't load, on stderr; the others go on."""
    for problem in problems:
        stderr().print(f"rule left out: {visible_lines(str(problem))}", markup=False)


def print_ndjson(rows: Iterable[Mapping[str, Any]]) -> None:
    """One JSON object a line."""
    for row in rows:
        sys.stdout.buffer.write(orjson.dumps(row, default=str) + b"\n")
        sys.stdout.buffer.flush()


def cell(row: Mapping[str, Any], path: str) -> str:
    """The value at a dotted path as one line of text; empty when there is none. Control characters are made visible."""
    value: Any = row[path] if path in row else _walk(row, path)
    if isinstance(value, list):
        value = ", ".join(str(one) for one in value)
    return visible("" if value is None else str(value))


def visible(text: str) -> str:
    """Log content as inert text: what a terminal would obey (escape sequences, direction marks) is spelled out."""
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in text)


def visible_lines(text: str) -> str:
    """As `visible`, its lines kept: for messages of ours that quote what others wrote, with a caret below."""
    return "\n".join(visible(line) for line in text.splitlines())


def _near(path: str) -> str:
    """A path as it is written from here."""
    here = f"{Path.cwd()}/"
    return path.removeprefix(here)


def _walk(row: Mapping[str, Any], path: str) -> Any:
    value: Any = row
    for step in path.split("."):
        if isinstance(value, list):
            value = [one.get(step) for one in value if isinstance(one, Mapping)]
        elif isinstance(value, Mapping):
            value = value.get(step)
        else:
            return None
    return value


def _print_table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    table = Table(header_style="bold", expand=False)
    for column in columns:
        table.add_column(column, overflow="fold")
    for row in rows:
        table.add_row(*(Text(cell(row, column)) for column in columns))
    Console(highlight=False).print(table)


def _print_csv(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> None:
    writer = csv.writer(sys.stdout)
    writer.writerow(columns)
    for row in rows:
        writer.writerow(_inert(cell(row, column)) for column in columns)


def _inert(text: str) -> str:
    return f"'{text}" if text.startswith(_FORMULA_STARTS) else text
