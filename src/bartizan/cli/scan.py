"""`bartizan scan`: every rule over logs in files and folders, in a throw-away store."""

import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import typer

from bartizan.alerts.building_blocks import is_building_block
from bartizan.app import App
from bartizan.cli.alert_table import print_alerts
from bartizan.cli.ingest import ingest_paths
from bartizan.cli.options import BuildingBlocks, ConfigFile, Dataset, OutputFormat, Paths, Rules, open_app
from bartizan.cli.output import Format, stderr, tell_left_out, visible, visible_lines
from bartizan.cli.progress import bar


def scan(
    paths: Paths,
    rules: Rules = None,
    building_blocks: BuildingBlocks = False,
    dataset: Dataset = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Find attacks in logs: read files and folders, run every rule over all of it, print the alerts.

    Nothing is kept. Formats, compression and datasets are told by content.

    Example: bartizan scan ~/AWSLogs --format ndjson > alerts.ndjson

    Exit status: 0 nothing found, 1 alerts were found, or a record, an object or a rule was not understood,
    2 it could not run.
    """
    with tempfile.TemporaryDirectory(prefix="bartizan-scan-") as folder:
        flags = {"rules": [str(path) for path in rules] if rules else None, "engine": {"url": ""}}
        with open_app(Path(folder), config, **flags) as app:
            tally = ingest_paths(app, paths, dataset, Format.TABLE)
            alerts, all_ran = detect(app, is_last=True)
    shown = [alert for alert in alerts if building_blocks or not is_building_block(alert)]
    print_alerts(shown, format)
    if hidden := len(alerts) - len(shown):
        stderr().print(f"{hidden:,} alerts that are there for other rules alone: --building-blocks shows them")
    raise typer.Exit(1 if shown or not all_ran or tally.failed_records or tally.failed_objects else 0)


def detect(app: App, is_last: bool) -> tuple[list[Mapping[str, Any]], bool]:
    """Run the rules that are due; says on stderr what could not run. Gives the new alerts, and whether all ran."""
    console = stderr()
    all_ran = not app.rulebook.problems
    tell_left_out(app.rulebook.problems)
    alerts: list[Mapping[str, Any]] = []
    with bar(f"{len(app.rulebook)} rules", None) as (progress, task):
        for detected in app.detection.run(is_last):
            alerts.extend(detected.alerts)
            progress.update(task, note=f"{len(alerts):,} alerts")
            for cut in detected.cuts:
                console.print(
                    f"{visible(cut.rule.name)}: {cut.found:,} found, alerts for {cut.rule.max_alerts:,}", markup=False
                )
            for failed in detected.failed:
                all_ran = False
                console.print(f"{failed.rule.file}: {visible_lines(str(failed.error))}", markup=False)
    console.print(f"{len(app.rulebook)} rules, {len(alerts):,} new alerts")
    return alerts, all_ran
