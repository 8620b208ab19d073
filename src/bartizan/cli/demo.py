"""`bartizan demo`: simulated AWS logs with an attack, ingested and searched for, then served."""

import time
from pathlib import Path
from typing import Annotated

import typer

from bartizan.app import App
from bartizan.cli.alert_table import print_alerts
from bartizan.cli.ingest import ingest_paths
from bartizan.cli.options import ConfigFile, Data, open_app
from bartizan.cli.output import Format, stderr
from bartizan.cli.scan import detect
from bartizan.cli.serve import serve_app
from bartizan.cli.simulate import present_start, scenario, write_scenario

EVENTS = 20_000
HOURS = 24
SEED = 7


def demo(
    data: Data = None,
    config: ConfigFile = None,
    serve: Annotated[bool, typer.Option("--serve/--no-serve", help="Serve the API afterwards.")] = True,
) -> None:
    """See Bartizan at work: a fictional company's AWS logs of the last day, the attack in them found, the API served.

    Example: bartizan demo --no-serve
    """
    started = time.monotonic()
    with open_app(data, config) as app:
        folder = app.config.data
        show(app, folder / "logs")
        stderr().print(
            f"the demo took {time.monotonic() - started:.0f} s; its logs are in {folder / 'logs'}", markup=False
        )
        if serve:
            serve_app(app)


def show(app: App, logs: Path) -> None:
    """Write the logs once, store what is new of them, print every alert there is."""
    if not logs.exists():
        stderr().print("a day in the life of a fictional company, with an attack in it:")
        write_scenario(scenario(present_start(app.clock(), HOURS), EVENTS, HOURS, SEED, True), logs)
    ingest_paths(app, [logs], None, Format.TABLE)
    detect(app, is_last=False)
    print_alerts(app.alerts.latest("1970-01-01 00:00:00", (), 1000), Format.TABLE)
