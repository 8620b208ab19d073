"""`bartizan rules preview`: what rules would have found over a past period, here or by the running server."""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, replace
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress as Bar
from rich.progress import TaskID

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, OutputFormat, Rules, open_app
from bartizan.cli.output import Format, stderr, visible_lines
from bartizan.cli.preview_table import print_preview
from bartizan.cli.progress import bar
from bartizan.cli.remote import Remote, live_server
from bartizan.cli.remote_jobs import followed
from bartizan.detect.meaning import Knowledge
from bartizan.detect.preview.period import Period, read_period
from bartizan.detect.preview.result import Preview, finished
from bartizan.detect.preview.run import previewed
from bartizan.detect.preview.select import as_asked, selected
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator
from bartizan.detect.tuning import Tuned
from bartizan.query.cancel import interruptible

Asked = Annotated[
    list[str] | None, typer.Argument(help="Ids of rules, or files and folders of rules.", metavar="ID|FILE...")
]
Tags = Annotated[list[str] | None, typer.Option("--tag", help="Rules with this tag.", metavar="T")]


def preview(
    asked: Asked = None,
    all: Annotated[bool, typer.Option("--all", help="All rules.")] = False,
    tags: Tags = None,
    time_from: Annotated[str, typer.Option("--from", help="Date or date math of event time.", metavar="T")] = "now-30d",
    time_to: Annotated[str, typer.Option("--to", help="Date or date math; excluded.", metavar="T")] = "now",
    exceptions: Annotated[
        bool, typer.Option("--exceptions/--no-exceptions", help="Leave out what the rules' exceptions leave out.")
    ] = True,
    rules: Rules = None,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Tell what rules would have found over a past period: alerts over time, whom they are about, how noisy they are.

    Nothing is stored. Counts go on beyond a rule's `max_alerts`. Exceptions, shared ones too, count as they do when
    the rules run; rules that are switched off are previewed all the same. For programs the first row is the whole, then
    there is one for each rule, the noisiest first.

    Example: bartizan rules preview my-rule.toml --from now-30d
    Example: bartizan rules preview --all --from now-7d --format ndjson
    """
    if not (asked or all or tags):
        raise typer.BadParameter("name rules or files of rules, or give --tag or --all")
    files = [Path(one) for one in asked or () if _is_path(one)]
    ids = [one for one in asked or () if not _is_path(one)]
    flags = {"rules": [str(path) for path in rules] if rules else None}
    with open_app(data, config, **flags) as app, bar("preview", None) as (progress, task):
        shown = Shown(progress, task)
        if server := live_server(app.config):
            words = {"rules": ids, "tags": tags or [], "all": all, "from": time_from, "to": time_to}
            also = {"files": [*map(text_of, tomls(files))], "exceptions": exceptions}
            found = _remote(server, {**words, **also}, shown)
        else:
            period = read_period(time_from, time_to, app.clock())
            chosen = selected(app.rulebook, ids, tags or (), added_rules(app, files), all)
            tuned = as_asked(chosen, app.detection.tuning, app.clock(), not exceptions)
            found = asdict(interruptible(app.engine, lambda search: _local(app, tuned, period, search, shown)))
    print_preview(found, format)


@dataclass(frozen=True, slots=True)
class Shown:
    """Shows how far a preview is, and at what rate."""

    bar: Bar
    task: TaskID

    def update(self, done: int, total: int | None, events: int) -> None:
        """Show steps, and the events of those that are done."""
        elapsed_s = self.bar.tasks[self.task].elapsed or 0
        rate = f", {events / elapsed_s:,.0f}/s" if elapsed_s and events else ""
        self.bar.update(self.task, completed=done, total=total, note=f"{events:,} events{rate}")


def _local(app: App, tuned: Tuned, period: Period, search: str, shown: Shown) -> Preview:
    budget = replace(app.budget, search=search)
    evaluator = Evaluator(app.engine, app.schema(), Knowledge(app.clock(), tuned.lists), budget)
    return finished(previewed(evaluator, tuned.rules, period, off=tuned.off), shown.update)


def _remote(server: Remote, asked: Mapping[str, Any], shown: Shown) -> dict[str, Any]:
    for job in followed(server, "/rules/preview", asked):
        shown.update(job["done"], job["total"], job["events"])
    result: dict[str, Any] = job["result"]
    return result


def added_rules(app: App, files: list[Path]) -> list[Rule]:
    """The rules of files; those that don't load are told, the others go on."""
    if not files:
        return []
    book = app.rulebook_of(files)
    for problem in book.problems:
        stderr().print(f"rule left out: {visible_lines(str(problem))}", markup=False)
    return list(book)


def _is_path(text: str) -> bool:
    return text.endswith(".toml") or "/" in text or Path(text).exists()


def tomls(files: list[Path]) -> list[Path]:
    """The files of rules among files and below folders."""
    return [one for file in files for one in (sorted(file.rglob("*.toml")) if file.is_dir() else [file])]


def text_of(file: Path) -> str:
    """What a file holds. Raises `BadParameter` for one that can't be read."""
    try:
        return file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise typer.BadParameter(f"can't read {file}: {error}") from error
