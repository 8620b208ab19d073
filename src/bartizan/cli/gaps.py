"""`bartizan rules gaps`: which stored events rules have not seen."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import asdict
from typing import Any

import typer

from bartizan.cli.options import ConfigFile, Data, OutputFormat, Rules, open_app
from bartizan.cli.output import Format, print_rows, stderr
from bartizan.cli.remote import live_server

COLUMNS = ("kind", "stream", "after", "until", "events", "rules")
SHOWN_RULES = 3
"""Ids of rules that a table names."""


def gaps(
    rules: Rules = None, data: Data = None, config: ConfigFile = None, format: OutputFormat = Format.TABLE
) -> None:
    """List ranges of streams, in the order in which events arrived, that rules have not been evaluated over.

    A gap lies before a rule's last run: `rules backfill` closes it. What is newer is `behind`: the next runs see it.

    Example: bartizan rules gaps --data ./bartizan-data

    Exit status: 0 no gaps, 1 there are some, 2 it could not run.
    """
    flags = {"rules": [str(path) for path in rules] if rules else None}
    with open_app(data, config, **flags) as app:
        server = live_server(app.config)
        found = server.ask("GET", "/rules/gaps") if server else asdict(app.detection.coverage())
    rows = [*_rows("gap", found["gaps"]), *_rows("behind", found["behind"])]
    if rows or format is not Format.TABLE:
        print_rows(map(_short, rows) if format is Format.TABLE else rows, COLUMNS, format)
    stderr().print(f"{len(found['gaps'])} gaps")
    raise typer.Exit(1 if found["gaps"] else 0)


def _rows(kind: str, ranges: Iterable[Mapping[str, Any]]) -> Iterator[dict[str, Any]]:
    for one in ranges:
        yield {"kind": kind, **one, "after": _iso(one["after"]), "until": _iso(one["until"]), "rules": [*one["rules"]]}


def _short(row: dict[str, Any]) -> dict[str, Any]:
    rules = row["rules"]
    return {**row, "rules": rules if len(rules) <= SHOWN_RULES else f"{len(rules)} rules"}


def _iso(instant: str) -> str:
    return instant if instant.endswith("Z") else f"{instant.replace(' ', 'T')}Z"
