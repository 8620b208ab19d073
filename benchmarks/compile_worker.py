"""Worker: how long a rule's query takes from its text to SQL, for the rules that ship and, where BARTIZAN_SHARED names
them, public ones."""

import json
import os
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

from bartizan.app import App
from bartizan.config import Config
from bartizan.detect.errors import RuleError
from bartizan.detect.rule_sources import load_rules
from bartizan.ecs.registry import Registry
from bartizan.query.empty_stream import BASE, AskedFields
from bartizan.query.errors import QueryError
from bartizan.query.search import Search, prepared
from benchmarks.measure import median

NOW = datetime(2026, 2, 1, tzinfo=UTC)
STREAM = "logs-empty-default"
NAMES = {"kql": "KQL", "eql": "EQL", "esql": "ES\\|QL", "lucene": "Lucene", "sigma": "Sigma"}


def searches(app: App) -> Iterator[tuple[str, Search]]:
    """Every query, with where it is from."""
    for rule in filter(lambda rule: rule.query, app.rulebook):
        yield f"shipped rules, {NAMES[rule.language]}", Search(rule.query, rule.language, (STREAM,), streams=(STREAM,))
    public = Path(os.environ.get("BARTIZAN_SHARED", "")) / "corpus" / "elastic-rules.jsonl"
    if not public.is_file():
        return
    for found in load_rules([public], app.attack):
        if not isinstance(found, RuleError) and found.rule.query:
            asked = Search(found.rule.query, found.rule.language, (STREAM,), streams=(STREAM,))
            yield f"public rules, {NAMES[found.rule.language]}", asked


def milliseconds(asked: Search, registry: Registry) -> float | None:
    """From text to SQL the second time, when grammars are loaded; None for a query that is refused."""
    schema = AskedFields({STREAM: BASE}, registry)
    try:
        prepared(schema, asked, NOW)
        started = time.perf_counter()
        ready = prepared(schema, asked, NOW)
    except QueryError:
        return None
    if ready.tree is not None:
        ready.tree.sql(dialect="clickhouse")
    return (time.perf_counter() - started) * 1000


def main() -> None:
    measured: dict[str, list[float]] = {}
    longest = (0, 0.0)
    with App(Config()) as app:
        for name, asked in searches(app):
            took_ms = milliseconds(asked, app.registry)
            if took_ms is not None:
                measured.setdefault(name, []).append(took_ms)
                longest = max(longest, (len(asked.query), took_ms))
    rows = {
        name: {"rules": len(all_ms), "median_ms": median(all_ms), "p99_ms": sorted(all_ms)[int(len(all_ms) * 0.99)]}
        for name, all_ms in measured.items()
    }
    print(json.dumps({"rules": rows, "longest_characters": longest[0], "longest_ms": longest[1]}))


if __name__ == "__main__":
    main()
