"""Options that several commands share, and the configuration they add up to."""

import os
from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.app import App
from bartizan.cli.output import Format
from bartizan.config import load_config

Data = Annotated[
    Path | None, typer.Option("--data", help="Folder of the store.", show_default="./bartizan-data", metavar="DIR")
]
ConfigFile = Annotated[Path | None, typer.Option("--config", help="TOML file of settings.", metavar="FILE")]
OutputFormat = Annotated[Format, typer.Option("--format", help="How results are printed.")]
Dataset = Annotated[
    str | None,
    typer.Option("--dataset", help="Dataset of every object, e.g. aws.cloudtrail; else told by content.", metavar="D"),
]
Paths = Annotated[list[Path], typer.Argument(help="Files and folders of logs.", exists=True, metavar="PATH...")]
BuildingBlocks = Annotated[
    bool, typer.Option("--building-blocks", help="Also alerts that are there for other rules alone.")
]
Rules = Annotated[
    list[Path] | None, typer.Option("--rules", help="Folder of rules, beside the shipped ones.", metavar="DIR")
]


def open_app(data: Path | None = None, config: Path | None = None, **flags: Any) -> App:
    """The application as file, environment and flags configure it."""
    return App(load_config(config, os.environ, {"data": data, **flags}))
