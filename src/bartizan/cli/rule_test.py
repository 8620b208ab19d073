"""`bartizan rules test`: what each rule finds in its samples."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.cli.options import ConfigFile, OutputFormat, open_app
from bartizan.cli.output import Format, print_rows, stderr, tell_left_out, visible
from bartizan.detect.forms import FORMS
from bartizan.detect.rule_check import Tested, try_samples

COLUMNS = ("rule", "form", "matches", "benign", "outcome")


def test_rules(
    paths: Annotated[
        list[Path] | None,
        typer.Argument(help="Files and folders of rules; else the shipped ones.", metavar="PATH...", exists=True),
    ] = None,
    config: ConfigFile = None,
    format: OutputFormat = Format.TABLE,
) -> None:
    """Run rules over their own samples: every record of `X.match.ndjson` must be found (or an alert raised over all of
    them, by a rule that looks at several events), and none of `X.benign.ndjson`.

    Example: bartizan rules test
    Example: bartizan rules test my-rules/ --format ndjson

    `form` is a rule's type and, where that has several, its language or what it asks for. Exit status: 0 every rule
    finds what it should, 1 some don't, a rule doesn't load or has no samples, or a form has no shipped rule.
    """
    folder = tempfile.TemporaryDirectory(prefix="bartizan-rules-")
    with folder as data, open_app(Path(data), config, engine={"url": ""}) as app:
        book = app.rulebook_of(paths) if paths else app.rulebook
        report = try_samples(book, app.sample_store, app.clock(), app.rulebook.rules)
        tell_left_out(book.problems)
    rows = [_row(one) for one in report.tested]
    print_rows(rows, COLUMNS, format)
    console = stderr()
    for problem in report.problems:
        console.print(f"{problem.file}: {visible(problem.message)}", markup=False)
    failed = [row for row in rows if row["outcome"] != "ok"]
    forms = {row["form"] for row in rows}
    console.print(f"{len(rows)} rules of {len(forms)} forms, {len(failed)} not ok", highlight=False)
    absent = [form for form in FORMS if form not in forms] if not paths else []
    if absent:
        console.print(f"no shipped rule is of {', '.join(absent)}", highlight=False)
    raise typer.Exit(1 if failed or report.problems or book.problems or absent else 0)


def _row(one: Tested) -> dict[str, Any]:
    outcome = "failed" if one.problems else "ok" if one.expected else "no samples"
    return {
        "id": one.rule.id,
        "rule": one.rule.name,
        "type": one.rule.type,
        "form": one.form,
        "matches": f"{one.found}/{one.expected}",
        "found": one.found,
        "expected": one.expected,
        "benign": one.benign,
        "outcome": outcome,
        "file": str(one.rule.file),
        "problems": [problem.message for problem in one.problems],
    }
