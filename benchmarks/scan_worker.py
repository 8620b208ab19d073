"""Worker: 300 rules over stored CloudTrail events, as one shared scan and rule by rule; both in one process."""

import json
import sys
import tempfile
import time
from dataclasses import replace
from pathlib import Path

from bartizan.app import App
from bartizan.config import Config
from bartizan.detect.arrivals import Window
from bartizan.detect.choosing import choose
from bartizan.detect.findings import Cut
from bartizan.detect.ledger import BEGINNING
from bartizan.detect.meaning import Knowledge
from bartizan.detect.plan import Planned
from bartizan.detect.planner import Planner
from bartizan.detect.rule import Rule
from bartizan.detect.runner import by_stream
from bartizan.detect.scan import scan
from bartizan.ingest.objects import find_files
from bartizan.pipeline.intake import file_source
from bartizan.query.schema import Schema
from benchmarks.measure import cpu_now, median

RULES = 300
END = "2299-01-01 00:00:00.000"
STREAM = "logs-aws.cloudtrail-default"


def variants(rules: list[Rule], count: int) -> list[Rule]:
    """`count` different rules: those that ship, and copies that leave out one more user each."""
    single = [rule for rule in rules if (rule.type, rule.language) == ("query", "kql")]
    own = [rule for rule in single if any("cloudtrail" in pattern for pattern in rule.index)]
    return [
        replace(own[n % len(own)], id=f"{n}", query=f'({own[n % len(own)].query}) and not user.name: "nobody-{n}"')
        for n in range(count)
    ]


def timed(app: App, planned: list[Planned], schema: Schema, together: bool, chosen: bool) -> tuple[float, float, int]:
    """Seconds, CPU seconds and matches."""
    window = Window(STREAM, BEGINNING, END)
    started, cpu, found = time.monotonic(), cpu_now(), 0
    for group in [planned] if together else [[plan] for plan in planned]:
        rules = choose(app.engine, window, group, schema) if chosen else group
        found += sum(not isinstance(finding, Cut) for finding in scan(app.engine, window, rules, schema))
    return time.monotonic() - started, cpu_now() - cpu, found


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data, App(Config(data=Path(data))) as app:
        files = [file_source(path) for path in find_files([folder])]
        events = sum(told.loaded.records for told in app.intake.ingest(files, app.reading()) if told.loaded)
        schema = app.schema()
        plans, failed = Planner().plans(variants(list(app.rulebook), RULES), schema, Knowledge(app.clock()))
        assert not failed, failed[0].error
        planned = by_stream(plans)[STREAM]
        result: dict[str, object] = {"events": events, "rules": len(planned)}
        for name, together, chosen in (
            ("shared", True, True),
            ("shared_all", True, False),
            ("one_by_one", False, False),
        ):
            runs = [timed(app, planned, schema, together, chosen) for _ in range(3)]
            wall_s, cpu_s = median([run[0] for run in runs]), median([run[1] for run in runs])
            result[name] = {"wall_s": wall_s, "cpu_s": cpu_s, "matches": runs[0][2]}
        print(json.dumps(result))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
