"""`bartizan rules import` and `export`: rules of others as ours, ours as files; and `check` on Elastic's."""

from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.app import App
from bartizan.cli.options import ConfigFile, Data, OutputFormat, Rules, open_app
from bartizan.cli.outcomes import tell_outcomes
from bartizan.cli.output import Format, print_ndjson, stderr, tell_left_out
from bartizan.cli.progress import bar
from bartizan.detect.errors import RuleError
from bartizan.detect.import_check import Trial, check_rules
from bartizan.detect.imported import Imported
from bartizan.detect.responses import without_responses
from bartizan.detect.rule_entry import rule_entry
from bartizan.detect.rule_sources import load_rules
from bartizan.detect.rule_writing import Written, file_name, write_rules
from bartizan.detect.rulebook import unique

Found = list[Imported | RuleError]
Row = dict[str, Any]

COLUMNS = ("id", "type", "outcome", "message")
IMPORT_COLUMNS = ("name", "type", "outcome", "message", "where")
Into = Annotated[Path | None, typer.Option("--into", help="Folder to write to, one TOML file a rule.", metavar="DIR")]
Replace = Annotated[bool, typer.Option("--replace", help="Write over files that say something else.")]


def import_rules(
    paths: Annotated[
        list[Path],
        typer.Argument(
            help="Files and folders: Elastic's exports (.ndjson, .jsonl) and rule files (.toml), Sigma's (.yml), ours.",
            metavar="PATH...",
            exists=True,
        ),
    ],
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only tell what would run, what not and why.")] = False,
    into: Annotated[
        Path | None,
        typer.Option("--into", help="Folder to write to.", show_default="<data>/rules, which is always read"),
    ] = None,
    replace: Replace = False,
    data: Data = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Take over rules of others: each is converted, tried on an empty stream that has every field it names, and written
    as a TOML file of ours. What can't run is told with the reason and not written.

    Example: bartizan rules import detection-rules/rules/integrations/aws --dry-run
    Example: bartizan rules import rules_export.ndjson sigma/rules/cloud/aws --into my-rules

    A `note` is a rule that runs but for what it says. A table shows notes and failures, the other formats every rule.

    Exit status: 0 all can run, 1 some can't, or a file that says something else was left as it is.
    """
    with open_app(data, config) as app:
        loaded = unique(load_rules(paths, app.attack))
        found: Found = [without_responses(one) if isinstance(one, Imported) else one for one in loaded]
        if into is None:
            found = _without_known(found, app)
        rows = _tried(found, app)
        if not dry_run:
            _write(found, rows, into or app.own_rules, replace)
    raise tell_outcomes(rows, IMPORT_COLUMNS, len({row["where"].partition(":")[0] for row in rows}), format)


def export_rules(
    into: Into = None,
    replace: Replace = False,
    rules: Rules = None,
    data: Data = None,
    config: ConfigFile = None,
    format: Annotated[Format, typer.Option("--format", help="Without --into: how rules are printed.")] = Format.NDJSON,
) -> None:
    """Write rules as files of ours, or print them, one JSON object a line; `import` takes both.

    Example: bartizan rules export --into my-rules
    Example: bartizan rules export > rules.ndjson

    Exit status: 0 all are written, 1 some don't load, or a file that says something else was left as it is.
    """
    if into is None and format is not Format.NDJSON:
        raise typer.BadParameter("without --into rules are printed as ndjson")
    folders = {"rules": [str(path) for path in rules]} if rules else {}
    with open_app(data, config, **folders) as app:
        book = app.rulebook
    tell_left_out(book.problems)
    if into is None:
        print_ndjson(map(rule_entry, book))
        raise typer.Exit(1 if book.problems else 0)
    written = list(write_rules(book, into, replace))
    _tell_written(written, into)
    raise typer.Exit(1 if book.problems or any(one.outcome == "different" for one in written) else 0)


def check_elastic(files: Sequence[Path], config: Path | None, format: Format) -> None:
    """Try every rule of Elastic's exports; ends with status 1 if some can't run."""
    with open_app(config=config) as app:
        rows = _tried(list(load_rules(files, app.attack)), app)
    raise tell_outcomes(rows, COLUMNS, len(files), format)


def _tried(found: Found, app: App) -> list[Row]:
    """A row for each rule: its outcome, and its name."""
    rows: list[Row] = []
    with bar("checking", len(found)) as (progress, task):
        for one, told in zip(found, check_rules(found, Trial(app.scratch, app.registry, app.clock())), strict=True):
            rows.append({"name": one.rule.name if isinstance(one, Imported) else "", **asdict(told)})
            progress.update(task, completed=len(rows))
    return rows


def _without_known(found: Iterable[Imported | RuleError], app: App) -> Found:
    """Rules whose id one of the rules has that are read anyway are errors, but for those written before."""
    own = app.own_rules
    known = {rule.id: rule.file for rule in app.rulebook}
    return [
        RuleError(f"id `{one.rule.id}` is already the one of {known[one.rule.id]}", where=one.where)
        if isinstance(one, Imported) and known.get(one.rule.id) not in (None, own / file_name(one.rule))
        else one
        for one in found
    ]


def _write(found: Found, rows: Sequence[Row], folder: Path, is_replacing: bool) -> None:
    able = {
        one.rule.id: (one.rule, row)
        for one, row in zip(found, rows, strict=True)
        if isinstance(one, Imported) and row["outcome"] != "failed"
    }
    written = list(write_rules((rule for rule, _ in able.values()), folder, is_replacing))
    for one in written:
        _, row = able[one.rule.id]
        row["file"] = str(one.file)
        if one.outcome == "different":
            row["outcome"] = "failed"
            row["message"] = f"{one.file} says something else and is left as it is; --replace writes over it"
    _tell_written(written, folder)


def _tell_written(written: Sequence[Written], folder: Path) -> None:
    counts = {outcome: sum(one.outcome == outcome for one in written) for outcome in ("written", "same", "different")}
    told = f"{counts['written']:,} rules written to {folder}, {counts['same']:,} were there already"
    if counts["different"]:
        told += f", {counts['different']:,} files that say something else left as they are (--replace writes over them)"
    stderr().print(told, markup=False)
