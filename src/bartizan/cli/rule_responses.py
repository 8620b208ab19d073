"""`bartizan rules responses` and `notify`: whom rules' alerts are told to, and what is to be done about them."""

from typing import Annotated, Any
from urllib.parse import quote

import typer

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, OutputFormat, Rules, open_app
from bartizan.cli.output import Format, print_rows, stderr, visible
from bartizan.cli.remote import live_server
from bartizan.detect.errors import UnknownRule
from bartizan.detect.keys import Keys
from bartizan.detect.responses import notify_entry, read_notify
from bartizan.pipeline.responses import NOTHING, Responding

COLUMNS = ("id", "name", "notify", "every", "actions", "problems")
WHO = "local"


def responses(
    rules: Rules = None, data: Data = None, config: ConfigFile = None, format: OutputFormat = Format.TABLE
) -> None:
    """List the rules that name connectors or declare actions, and what of it is not honoured.

    Example: bartizan rules responses --config bartizan.toml

    Exit status: 0 all is honoured, 1 some is not: the connector is not there, or the privilege.
    """
    flags = {"rules": [str(path) for path in rules] if rules else None}
    with open_app(data, config, **flags) as app:
        rows = [_row(app, id, one) for id, one in app.responding().items()]
    print_rows(rows, COLUMNS, format)
    raise typer.Exit(1 if any(row["problems"] for row in rows) else 0)


def notify(
    id: Annotated[str, typer.Argument(help="Id of the rule.", metavar="ID")],
    to: Annotated[list[str] | None, typer.Option("--to", help="Name of a connector.", metavar="NAME")] = None,
    every: Annotated[
        str, typer.Option("--every", help="Least time between two notifications, e.g. 1h.", metavar="SPAN")
    ] = "",
    nobody: Annotated[bool, typer.Option("--nobody", help="Tell nobody but whom the routes tell.")] = False,
    as_file: Annotated[bool, typer.Option("--as-file", help="Do as the rule's file says.")] = False,
    data: Data = None,
    config: ConfigFile = None,
) -> None:
    """Say which connectors are told of a rule's alerts, whatever its file says.

    Example: bartizan rules notify cf5f5110-ce49-4c41-b964-d2aa3164d804 --to soc --every 1h
    """
    if sum((bool(to), nobody, as_file)) != 1:
        raise typer.BadParameter("give --to, --nobody or --as-file")
    entry: dict[str, Any] = {"connectors": to or [], **({"every": every} if every else {})}
    wanted = {} if nobody else notify_entry(read_notify(Keys({"notify": entry}, "--to"))) if to else None
    with open_app(data, config) as app:
        if id not in app.rulebook.rules:
            raise UnknownRule(f"there is no rule `{id}`", hint="`bartizan rules list` shows the ids")
        _set(app, id, wanted)
        problems = app.responding().get(id, NOTHING).problems
    for problem in problems:
        stderr().print(f"{id}: {visible(problem)}", markup=False)


def _set(app: App, id: str, wanted: dict[str, Any] | None) -> None:
    server = live_server(app.config)
    if server is None:
        app.state.rule_responses.set_notify(id, wanted, WHO)
    else:
        server.ask("PATCH", f"/rules/{quote(id, safe='')}", {"notify": wanted})


def _row(app: App, id: str, one: Responding) -> dict[str, Any]:
    return {
        "id": id,
        "name": app.rulebook.rules[id].name,
        "notify": list(one.notify.get("connectors", ())),
        "every": one.notify.get("every", ""),
        "actions": [str(action.get("type", "")) for action in one.actions],
        "problems": list(one.problems),
    }
