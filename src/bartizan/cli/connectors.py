"""`bartizan connectors`: what alerts are sent to, whether it works, and what was not delivered."""

from dataclasses import asdict
from enum import StrEnum
from typing import Annotated

import typer

from bartizan.cli.options import ConfigFile, Data, OutputFormat, open_app
from bartizan.cli.output import Format, print_rows, stderr
from bartizan.respond.errors import RespondError, UnknownConnector

connectors = typer.Typer(help="What alerts are sent to.", no_args_is_help=True)


class DeliveryState(StrEnum):
    """What `--state` takes."""

    WAITING = "waiting"
    SENT = "sent"
    DEAD = "dead"


@connectors.command("list")
def list_connectors(data: Data = None, config: ConfigFile = None, format: OutputFormat = Format.TABLE) -> None:
    """List the connectors, and how many alerts wait for each, were sent to it and were given up.

    Example: bartizan connectors list --config bartizan.toml
    """
    with open_app(data, config) as app:
        rows = [asdict(state) for state in app.notifier.states()]
    print_rows(rows, ("name", "type", "target", "waiting", "sent", "dead", "last_error"), format)


@connectors.command()
def test(
    name: Annotated[str, typer.Argument(help="The connector, as in `[connectors.NAME]`.")],
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Send one sample alert and say what the target answered.

    Example: bartizan connectors test slack-soc --config bartizan.toml

    Exit status: 0 it was taken, 1 it was not (the reason is printed).
    """
    with open_app(data, config) as app:
        try:
            ok, said = True, app.notifier.test(name)
        except UnknownConnector:
            raise
        except RespondError as error:
            ok, said = False, str(error)
    print_rows([{"connector": name, "ok": ok, "message": said}], ("connector", "ok", "message"), format)
    raise typer.Exit(0 if ok else 1)


@connectors.command()
def retry(
    name: Annotated[str, typer.Argument(help="The connector, as in `[connectors.NAME]`.")],
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Have what was given up for a connector tried again, by the server that runs or the next that starts.

    Example: bartizan connectors retry slack-soc --config bartizan.toml
    """
    with open_app(data, config) as app:
        stderr().print(f"{app.notifier.retry(name)} alerts wait again")


@connectors.command()
def deliveries(
    state: Annotated[DeliveryState | None, typer.Option("--state", help="Only these.")] = None,
    connector: Annotated[str, typer.Option("--connector", help="Only of this one.", metavar="NAME")] = "",
    limit: Annotated[int, typer.Option("--limit", help="Most to print.", min=1)] = 100,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """List how the delivery of each alert stands, the latest first.

    Example: bartizan connectors deliveries --state dead
    """
    with open_app(data, config) as app:
        found = app.notifier.deliveries(state.value if state else None, connector, limit)
    columns = ("updated_at", "connector", "state", "attempts", "alert_id", "error")
    print_rows([asdict(record) for record in found], columns, format)
