"""`bartizan search`: events in the store, by a query."""

from datetime import datetime
from typing import Annotated

import typer

from bartizan.cli.options import ConfigFile, Data, OutputFormat, open_app
from bartizan.cli.output import Format, print_rows
from bartizan.cli.remote import live_server
from bartizan.query.dates import read_date
from bartizan.query.search import Search
from bartizan.query.search import search as run_search

COLUMNS = ("@timestamp", "event.dataset", "event.action", "event.outcome", "user.name", "source.ip", "cloud.account.id")


def search(
    query: Annotated[str, typer.Argument(help="What to look for; `*` is everything.")],
    language: Annotated[str, typer.Option("--language", help="kql or lucene")] = "kql",
    index: Annotated[str, typer.Option("--index", help="Index patterns, comma-separated.")] = "logs-*",
    time_from: Annotated[str, typer.Option("--from", help="Date or date math, e.g. now-7d.", metavar="T")] = "",
    time_to: Annotated[str, typer.Option("--to", help="Date or date math; excluded.", metavar="T")] = "",
    limit: Annotated[int, typer.Option("--limit", help="Most events to print.", min=0)] = 100,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Print the newest events that match, as ECS documents.

    Example: bartizan search 'event.action: StopLogging and not user.name: terraform' --from now-7d
    """
    with open_app(data, config) as app:
        if server := live_server(app.config):
            words = {"query": query, "language": language, "index": [index], "from": time_from, "to": time_to}
            print_rows(server.search({**words, "limit": limit}), COLUMNS, format)
            return
        now = app.clock()
        asked = Search(query, language, (index,), _instant(time_from, now), _instant(time_to, now), limit)
        found = run_search(app.engine, app.schema(), asked, now, app.config.engine.search_timeout_s)
    print_rows(found, COLUMNS, format)


def _instant(text: str, now: datetime) -> datetime | None:
    if not text:
        return None
    named = read_date(text, now)
    if named is None:
        raise typer.BadParameter(f"`{text}` is no date: write 2026-11-24, 2026-11-24T10:00:00Z or now-7d")
    return named.start
