"""Worker: hundreds of rules of every type over stored CloudTrail events, as one run and rule by rule.

The rules are those that ship and, where there is a folder or file of others, these as well, up to a number.
"""

import json
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Mapping, Sequence
from pathlib import Path

from bartizan.app import App
from bartizan.config import Config
from bartizan.detect.executor import Hit
from bartizan.detect.findings import RuleFailed
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.meaning import Knowledge
from bartizan.detect.planner import Planner
from bartizan.detect.rule import Rule
from bartizan.detect.runner import Evaluator, run_due
from bartizan.ingest.objects import find_files
from bartizan.pipeline.intake import file_source
from benchmarks.measure import cpu_now, peak_memory_mb


class Unseen(DetectionLedger):
    """A ledger of rules that never ran."""

    def watermarks(self, stream: str) -> Mapping[str, str]:
        """None has seen anything."""
        return {}


def evaluated(app: App, rules: Sequence[Rule], planner: Planner) -> dict[str, object]:
    """One run of the rules over everything; seconds and CPU seconds of its planning are told beside."""
    schema, known = app.schema(), Knowledge(app.clock())
    started = time.monotonic()
    planner.plans(rules, schema, known)
    planned_s = time.monotonic() - started
    evaluator = Evaluator(app.engine, schema, known, app.budget, planner=planner)
    started, cpu = time.monotonic(), cpu_now()
    found = list(run_due(evaluator, Unseen(app.engine), rules))
    hits = Counter(one.rule.type for one in found if isinstance(one, Hit))
    failed = [f"{one.rule.name}: {one.error.message}" for one in found if isinstance(one, RuleFailed)]
    return {
        "plan_s": planned_s,
        "wall_s": time.monotonic() - started,
        "cpu_s": cpu_now() - cpu,
        "hits": dict(hits),
        "failed": failed[:5],
        "failures": len(failed),
    }


def main(folder: Path, count: int, others: list[Path]) -> None:
    with tempfile.TemporaryDirectory() as data, App(Config(data=Path(data))) as app:
        files = [file_source(path) for path in find_files([folder])]
        events = sum(told.loaded.records for told in app.intake.ingest(files, app.reading()) if told.loaded)
        rules = [*app.rulebook, *(app.rulebook_of(others) if others else ())][:count]
        planner = Planner()
        together = [evaluated(app, rules, planner) for _ in range(3)]
        started, cpu = time.monotonic(), cpu_now()
        for rule in rules:
            evaluated(app, [rule], planner)
        alone = {"wall_s": time.monotonic() - started, "cpu_s": cpu_now() - cpu}
        types = Counter(rule.type for rule in rules)
        told = {"events": events, "rules": len(rules), "types": dict(types), "together": together, "one_by_one": alone}
        print(json.dumps({**told, "peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]), [Path(path) for path in sys.argv[3:]])
