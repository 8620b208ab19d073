"""`bartizan rules check` on files of Elastic's rules."""

from dataclasses import asdict
from pathlib import Path

from bartizan.cli.options import open_app
from bartizan.cli.outcomes import tell_outcomes
from bartizan.cli.output import Format
from bartizan.cli.progress import bar
from bartizan.detect.elastic.check import Trial, check_rules
from bartizan.detect.elastic.rule import read_rules

COLUMNS = ("id", "type", "outcome", "message")


def check_elastic(files: list[Path], config: Path | None, format: Format) -> None:
    """Try every rule of the files; ends with status 1 if some can't run."""
    rules = [rule for file in files for rule in read_rules(file)]
    with open_app(config=config) as app, bar("checking", len(rules)) as (progress, task):
        found = []
        for one in check_rules(rules, Trial(app.scratch, app.registry, app.clock())):
            found.append(asdict(one))
            progress.update(task, completed=len(found))
    raise tell_outcomes(found, COLUMNS, len(files), format)
