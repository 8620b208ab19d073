"""`bartizan normalize`: raw records to ECS documents, nothing stored."""

from typing import Annotated

import typer

from bartizan.cli.options import ConfigFile, OutputFormat, Paths, open_app
from bartizan.cli.output import Format, print_rows, stderr, visible
from bartizan.errors import BartizanError
from bartizan.ingest.errors import NoRecords

COLUMNS = ("@timestamp", "event.action", "event.outcome", "user.name", "source.ip", "error.message")


def normalize(
    files: Paths,
    dataset: Annotated[str | None, typer.Option("--dataset", help="e.g. aws.cloudtrail; else told by content.")] = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.NDJSON,
) -> None:
    """Print the ECS document of each raw record, one a line, in order; nothing is stored.

    Example: bartizan normalize --dataset aws.cloudtrail trail.json.gz

    Exit status: 0 all files were read, 1 some were not (told on stderr), 2 it could not run.
    """
    faults: list[BartizanError] = []
    with open_app(config=config) as app:
        print_rows(app.normalizer.documents(files, app.reading(dataset), faults.append), COLUMNS, format)
    for fault in faults:
        stderr().print(visible(str(fault)), markup=False)
    raise typer.Exit(any(not isinstance(fault, NoRecords) for fault in faults))
