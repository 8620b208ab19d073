"""`bartizan rules enable` and `disable`: which rules run, in the data folder or through its server."""

from collections.abc import Sequence
from pathlib import Path
from typing import Annotated
from urllib.parse import quote

import typer

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, open_app
from bartizan.cli.output import stderr
from bartizan.cli.remote import live_server
from bartizan.errors import BartizanError, Terminal

Ids = Annotated[list[str], typer.Argument(help="Ids of rules.", metavar="ID...")]


class UnknownRule(BartizanError, Terminal):
    """There is no rule by an id."""


def enable(ids: Ids, data: Data = None, config: ConfigFile = None) -> None:
    """Let rules run again; they see what arrived while they were off.

    Example: bartizan rules enable cf5f5110-ce49-4c41-b964-d2aa3164d804
    """
    _switch(ids, True, data, config)


def disable(ids: Ids, data: Data = None, config: ConfigFile = None) -> None:
    """Let rules not run.

    Example: bartizan rules disable cf5f5110-ce49-4c41-b964-d2aa3164d804
    """
    _switch(ids, False, data, config)


def _switch(ids: Sequence[str], is_on: bool, data: Path | None, config: Path | None) -> None:
    with open_app(data, config) as app:
        _check(ids, app)
        server = live_server(app.config)
        if server is None:
            app.state.rule_states.enable(ids, is_on)
        else:
            for id in ids:
                server.ask("PATCH", f"/rules/{quote(id, safe='')}", {"enabled": is_on})
    stderr().print(f"{len(ids)} rules {'run' if is_on else 'do not run'}")


def _check(ids: Sequence[str], app: App) -> None:
    if unknown := [id for id in ids if id not in app.rulebook.rules]:
        raise UnknownRule(f"there is no rule `{unknown[0]}`", hint="`bartizan rules list` shows the ids")
