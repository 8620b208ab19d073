"""`bartizan alerts`: what was found, and what people make of it."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.alerts.workflow import REASONS, STATUSES
from bartizan.cli.alert_desk import Chosen, Desk, open_desk
from bartizan.cli.options import BuildingBlocks, ConfigFile, Data, OutputFormat
from bartizan.cli.output import Format, print_ndjson, print_rows, stderr
from bartizan.cli.progress import bar
from bartizan.errors import BartizanError

alerts = typer.Typer(help="What the rules found, and what people make of it.", no_args_is_help=True)

COLUMNS = (
    *("@timestamp", "alert.status", "alert.severity", "alert.risk_score", "alert.assignees", "rule.name"),
    *("alert.reason", "alert.id"),
)
CHANGE_COLUMNS = ("id", "state", "matched", "missing", "changed", "unchanged", "kept")
HISTORY_COLUMNS = ("at", "actor", "field", "before", "after", "change")

Ids = Annotated[list[str] | None, typer.Argument(help="Ids of alerts; or give --query.", metavar="ID...")]
Query = Annotated[str | None, typer.Option("--query", help="Every alert that this finds; `*` is all.", metavar="Q")]
Language = Annotated[str, typer.Option("--language", help="Of the query: kql, lucene, eql, esql or dsl (JSON).")]
From = Annotated[str, typer.Option("--from", help="Date or date math, e.g. now-7d.", metavar="T")]
To = Annotated[str, typer.Option("--to", help="Date or date math; excluded.", metavar="T")]
Note = Annotated[str, typer.Option("--note", help="What there is to say about it.", metavar="TEXT")]
Remove = Annotated[bool, typer.Option("--remove", help="Take away instead.")]
Many = list[str] | None


@alerts.command("list")
def list_alerts(
    query: Annotated[str, typer.Option("--query", help="A condition on their fields.", metavar="Q")] = "",
    language: Language = "kql",
    status: Annotated[Many, typer.Option("--status", help=", ".join(STATUSES), metavar="S")] = None,
    severity: Annotated[Many, typer.Option("--severity", help="low, medium, high, critical", metavar="S")] = None,
    assignee: Annotated[Many, typer.Option("--assignee", help="Who looks after them.", metavar="NAME")] = None,
    tag: Annotated[Many, typer.Option("--tag", help="One of their tags.", metavar="TAG")] = None,
    rule: Annotated[Many, typer.Option("--rule", help="Id of a rule.", metavar="ID")] = None,
    time_from: From = "",
    time_to: To = "",
    building_blocks: BuildingBlocks = False,
    limit: Annotated[int, typer.Option("--limit", help="Most alerts to print.", min=1, max=1000)] = 100,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """List alerts, the newest first.

    Example: bartizan alerts list --status open --severity high --query 'user.name: alice'
    """
    wanted = {"search": query, "language": language, "from": time_from, "to": time_to, "limit": limit}
    many = {"status": status, "severity": severity, "assignee": assignee, "tag": tag, "rule": rule}
    also = {"building_blocks": building_blocks, **{name: value or [] for name, value in many.items()}}
    with open_desk(data, config) as desk:
        print_rows(desk.listed({**wanted, **also}), COLUMNS, format)


@alerts.command()
def show(
    id: Annotated[str, typer.Argument(help="Id of the alert.", metavar="ID")],
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Print one alert and its history.

    Example: bartizan alerts show 0f3c9a5e7d21b8460f3c9a5e7d21b846
    """
    with open_desk(data, config) as desk:
        found = desk.shown(id)
    if format is Format.NDJSON:
        print_ndjson([found])
        return
    print_rows([found["alert"]], COLUMNS, format)
    if found["history"]:
        print_rows(found["history"], HISTORY_COLUMNS, format)


@alerts.command()
def close(
    ids: Ids = None,
    reason: Annotated[str, typer.Option("--reason", help=", ".join(REASONS), metavar="R")] = "other",
    query: Query = None,
    language: Language = "kql",
    time_from: From = "",
    time_to: To = "",
    building_blocks: BuildingBlocks = False,
    note: Note = "",
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Close alerts.

    Example: bartizan alerts close --query 'rule.name: "Port scan" and host.name: scanner' --reason benign
    """
    change = {"status": "closed", "closed_reason": reason, "note": note}
    _change(Chosen(ids or (), query, language, time_from, time_to, building_blocks), change, data, config, format)


@alerts.command()
def acknowledge(
    ids: Ids = None,
    query: Query = None,
    language: Language = "kql",
    time_from: From = "",
    time_to: To = "",
    building_blocks: BuildingBlocks = False,
    note: Note = "",
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Say that someone looks at alerts.

    Example: bartizan alerts acknowledge 0f3c9a5e7d21b8460f3c9a5e7d21b846
    """
    change = {"status": "acknowledged", "note": note}
    _change(Chosen(ids or (), query, language, time_from, time_to, building_blocks), change, data, config, format)


@alerts.command()
def reopen(
    ids: Ids = None,
    query: Query = None,
    language: Language = "kql",
    time_from: From = "",
    time_to: To = "",
    building_blocks: BuildingBlocks = False,
    note: Note = "",
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Open alerts again.

    Example: bartizan alerts reopen --query 'alert.closed_reason: duplicate' --from now-1d
    """
    change = {"status": "open", "note": note}
    _change(Chosen(ids or (), query, language, time_from, time_to, building_blocks), change, data, config, format)


@alerts.command()
def assign(
    who: Annotated[str, typer.Argument(help="Who is to look after them.", metavar="NAME")],
    ids: Ids = None,
    remove: Remove = False,
    query: Query = None,
    language: Language = "kql",
    time_from: From = "",
    time_to: To = "",
    building_blocks: BuildingBlocks = False,
    note: Note = "",
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Give alerts to someone.

    Example: bartizan alerts assign alice --query 'alert.status: open and cloud.account.id: 111122223333'
    """
    change = {"unassign" if remove else "assign": [who], "note": note}
    _change(Chosen(ids or (), query, language, time_from, time_to, building_blocks), change, data, config, format)


@alerts.command()
def tag(
    name: Annotated[str, typer.Argument(help="The tag.", metavar="TAG")],
    ids: Ids = None,
    remove: Remove = False,
    query: Query = None,
    language: Language = "kql",
    time_from: From = "",
    time_to: To = "",
    building_blocks: BuildingBlocks = False,
    note: Note = "",
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Mark alerts.

    Example: bartizan alerts tag red-team --query 'source.ip: 198.51.100.0/24' --from now-7d
    """
    change = {"untag" if remove else "tag": [name], "note": note}
    _change(Chosen(ids or (), query, language, time_from, time_to, building_blocks), change, data, config, format)


@alerts.command()
def undo(
    id: Annotated[str, typer.Argument(help="Id of the change, as it was printed.", metavar="CHANGE")],
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Put back what a change has changed, except fields that were changed again since (`kept`); notes stay.

    Example: bartizan alerts undo 5b8f2c1de09a4c7fb1d3e6a7c8f90123

    Exit status: 0 all is as it was, 1 some fields were left.
    """
    with open_desk(data, config) as desk:
        _carry_out(desk, lambda: desk.begin_undo(id), format)


def _change(chosen: Chosen, change: Mapping[str, Any], data: Path | None, config: Path | None, format: Format) -> None:
    if bool(chosen.ids) == (chosen.query is not None):
        raise typer.BadParameter("give ids of alerts, or --query")
    with open_desk(data, config) as desk:
        _carry_out(desk, lambda: desk.begin(chosen, change), format)


def _carry_out(desk: Desk, begin: Callable[[], dict[str, Any]], format: Format) -> None:
    """Carry out a change set to its end; Ctrl-C cancels it. Exit status 1 if some of it could not be done."""
    begun = change_set = begin()
    with bar("changing", begun["batches"]) as (progress, task):
        try:
            for change_set in desk.steps(begun):
                progress.update(task, completed=change_set["batches_done"], note=f"{change_set['changed']:,} changed")
        except KeyboardInterrupt:
            with suppress(BartizanError):
                desk.cancel(begun["id"])
            stderr().print(f"cancelled; `bartizan alerts undo {begun['id']}` puts back what was changed")
            raise
    print_rows([change_set], CHANGE_COLUMNS, format)
    if change_set["error"]:
        stderr().print(f"it stopped: {change_set['error']}; it goes on at the next start", markup=False)
    raise typer.Exit(1 if change_set["missing"] or change_set["kept"] or change_set["state"] != "done" else 0)
