"""`bartizan rules`: which there are, and whether each can run."""

import tempfile
from pathlib import Path
from typing import Annotated, Any

import typer

from bartizan.cli.backfills import backfill
from bartizan.cli.gaps import gaps
from bartizan.cli.options import ConfigFile, Data, OutputFormat, Rules, open_app
from bartizan.cli.output import Format, print_problems, print_rows, stderr, tell_left_out
from bartizan.cli.previews import preview
from bartizan.cli.rule_coverage import rule_coverage
from bartizan.cli.rule_import import check_elastic, export_rules, import_rules
from bartizan.cli.rule_test import test_rules
from bartizan.detect.elastic.entries import SUFFIXES
from bartizan.detect.errors import RuleError
from bartizan.detect.imported import Origin
from bartizan.detect.rule import Rule
from bartizan.detect.rule_check import check_rules
from bartizan.detect.rulebook import Rulebook
from bartizan.state.outcome import NEW, Outcome

rules = typer.Typer(help="What is looked for.", no_args_is_help=True)
for command in (preview, gaps, backfill):
    rules.command()(command)
rules.command("import")(import_rules)
rules.command("export")(export_rules)
rules.command("test")(test_rules)
rules.command("coverage")(rule_coverage)

Folders = Annotated[
    list[Path] | None,
    typer.Argument(
        help="Folders of rules, or files of Elastic's rules as Kibana exports them; else the shipped ones.",
        metavar="PATH...",
        exists=True,
    ),
]


@rules.command("list")
def list_rules(
    rules: Rules = None, data: Data = None, config: ConfigFile = None, format: OutputFormat = Format.TABLE
) -> None:
    """List the rules: severity, ATT&CK techniques, how their last runs over the store went, and the pack that a rule is
    of.

    Example: bartizan rules list
    """
    with open_app(data, config, rules=_texts(rules)) as app:
        book, known = app.rulebook, app.outcomes.read()
    tell_left_out(book.problems)
    ordered = sorted(book, key=lambda rule: (-rule.risk_score, rule.name))
    rows = [_row(rule, book, known.get(rule.id, NEW)) for rule in ordered]
    pack = ("pack",) if book.origins else ()
    columns = ("name", "severity", "risk_score", "attack", "index", *pack, "id", "last_run", "last_error")
    print_rows(rows, columns, format)


@rules.command()
def check(folders: Folders = None, config: ConfigFile = None, format: OutputFormat = Format.TABLE) -> None:
    """Check that every rule loads, compiles against the streams it reads, and answers its samples as it says.

    Example: bartizan rules check my-rules/
    Example: bartizan rules check rules_export.ndjson --format ndjson

    A file of Elastic's rules (.ndjson or .jsonl, one a line) is only read: each query is compiled and run on an empty
    stream that has every field it names. Tables show what is not `ok`, the other formats every rule.

    Exit status: 0 all can run, 1 some can't (each problem is printed).
    """
    files = [path for path in folders or () if path.suffix in SUFFIXES]
    if files and len(files) < len(folders or ()):
        raise typer.BadParameter("give either folders of rules or files of Elastic's rules")
    if files:
        check_elastic(files, config, format)
        return
    data = tempfile.TemporaryDirectory(prefix="bartizan-rules-")
    with data as folder, open_app(Path(folder), config, engine={"url": ""}) as app:
        book = app.rulebook_of(folders) if folders else app.rulebook
        problems = [{"file": problem.where, "problem": _advised(problem)} for problem in book.problems]
        found = check_rules(book, app.sample_store, app.clock(), app.rulebook.rules)
        problems += [{"file": str(problem.file), "problem": problem.message} for problem in found]
        stderr().print(f"{len(book)} rules, {len(problems)} problems")
    print_problems(problems, format)
    raise typer.Exit(1 if problems else 0)


def _row(rule: Rule, book: Rulebook, outcome: Outcome) -> dict[str, Any]:
    return {
        "id": rule.id,
        "name": rule.name,
        "type": rule.type,
        "severity": rule.severity,
        "risk_score": rule.risk_score,
        "attack": [item.subtechnique.id if item.subtechnique else item.technique.id for item in rule.threats],
        "index": list(rule.index),
        "description": rule.description,
        "file": str(rule.file),
        "pack": _origin(book.origins.get(rule.id)),
        "last_run": outcome.last_run.isoformat() if outcome.last_run else "",
        "failures": outcome.failures,
        "last_error": outcome.last_error,
    }


def _origin(origin: Origin | None) -> str | None:
    return f"{origin.pack} {origin.version}{', tuned' if origin.is_tuned else ''}" if origin else None


def _advised(problem: RuleError) -> str:
    return f"{problem.message}; {problem.hint}" if problem.hint else problem.message


def _texts(paths: list[Path] | None) -> list[str] | None:
    return [str(path) for path in paths] if paths else None
