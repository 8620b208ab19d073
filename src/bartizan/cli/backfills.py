"""`bartizan rules backfill`: rules over what they have missed, here or by the running server."""

from collections.abc import Iterator, Mapping
from dataclasses import asdict
from typing import Annotated, Any

import typer

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, Rules, open_app
from bartizan.cli.output import stderr, visible_lines
from bartizan.cli.progress import bar
from bartizan.cli.remote import live_server
from bartizan.cli.remote_jobs import followed
from bartizan.detect.backfill import read_bounds
from bartizan.detect.preview.select import selected
from bartizan.pipeline.backfill import backfill as run_backfill


def backfill(
    ids: Annotated[
        list[str] | None, typer.Option("--rule", help="Id of a rule, several times for more; else all.", metavar="ID")
    ] = None,
    time_from: Annotated[str, typer.Option("--from", help="Events that arrived from this date on.", metavar="T")] = "",
    time_to: Annotated[str, typer.Option("--to", help="Events that arrived before.", metavar="T")] = "",
    again: Annotated[
        bool, typer.Option("--again", help="Over what the rules have seen too, after a rule has changed.")
    ] = False,
    share: Annotated[
        float, typer.Option("--share", help="Part of the time that a running server works on it.", min=0.05, max=1)
    ] = 0.5,
    rules: Rules = None,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Evaluate rules over ranges that `rules gaps` shows, or once more over all; adds the alerts that are new.

    It may be interrupted: what is done stays done, and the rest stays a gap.

    Example: bartizan rules backfill
    Example: bartizan rules backfill --rule my-rule --again --from now-30d

    Exit status: 0 done, 1 some rule failed, 2 it could not run.
    """
    flags = {"rules": [str(path) for path in rules] if rules else None}
    last: Mapping[str, Any] = {}
    with open_app(data, config, **flags) as app, bar("back-fill", None) as (progress, task):
        words = {"rules": ids or [], "from": time_from, "to": time_to, "again": again}
        server = live_server(app.config)
        told = followed(server, "/rules/backfill", {**words, "share": share}) if server else _local(app, words)
        for last in told:
            progress.update(task, completed=last["done"], total=last["total"], note=f"{last['events']:,} events")
    result = last["result"]
    for rule, reason in result["failed"].items():
        stderr().print(f"{rule}: {visible_lines(reason)}", markup=False)
    cut = f", {result['cut']:,} cut off by max_alerts" if result["cut"] else ""
    stderr().print(f"{last['events']:,} events in {last['done']:,} slices, {result['alerts']:,} new alerts{cut}")
    raise typer.Exit(1 if result["failed"] else 0)


def _local(app: App, asked: Mapping[str, Any]) -> Iterator[dict[str, Any]]:
    bounds = read_bounds(asked["from"], asked["to"], app.clock())
    chosen = selected(app.rulebook, asked["rules"], has_all=not asked["rules"])
    for told in run_backfill(app.detection, chosen, bounds, asked["again"]):
        yield {"done": told.done, "total": told.total, "events": told.events, "result": asdict(told)}
