"""`bartizan rules coverage`: what the rules cover of ATT&CK, as a table or as a layer for the Navigator."""

import sys
from enum import StrEnum
from typing import Annotated, Any

import orjson
import typer

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, Rules, open_app
from bartizan.cli.output import Format, print_rows, stderr, tell_left_out
from bartizan.cli.remote import live_server
from bartizan.detect.coverage import Covered, coverage, stored_data
from bartizan.detect.coverage import Data as StoredData
from bartizan.detect.coverage_layer import coverage_layer, coverage_rows
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.meaning import Knowledge
from bartizan.query.schema import Schema

COLUMNS = ("tactic", "technique", "name", "rules", "with_data", "last_run")


class CoverageFormat(StrEnum):
    """What `--format` takes here."""

    TABLE = "table"
    NDJSON = "ndjson"
    CSV = "csv"
    NAVIGATOR = "navigator"


def rule_coverage(
    rules: Rules = None,
    data: Data = None,
    config: ConfigFile = None,
    format: Annotated[CoverageFormat, typer.Option("--format", help="How it is printed.")] = CoverageFormat.TABLE,
) -> None:
    """Show the techniques of ATT&CK that rules look for: how many rules, how many of them read streams with events,
    and when one last ran.

    Example: bartizan rules coverage
    Example: bartizan rules coverage --format navigator > layer.json

    The Navigator (mitre-attack.github.io/attack-navigator) opens the layer as "existing layer".
    """
    folders = {"rules": [str(path) for path in rules]} if rules else {}
    with open_app(data, config, **folders) as app:
        server = live_server(app.config)
        if server and format is CoverageFormat.NAVIGATOR:
            _print_layer(server.get("/api/v1/rules/coverage/navigator"))
        elif server:
            _print(server.get("/api/v1/rules/coverage")["techniques"], Format(format))
        else:
            _own(app, format)


def _own(app: App, format: CoverageFormat) -> None:
    covered = _covered(app)
    tell_left_out(app.rulebook.problems)
    if format is CoverageFormat.NAVIGATOR:
        _print_layer(coverage_layer(covered))
    else:
        _print(coverage_rows(covered), Format(format))


def _covered(app: App) -> tuple[Covered, ...]:
    """Without a store nothing has data, and none is made."""
    is_there = bool(app.config.engine.url) or (app.config.data / "engine").is_dir()
    stored = StoredData(Schema({}, app.registry), {})
    if is_there:
        stored = stored_data(app.schema(), DetectionLedger(app.engine))
    return coverage(app.rulebook, stored, Knowledge(app.clock()))


def _print(rows: list[dict[str, Any]], format: Format) -> None:
    print_rows(rows, COLUMNS, format)
    have_data = sum(row["with_data"] > 0 for row in rows)
    stderr().print(f"{len(rows)} techniques have rules, {have_data} of them data")


def _print_layer(layer: dict[str, Any]) -> None:
    sys.stdout.buffer.write(orjson.dumps(layer, option=orjson.OPT_INDENT_2) + b"\n")
    sys.stdout.buffer.flush()
