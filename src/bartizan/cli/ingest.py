"""`bartizan ingest`: logs from files and folders into the store."""

import time
from collections.abc import Iterable, Iterator
from pathlib import Path

import typer

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, Dataset, OutputFormat, Paths, open_app
from bartizan.cli.output import Format, print_ndjson, stderr, visible
from bartizan.cli.progress import Tally, bar, print_summary
from bartizan.cli.remote import live_server
from bartizan.ingest.objects import find_files
from bartizan.pipeline.intake import Told, file_source


def ingest(
    paths: Paths,
    data: Data = None,
    dataset: Dataset = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Store the logs in files and folders, each object once however often it is given.

    Compression (gzip, zstd, bzip2, zip), framing and dataset are told by content. With --format ndjson each object is
    printed as it is acknowledged (safely spooled), then the summary.

    Example: bartizan ingest AWSLogs/ --data ./bartizan-data

    Exit status: 0 all understood, 1 some records or objects were not, 2 it could not run.
    """
    with open_app(data, config) as app:
        tally = ingest_paths(app, paths, dataset, format)
    if format is Format.NDJSON:
        print_ndjson([tally.summary()])
    raise typer.Exit(1 if tally.failed_records or tally.failed_objects else 0)


def ingest_paths(app: App, paths: Iterable[Path], dataset: str | None, format: Format) -> Tally:
    """Ingest with a progress bar; says on stderr what came of it."""
    files = [file_source(path) for path in find_files(paths)]
    if not files:
        stderr().print(f"there are no files in {', '.join(visible(str(path)) for path in paths)}", markup=False)
    started = time.monotonic()
    server = live_server(app.config)
    told = server.ingest(files, dataset) if server else app.intake.ingest(files, app.reading(dataset))
    tally = _watched(told, sum(file.size_bytes for file in files), format)
    print_summary(tally, time.monotonic() - started)
    return tally


def _watched(happenings: Iterator[Told], total_bytes: int, format: Format) -> Tally:
    tally = Tally()
    started = time.monotonic()
    with bar("ingest", total_bytes) as (progress, task):
        for told in happenings:
            tally.add(told)
            if format is Format.NDJSON:
                print_ndjson({"acknowledged": name} for name in told.acknowledged)
            rate = tally.records / max(time.monotonic() - started, 1e-9)
            done = told.read.size_bytes if told.read else 0
            progress.update(task, advance=done, note=f"{tally.records:,} records, {rate:,.0f}/s")
    return tally
