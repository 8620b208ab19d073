"""`python -m benchmarks [EVENTS]`: measure, print the figures, write docs/benchmarks.md."""

import os
import sys
import tempfile
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

from bartizan.simulate import Scenario, write
from benchmarks.measure import Run, worker
from benchmarks.peers import as_lines, tenzir
from benchmarks.report import Figures, render

RUNS = 3
EVENTS = 300_000
HOURS = 6
RULE_EVENTS = 1_000_000
RULE_COUNT = 600
LOOKUPS = 1_000_000
RATE = 10_000
"""Events a second, for `SECONDS`."""
SECONDS = 40
SEQUENCE_EVENTS = (1_000_000, 10_000_000)
DOCS = Path(__file__).parents[1] / "docs" / "benchmarks.md"


def main(events: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        logs, lines = Path(folder) / "logs", Path(folder) / "records.ndjson"
        print(f"writing {events:,} CloudTrail events", flush=True)
        write(_scenario(events), logs)
        records = as_lines(logs, lines)
        figures = Figures(
            events=events,
            records=records,
            ingest=_several("ingest_worker", str(logs)),
            baseline=_several("baseline_worker", str(logs)),
            vrl=_several("vrl_worker", str(logs), runs=1),
            tenzir=[measured for _ in range(RUNS) if (measured := tenzir(lines))],
            scan=_several("scan_worker", str(logs), runs=1)[0],
            rules=_rules(Path(folder)),
            lookups=_several("lookup_worker", str(LOOKUPS), runs=1)[0],
            latency=_several("latency_worker", str(RATE), str(SECONDS), *_others(), runs=1)[0],
            sequences=[_several("sequence_worker", str(count), runs=1)[0] for count in SEQUENCE_EVENTS],
            searches=_several("search_worker", runs=1)[0],
            compiling=_several("compile_worker", runs=1)[0],
            startup=_several("startup_worker"),
        )
    DOCS.write_text(render(figures), encoding="utf-8")
    print(render(figures))
    print(f"written to {DOCS}")


def _scenario(events: int) -> Scenario:
    start = datetime(2026, 1, 15, tzinfo=UTC)
    return Scenario(start, 1, HOURS, events, waf_events=0, firewall_events=0, flow_records=0, attack=False)


def _rules(folder: Path) -> Run:
    """Many rules over many events: those that ship and, where they are at hand, public ones."""
    logs = folder / "many"
    write(replace(_scenario(RULE_EVENTS), attack=True), logs)
    return _several("rules_worker", str(logs), str(RULE_COUNT), *_others(), runs=1)[0]


def _others() -> list[str]:
    """A file of public rules, which is not ours to ship."""
    shared = os.environ.get("BARTIZAN_SHARED")
    return [f"{shared}/corpus/elastic-rules.jsonl"] if shared else []


def _several(module: str, *arguments: str, runs: int = RUNS) -> list[Run]:
    measured = []
    for number in range(runs):
        print(f"{module} {number + 1} of {runs}", flush=True)
        measured.append(worker(module, *arguments))
    return measured


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else EVENTS)
