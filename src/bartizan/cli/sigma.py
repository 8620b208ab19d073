"""`bartizan sigma`: rules in Sigma's format, and whether each can run here."""

from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bartizan.cli.options import ConfigFile, OutputFormat, open_app
from bartizan.cli.outcomes import tell_outcomes
from bartizan.cli.output import Format
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
    rows = [{"file": str(one.file), "outcome": one.outcome, "message": one.message} for one in found]
    raise tell_outcomes(rows, COLUMNS, len(files), format)
