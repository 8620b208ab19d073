"""`bartizan integrations`: which there are, whether they keep their promises, and how a new one starts."""

from pathlib import Path
from typing import Annotated

import typer

from bartizan.cli.options import ConfigFile, OutputFormat, open_app
from bartizan.cli.output import Format, print_problems, print_rows, stderr
from bartizan.integrations.skeleton import write_skeleton

integrations = typer.Typer(help="What Bartizan understands.", no_args_is_help=True)


@integrations.command("list")
def list_integrations(config: ConfigFile = None, format: OutputFormat = Format.TABLE) -> None:
    """List the data streams that Bartizan understands.

    Example: bartizan integrations list
    """
    with open_app(config=config) as app:
        rows = [
            {
                "dataset": stream.dataset,
                "title": stream.title,
                "stream": stream.name(app.config.namespace),
                "retention_days": stream.retention_days or "for ever",
                "own_fields": len(stream.fields),
            }
            for stream in app.catalog
        ]
    print_rows(rows, ("dataset", "title", "stream", "retention_days", "own_fields"), format)


@integrations.command()
def check(
    datasets: Annotated[list[str] | None, typer.Argument(help="Datasets; else all.", metavar="DATASET...")] = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Check integrations: names and types against ECS, samples against their expected documents.

    Example: bartizan integrations check

    Exit status: 0 all keep their promises, 1 some don't (each problem is printed).
    """
    with open_app(config=config) as app:
        streams = [app.catalog.stream(dataset) for dataset in datasets] if datasets else list(app.catalog)
        problems = [
            {"dataset": stream.dataset, "file": str(problem.file), "problem": problem.message}
            for stream in streams
            for problem in app.checker.problems(stream)
        ]
        stderr().print(f"{len(streams)} integrations, {len(problems)} problems")
    print_problems(problems, format)
    raise typer.Exit(1 if problems else 0)


@integrations.command()
def new(
    dataset: Annotated[str, typer.Argument(help="vendor.stream, e.g. acme.audit")],
    folder: Annotated[Path, typer.Option("--folder", help="Where it goes.")] = Path("integrations"),
) -> None:
    """Write a new integration that works, to start from.

    Example: bartizan integrations new acme.audit --folder my-integrations
    """
    target = write_skeleton(dataset, folder)
    stderr().print(f"written to {target}; BARTIZAN_INTEGRATIONS={folder} makes it known", markup=False)
