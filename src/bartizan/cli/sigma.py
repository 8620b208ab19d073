"""`bartizan sigma`: rules in Sigma's format, and whether each can run here."""

from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartizan.cli.options import ConfigFile, OutputFormat, open_app
from bartizan.cli.output import Format, print_rows, stderr
from bartizan.cli.progress import bar

if TYPE_CHECKING:
    from bartizan.query.sigma.check import Checked

sigma = typer.Typer(help="Rules in Sigma's format.", no_args_is_help=True)

RulePaths = Annotated[
    list[Path], typer.Argument(help="Rule files, or folders of `.yml` files.", exists=True, metavar="PATH...")
]
COLUMNS = ("file", "outcome", "message")


@sigma.callback()
def group() -> None:
    """Rules in Sigma's format."""


@sigma.command()
def check(paths: RulePaths, config: ConfigFile = None, format: OutputFormat = Format.TABLE) -> None:
    """Check that every rule parses, compiles, and runs on an empty stream.

    Example: bartizan sigma check my-rules/

    A `note` is a rule that runs but for what it says. A table shows notes and failures, the other formats every rule.

    Exit status: 0 all can run, 1 some can't.
    """
    from bartizan.query.sigma.check import check_files, sigma_files  # noqa: PLC0415 (a tenth of a second for pySigma)

    files = sigma_files(paths)
    with open_app(config=config) as app, bar("checking", len(files)) as (progress, task):
        found: list[Checked] = []
        for one in check_files(files, app.scratch, app.registry, app.clock()):
            found.append(one)
            progress.update(task, completed=min(len(found), len(files)))
    shown = [one for one in found if format is not Format.TABLE or one.outcome != "ok"]
    if shown or format is not Format.TABLE:
        rows = [{"file": str(one.file), "outcome": one.outcome, "message": one.message} for one in shown]
        print_rows(rows, COLUMNS, format)
    stderr().print(_summary(found, len(files)))
    raise typer.Exit(1 if any(one.outcome == "failed" for one in found) else 0)


def _summary(found: "list[Checked]", files: int) -> str:
    counts = Counter(one.outcome for one in found)
    total = max(len(found), 1)
    parts = [
        f"{counts[outcome]:,} {outcome} ({100 * counts[outcome] / total:.1f} %)" for outcome in ("ok", "note", "failed")
    ]
    return f"{len(found):,} rules in {files:,} files: {', '.join(parts)}"
