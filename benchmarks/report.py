"""The figures as a page: the machine, the versions, each figure beside what it is compared with."""

import os
import platform
from dataclasses import dataclass
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from benchmarks.detection_report import latency_lines, lookup_lines, rules_lines
from benchmarks.measure import Run, median

PACKAGES = ("chdb", "orjson", "sqlglot", "tenzir", "pyVRL")


@dataclass(frozen=True)
class Figures:
    """Everything that was measured."""

    events: int
    records: int
    ingest: list[Run]
    baseline: list[Run]
    vrl: list[Run]
    tenzir: list[Run]
    scan: Run
    rules: Run
    lookups: Run
    latency: Run
    sequences: list[Run]
    searches: Run
    compiling: Run
    startup: list[Run]


def render(figures: Figures) -> str:
    """The page."""
    parts = (_head, _ingest, _storage, _scan, _detection, _sequences, _searches, _compiling, _startup)
    return "\n".join([*(line for part in parts for line in part(figures)), ""])


def _head(figures: Figures) -> list[str]:
    return [
        "# Benchmarks",
        "",
        "Written by `make bench`. Every figure stands beside a baseline or a peer of the same run; machines differ, so",
        "the ratios tell more than the figures. Medians; CPU time is user and system time of all threads.",
        "",
        f"Machine: {_processor()}, {os.cpu_count()} cores, {platform.system()} {platform.release()}, "
        f"Python {platform.python_version()}.",
        f"Versions: {', '.join(f'{name} {_version(name)}' for name in PACKAGES)}.",
        f"Data: {figures.events:,} CloudTrail events of `bartizan simulate` in gzip objects, seeded.",
        "",
    ]


def _ingest(figures: Figures) -> list[str]:
    ours = median([run.result["events"] / run.result["cpu_s"] for run in figures.ingest])
    merged = median([run.result["events"] / run.result["cpu_with_merges_s"] for run in figures.ingest])
    wall = median([run.result["events"] / run.result["wall_s"] for run in figures.ingest])
    orjson_only = median([run.result["events"] / run.result["cpu_s"] for run in figures.baseline])
    vrl = median([run.result["events"] / run.result["cpu_s"] for run in figures.vrl])
    lines = [
        "## CloudTrail, from gzip objects to stored and searchable",
        "",
        "| what | events per CPU-second | does |",
        "|---|---|---|",
        f"| **Bartizan** | **{ours:,.0f}** | decompress, spool with fsync, map to every ECS column, store with raw |",
        f"| Bartizan, background merges counted in | {merged:,.0f} | the same |",
        f"| `orjson.loads` in Python | {orjson_only:,.0f} | decompress and parse; maps and stores nothing |",
        f"| pyVRL (Vector's remap language) | {vrl:,.0f} | decompress, parse, map 14 fields; stores nothing |",
    ]
    if figures.tenzir:
        peer = median([figures.records / run.cpu_s for run in figures.tenzir])
        lines.append(f"| Tenzir | {peer:,.0f} | parse JSON lines (not compressed), map 14 fields; stores nothing |")
    return [*lines, "", f"By the clock: {wall:,.0f} events a second.", ""]


def _storage(figures: Figures) -> list[str]:
    stored = median([run.result["bytes"] / run.result["events"] for run in figures.ingest])
    peak = median([run.result["peak_mb"] for run in figures.ingest])
    return [
        "## Storage and memory",
        "",
        "| what | figure |",
        "|---|---|",
        f"| bytes on disk per event, raw record and skip indexes included | **{stored:.0f}** |",
        f"| peak memory of the ingest | {peak:,.0f} MB |",
        "",
    ]


def _scan(figures: Figures) -> list[str]:
    result = figures.scan.result
    shared, everything, single = result["shared"], result["shared_all"], result["one_by_one"]
    return [
        f"## {result['rules']} rules over {result['events']:,} events",
        "",
        "| how | seconds | CPU seconds |",
        "|---|---|---|",
        f"| **shared scan**, rules that can't match left out | **{shared['wall_s']:.2f}** | {shared['cpu_s']:.2f} |",
        f"| shared scan of all of them | {everything['wall_s']:.2f} | {everything['cpu_s']:.2f} |",
        f"| rule by rule | {single['wall_s']:.2f} | {single['cpu_s']:.2f} |",
        "",
        f"Shared is {single['wall_s'] / shared['wall_s']:.1f} times as fast as rule by rule; "
        f"{single['wall_s'] / everything['wall_s']:.1f} times where no rule can be left out.",
        "",
    ]


def _detection(figures: Figures) -> list[str]:
    return [*rules_lines(figures.rules), *lookup_lines(figures.lookups), *latency_lines(figures.latency)]


def _sequences(figures: Figures) -> list[str]:
    keys = figures.sequences[0].result["keys"]
    return [
        f"## A sequence of three events, by a key with {keys:,} values",
        "",
        "A tenth of the events are candidates; the newest 1,000 sequences are given with their events. Beside it what",
        "ClickHouse alone takes to count the candidates by key.",
        "",
        "| events | candidates | rows read | seconds | CPU seconds | of ClickHouse's count | peak memory |",
        "|---|---|---|---|---|---|---|",
        *(_sequence_row(run) for run in figures.sequences),
        "",
    ]


def _sequence_row(run: Run) -> str:
    one = run.result
    counts = " | ".join(f"{one[name]:,}" for name in ("events", "candidates", "rows_read"))
    times = f"**{one['wall_s']:.2f}** | {one['cpu_s']:.2f} | {one['grouped_cpu_s']:.2f}"
    return f"| {counts} | {times} | {one['peak_memory_mb']:,.0f} MB |"


def _searches(figures: Figures) -> list[str]:
    result = figures.searches.result
    return [
        f"## Searches over {result['events']:,} stored events",
        "",
        "The first time and again, in milliseconds, with the rows that ClickHouse read; beside it the same statement",
        "without the table's skip indexes and without what the engine remembers of earlier searches.",
        "",
        "| question | first | again | rows read | MB read | found | without: ms | without: rows read |",
        "|---|---|---|---|---|---|---|---|",
        *(_search_row(name, one) for name, one in result["searches"].items()),
        "",
    ]


def _search_row(name: str, one: dict[str, float]) -> str:
    times = f"**{one['first_ms']:,.0f}** | {one['again_ms']:,.0f}"
    read = f"{one['rows_read']:,} | {one['mb_read']:,.1f} | {one['found']:,}"
    return f"| {name} | {times} | {read} | {one['plain_ms']:,.0f} | {one['plain_rows_read']:,} |"


def _compiling(figures: Figures) -> list[str]:
    result = figures.compiling.result
    rows = [
        f"| {name} | {one['rules']:,} | **{one['median_ms']:.1f}** | {one['p99_ms']:.0f} |"
        for name, one in result["rules"].items()
    ]
    return [
        "## From a rule's text to SQL",
        "",
        "| rules | how many | median, ms | 99th percentile, ms |",
        "|---|---|---|---|",
        *rows,
        "",
        f"The longest query, {result['longest_characters']:,} characters: {result['longest_ms']:.0f} ms.",
        "",
    ]


def _startup(figures: Figures) -> list[str]:
    first = median([run.result["first_answer_s"] for run in figures.startup])
    imported = median([run.result["import_s"] for run in figures.startup])
    return [
        "## Start",
        "",
        "| what | seconds |",
        "|---|---|",
        f"| import | {imported:.2f} |",
        f"| process start to the first answer of a new store | {first:.2f} |",
        "",
    ]


def _processor() -> str:
    for line in Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines():
        if line.startswith("model name"):
            return line.partition(":")[2].strip()
    return platform.machine()


def _version(package: str) -> str:
    try:
        return version(package)
    except PackageNotFoundError:
        return "not installed"
