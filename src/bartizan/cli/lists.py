"""`bartizan lists`: value lists, which exceptions refer to by name."""

from collections.abc import Mapping
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any, Protocol

import typer

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, OutputFormat, open_app
from bartizan.cli.output import Format, print_ndjson, print_rows, stderr, visible
from bartizan.cli.remote import Remote, live_server
from bartizan.errors import BartizanError, Terminal
from bartizan.state.list_values import ValueType, lines_of

lists = typer.Typer(help="Lists of values, for exceptions.", no_args_is_help=True)

PATH = "/value-lists"
WHO = "local"
_COLUMNS = ("name", "type", "size", "description", "written.updated_at", "written.updated_by")


class WrongType(BartizanError, Terminal):
    """The list holds values of another type, or there is none and no type was given."""


@lists.command("list")
def list_lists(data: Data = None, config: ConfigFile = None, format: OutputFormat = Format.TABLE) -> None:
    """List the value lists and how many values each has.

    Example: bartizan lists list
    """
    with open_app(data, config) as app:
        print_rows(_lists(app).all(), _COLUMNS, format)


@lists.command("import")
def import_list(
    name: Annotated[str, typer.Argument(help="Name of the list; it is made if there is none.", metavar="NAME")],
    file: Annotated[Path, typer.Argument(help="One value a line.", exists=True, dir_okay=False, metavar="FILE")],
    type: Annotated[ValueType | None, typer.Option("--type", help="What a new list holds.")] = None,
    replace: Annotated[bool, typer.Option("--replace", help="Have only the values of the file.")] = False,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Fill a value list from a text file; doing it again adds nothing.

    Empty lines are left out, and of addresses lines that `#` starts. What is no value of the list's type is told by
    its line, the others are taken.

    Example: bartizan lists import office office.txt --type ip

    Exit status: 0 all lines were taken, 1 some were not, 2 it could not run.
    """
    with open_app(data, config) as app:
        store = _lists(app)
        known = next((one for one in store.all() if one["name"] == name), None)
        if (known is None and type is None) or (known is not None and type not in (None, known["type"])):
            raise _wrong_type(name, known)
        imported = store.fill(known["id"] if known else store.create(name, str(type)), file, replace)
    _tell(name, imported, format)
    raise typer.Exit(1 if imported["rejected"] else 0)


def _wrong_type(name: str, known: Mapping[str, Any] | None) -> WrongType:
    if known is None:
        return WrongType(f"there is no list `{name}`", hint=f"say what a new one holds: --type {'|'.join(ValueType)}")
    return WrongType(f"the list `{name}` holds values of type {known['type']}", hint="leave --type out")


def _tell(name: str, imported: Mapping[str, Any], format: Format) -> None:
    for one in imported["first_rejected"]:
        stderr().print(f"line {one['line']}: {visible(one['reason'])}", markup=False)
    if format is not Format.TABLE:
        print_ndjson([{"name": name, **imported}])
        return
    counts = f"{imported['added']:,} added, {imported['known']:,} known, {imported['rejected']:,} rejected"
    stderr().print(f"{name}: {counts}", markup=False)


class _Lists(Protocol):
    """Value lists, here or on a server."""

    def all(self) -> list[dict[str, Any]]: ...
    def create(self, name: str, type: str) -> str: ...
    def fill(self, id: str, file: Path, replace: bool) -> dict[str, Any]: ...


def _lists(app: App) -> _Lists:
    server = live_server(app.config)
    return _Remote(server) if server else _Local(app)


class _Local:
    def __init__(self, app: App) -> None:
        self._store = app.state.value_lists

    def all(self) -> list[dict[str, Any]]:
        return [asdict(one) for one in self._store.lists()]

    def create(self, name: str, type: str) -> str:
        return self._store.create(name, ValueType(type), "", WHO).id

    def fill(self, id: str, file: Path, replace: bool) -> dict[str, Any]:
        with file.open("rb") as opened:
            return asdict((self._store.replace if replace else self._store.add)(id, lines_of(opened), WHO))


class _Remote:
    def __init__(self, server: Remote) -> None:
        self._server = server

    def all(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self._server.ask("GET", PATH)["lists"]
        return found

    def create(self, name: str, type: str) -> str:
        return str(self._server.ask("POST", PATH, {"name": name, "type": type})["id"])

    def fill(self, id: str, file: Path, replace: bool) -> dict[str, Any]:
        with file.open("rb") as opened:
            return self._server.send(f"{PATH}/{id}/values", {"replace": str(replace).lower()}, opened)
