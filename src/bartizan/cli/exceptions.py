"""`bartizan exceptions`: what an exception would hide, before anybody saves it."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.app import App
from bartizan.cli.conditions import exception_in
from bartizan.cli.hidden_table import print_hidden
from bartizan.cli.options import ConfigFile, Data, OutputFormat, Rules, open_app
from bartizan.cli.output import Format
from bartizan.cli.previews import Shown, added_rules, text_of, tomls
from bartizan.cli.progress import bar
from bartizan.cli.remote import Remote, live_server
from bartizan.cli.remote_jobs import followed
from bartizan.detect.exceptions import RuleException
from bartizan.detect.meaning import Knowledge
from bartizan.detect.preview.exceptions import hidden_by
from bartizan.detect.preview.hidden import HiddenPreview
from bartizan.detect.preview.period import Period, read_period
from bartizan.detect.preview.proposed import Proposed, Trials, trials_of
from bartizan.detect.preview.result import finished
from bartizan.detect.runner import Evaluator
from bartizan.detect.tuning import Tuning, exception_of
from bartizan.query.cancel import interruptible

exceptions = typer.Typer(help="Exceptions: what rules must not alert on.", no_args_is_help=True)

LISTS = "/exception-lists"
PREVIEW = "/exceptions/preview"


@exceptions.callback()
def _group() -> None:
    """A group, also of one command."""


@exceptions.command("preview")
def preview_exception(
    files: Annotated[
        list[Path] | None,
        typer.Argument(help="Files and folders of rules that it is for too; without conditions, their own exceptions."),
    ] = None,
    when: Annotated[
        list[str] | None,
        typer.Option("--when", help="A condition; all must hold.", metavar="'FIELD [not] OPERATOR [VALUE...]'"),
    ] = None,
    file: Annotated[
        Path | None, typer.Option("--file", help="JSON file of an exception, as the API takes it.", metavar="FILE")
    ] = None,
    rule: Annotated[list[str] | None, typer.Option("--rule", help="Id of a rule that it is for.", metavar="ID")] = None,
    exception_list: Annotated[
        str, typer.Option("--list", help="Name of the exception list that it is in, or will be.", metavar="NAME")
    ] = "",
    entry: Annotated[
        str, typer.Option("--entry", help="Id of an exception of the list; it is replaced.", metavar="ID")
    ] = "",
    time_from: Annotated[str, typer.Option("--from", help="Date or date math of event time.", metavar="T")] = "now-30d",
    time_to: Annotated[str, typer.Option("--to", help="Date or date math; excluded.", metavar="T")] = "now",
    rules: Rules = None,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Tell what an exception would hide over a past period: alerts of which rules, alerts that are stored, events.

    Nothing is stored. Without conditions it is told what is hidden by what is there: an exception (--list and --entry),
    a whole list (--list), or the exceptions in files of rules. Operators are is, is_one_of, exists, matches, in_cidr
    and in_list; what is nested comes by --file. For programs the first row is the whole, then there is one for each
    rule.

    Example: bartizan exceptions preview --when 'user.name is backup' --when 'source.ip in_cidr 10.0.0.0/8' --rule ID
    Example: bartizan exceptions preview --list trusted --from now-90d

    Exit status: 0 there is nothing to warn of, 1 there is: everything of a rule would be hidden, or nothing at all.
    """
    exception = exception_in(file, when or ())
    if not (exception or exception_list or files):
        raise typer.BadParameter("give conditions (--when, --file), --list or files of rules")
    if entry and not exception_list:
        raise typer.BadParameter("an exception is named together with its list: give --list")
    asked = {"rules": rule or None, **exception, "exception_list": exception_list, "entry": entry}
    flags = {"rules": [str(path) for path in rules] if rules else None}
    with open_app(data, config, **flags) as app, bar("preview", None) as (progress, task):
        shown, times = Shown(progress, task), (time_from, time_to)
        server = live_server(app.config)
        found = _remote(server, asked, files or [], times, shown) if server else _local(app, asked, files, times, shown)
    print_hidden(found, format)
    raise typer.Exit(1 if found["warnings"] or found["failed"] else 0)


def _remote(
    server: Remote, asked: Mapping[str, Any], files: Sequence[Path], times: tuple[str, str], shown: Shown
) -> dict[str, Any]:
    lists = {one["name"]: one["id"] for one in server.ask("GET", LISTS)["lists"]} if asked["exception_list"] else {}
    own = {**asked, "exception_list": lists.get(asked["exception_list"], asked["exception_list"])}
    texts = [text_of(file) for file in tomls([*files])]
    for job in followed(server, PREVIEW, {**own, "files": texts, "from": times[0], "to": times[1]}):
        shown.update(job["done"], job["total"], job["events"])
    result: dict[str, Any] = job["result"]
    return result


def _local(
    app: App, asked: Mapping[str, Any], files: Sequence[Path] | None, times: tuple[str, str], shown: Shown
) -> dict[str, Any]:
    period = read_period(*times, app.clock())
    trials = trials_of(_proposed(app, asked, files or ()), app.rulebook, Tuning(app.state), app.clock())
    return asdict(interruptible(app.engine, lambda search: _hidden(app, trials, period, search, shown)))


def _proposed(app: App, asked: Mapping[str, Any], files: Sequence[Path]) -> Proposed:
    named = asked["exception_list"]
    list_id = app.state.exceptions.named(named).id if named else ""
    rules = None if asked["rules"] is None else tuple(asked["rules"])
    return Proposed(_exceptions(asked), rules, list_id, asked["entry"], tuple(added_rules(app, [*files])))


def _exceptions(asked: Mapping[str, Any]) -> tuple[RuleException, ...]:
    from bartizan.state.conditions import read_conditions  # noqa: PLC0415 (SQLAlchemy)

    if not asked.get("conditions"):
        return ()
    name, conditions = asked.get("name", "this exception"), read_conditions(asked["conditions"])
    return (exception_of(str(name), conditions, asked.get("os"), _instant(asked.get("expires_at"))),)


def _instant(text: object) -> datetime | None:
    if text is None:
        return None
    try:
        found = datetime.fromisoformat(str(text))
    except ValueError as error:
        raise typer.BadParameter(f"`expires_at` is no date: `{text}`") from error
    return found if found.tzinfo else found.replace(tzinfo=UTC)


def _hidden(app: App, trials: Trials, period: Period, search: str, shown: Shown) -> HiddenPreview:
    budget = replace(app.budget, search=search)
    evaluator = Evaluator(app.engine, app.schema(), Knowledge(app.clock(), trials.lists), budget)
    return finished(hidden_by(evaluator, trials, period), shown.update)
