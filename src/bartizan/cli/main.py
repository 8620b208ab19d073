"""The `bartizan` command: its subcommands, and what an error or an interruption means for the exit status."""

import sys

import typer

from bartizan import __version__
from bartizan.cli.alerts import alerts
from bartizan.cli.connectors import connectors
from bartizan.cli.demo import demo
from bartizan.cli.exceptions import exceptions
from bartizan.cli.ingest import ingest
from bartizan.cli.integrations import integrations
from bartizan.cli.lists import lists
from bartizan.cli.normalize import normalize
from bartizan.cli.output import stderr, visible_lines
from bartizan.cli.packs import packs
from bartizan.cli.rule_responses import notify, responses
from bartizan.cli.rule_switch import disable, enable
from bartizan.cli.rules import rules
from bartizan.cli.scan import scan
from bartizan.cli.search import search
from bartizan.cli.serve import serve
from bartizan.cli.sigma import sigma
from bartizan.cli.simulate import simulate
from bartizan.errors import BartizanError

USAGE = 2
"""Exit status: wrong usage, or it could not run."""
INTERRUPTED = 130
"""Exit status after Ctrl-C, as shells have it: 128 + SIGINT."""

cli = typer.Typer(
    name="bartizan",
    help="Security analytics for AWS workloads. Results on stdout, progress on stderr.\n\n"
    "Exit status: 0 done, 1 done but something was found or failed that the command exists to report, "
    "2 wrong usage or it could not run.",
    no_args_is_help=True,
    add_completion=False,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)
for command in (demo, ingest, normalize, scan, search, serve, simulate):
    cli.command()(command)
cli.add_typer(alerts, name="alerts")
for setting in (enable, disable, notify, responses):
    rules.command()(setting)
cli.add_typer(rules, name="rules")
cli.add_typer(packs, name="packs")
cli.add_typer(sigma, name="sigma")
cli.add_typer(integrations, name="integrations")
cli.add_typer(connectors, name="connectors")
cli.add_typer(lists, name="lists")
cli.add_typer(exceptions, name="exceptions")


@cli.command()
def version() -> None:
    """Print Bartizan's version."""
    sys.stdout.write(f"{__version__}\n")


def run() -> None:
    """Run the command line; an error of ours is one message on stderr, not a traceback."""
    try:
        cli()
    except BartizanError as error:
        stderr().print(f"bartizan: {visible_lines(str(error))}", markup=False)
        sys.exit(USAGE)
    except KeyboardInterrupt:
        sys.exit(INTERRUPTED)
