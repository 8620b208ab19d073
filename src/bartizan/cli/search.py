"""`bartizan search`: events in the store or in files, by a query."""

import json
from dataclasses import asdict, replace
from datetime import datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.alerts.building_blocks import without_building_blocks
from bartizan.app import App
from bartizan.cli.explanation import print_explanation
from bartizan.cli.found import print_found
from bartizan.cli.options import BuildingBlocks, ConfigFile, Data, OutputFormat, open_app
from bartizan.cli.output import Format, stderr
from bartizan.cli.remote import Remote, live_server
from bartizan.query.cancel import interruptible
from bartizan.query.dates import read_date
from bartizan.query.files.store import opened_files
from bartizan.query.query_fields import ECS_FIELDS, QueryFields
from bartizan.query.search import Search, explain_search
from bartizan.query.search import search as run_search

COLUMNS = ("@timestamp", "event.dataset", "event.action", "event.outcome", "user.name", "source.ip", "cloud.account.id")

_OF_FILES = "With --files: the field "


def search(
    query: Annotated[str, typer.Argument(help="What to look for; `*` is everything.")],
    language: Annotated[str, typer.Option("--language", help="kql, lucene, eql, esql or dsl (JSON).")] = "kql",
    index: Annotated[str, typer.Option("--index", help="Index patterns, comma-separated.")] = "logs-*",
    files: Annotated[
        list[Path] | None,
        typer.Option(
            "--files", help="Search this file as it is, not the store: JSON, CSV, Parquet or lines.", metavar="FILE"
        ),
    ] = None,
    timestamp_field: Annotated[
        str, typer.Option("--timestamp-field", help=f"{_OF_FILES}that tells the time.", metavar="F")
    ] = ECS_FIELDS.timestamp,
    event_category_field: Annotated[
        str, typer.Option("--event-category-field", help=f"{_OF_FILES}with the category (EQL).", metavar="F")
    ] = ECS_FIELDS.event_category,
    tiebreaker_field: Annotated[
        str, typer.Option("--tiebreaker-field", help=f"{_OF_FILES}that orders one instant (EQL).", metavar="F")
    ] = ECS_FIELDS.tiebreaker,
    time_from: Annotated[str, typer.Option("--from", help="Date or date math, e.g. now-7d.", metavar="T")] = "",
    time_to: Annotated[str, typer.Option("--to", help="Date or date math; excluded.", metavar="T")] = "",
    parameters: Annotated[
        list[str] | None,
        typer.Option("--parameter", help="ES|QL: what `?NAME` stands for, JSON or else text.", metavar="NAME=VALUE"),
    ] = None,
    limit: Annotated[int, typer.Option("--limit", help="Most events to print.", min=0)] = 100,
    building_blocks: BuildingBlocks = False,
    explain: Annotated[
        bool, typer.Option("--explain", help="Print how the query is read and would be run, not its results.")
    ] = False,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Print the newest events that match, as ECS documents.

    Example: bartizan search 'event.action: StopLogging and not user.name: terraform' --from now-7d

    Files: bartizan search 'eventName: Delete*' --files trail.ndjson.gz --timestamp-field eventTime
    """
    fields = QueryFields(timestamp_field, event_category_field, tiebreaker_field)
    if not files and fields != ECS_FIELDS:
        raise typer.BadParameter("the options that name fields are for --files: the store's fields are those of ECS")
    values = dict(map(_parameter, parameters or ()))
    with open_app(data, config) as app:
        if not files and (server := live_server(app.config)):
            words = {"query": query, "language": language, "index": [index], "from": time_from, "to": time_to}
            _remote(
                server,
                {**words, "limit": limit, "parameters": values, "building_blocks": building_blocks},
                explain,
                format,
            )
            return
        now = app.clock()
        times = _instant(time_from, now), _instant(time_to, now)
        asked = Search(query, language, (index,), *times, limit, parameters=values, lookups=app.lookups)
        if not building_blocks and not files:
            asked = replace(asked, within=without_building_blocks(app.schema()))
        if files:
            _files(app, files, fields, asked, now, explain, format)
        elif explain:
            print_explanation(explain_search(app.engine, app.schema(), asked, now), format)
        else:
            found = interruptible(
                app.engine,
                lambda search: run_search(app.engine, app.schema(), asked, now, replace(app.budget, search=search)),
            )
            print_found(asdict(found), COLUMNS, format)


def _remote(server: Remote, asked: dict[str, Any], explain: bool, format: Format) -> None:
    if explain:
        print_explanation(server.explain(asked), format)
    else:
        print_found(server.search(asked), COLUMNS, format)


def _files(
    app: App, files: list[Path], fields: QueryFields, asked: Search, now: datetime, explain: bool, format: Format
) -> None:
    with opened_files(app.scratch, files, app.registry, app.reading().bounds, fields) as opened:
        if opened.plain_records:
            lines = f"{opened.plain_records:,} records are no JSON objects: each is the text of `message`"
            stderr().print(lines, markup=False)
        ready = opened.prepare(asked, now)
        if explain:
            print_explanation(opened.explain(asked, ready), format)
            return
        found = interruptible(app.scratch, lambda search: opened.run(ready, replace(app.budget, search=search)))
        print_found(asdict(found), opened.shown(ready), format)


def _parameter(text: str) -> tuple[str, Any]:
    name, equals, value = text.partition("=")
    if not name or not equals:
        raise typer.BadParameter(f"`{text}` is no parameter: write name=value")
    try:
        return name, json.loads(value)
    except ValueError:
        return name, value


def _instant(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    named = read_date(text, now)
    if named is None:
        raise typer.BadParameter(f"`{text}` is no date: write 2026-11-24, 2026-11-24T10:00:00Z or now-7d")
    return named.start
