"""Rules of others tried on empty streams: what can run, and one sentence with its place for what can't."""

import json
import os
from collections import Counter
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bartizan.detect.attack.registry import load_attack
from bartizan.detect.import_check import Checked, Trial, check_rules
from bartizan.detect.rule_sources import load_rules
from bartizan.ecs.registry import load_registry
from bartizan.engine.base import Engine

NOW = datetime(2026, 3, 1, tzinfo=UTC)
RULES = [
    ({"type": "query", "query": "okta.actor.id: x and source.ip: 10.0.0.0/8"}, "ok", ""),
    ({"type": "query", "query": "source.ip: (10.0.0.0/8"}, "failed", "line 1, column 23: the query ends where"),
    ({"type": "query", "language": "lucene", "query": "user.name:/a.*/ AND NOT event.kind:x"}, "ok", ""),
    (
        {"type": "eql", "language": "eql", "query": "process where odd.field == 1 and process.name : ('a*', 'b')"},
        "failed",
        "",
    ),
    (
        {"type": "eql", "language": "eql", "query": 'process where odd.field == "1" and process.name : ("a*", "b")'},
        "ok",
        "",
    ),
    (
        {
            "type": "eql",
            "language": "eql",
            "query": 'info where user.id == "1"',
            "event_category_override": "event.type",
        },
        "ok",
        "",
    ),
    ({"type": "threshold", "query": "*", "threshold": {"field": [], "value": 5}}, "ok", ""),
    ({"type": "query", "language": "sql", "query": "SELECT 1"}, "failed", "unknown query language `sql`"),
    ({"type": "machine_learning", "machine_learning_job_id": ["known"]}, "ok", ""),
    (
        {"type": "machine_learning", "machine_learning_job_id": "odd_job"},
        "note",
        "anomaly job `odd_job`, which is unknown",
    ),
    (
        {
            "type": "threat_match",
            "query": "*",
            "threat_query": "source.ip >",
            "threat_mapping": [{"entries": [{"field": "source.ip", "value": "threat.indicator.ip"}]}],
        },
        "failed",
        "line 1, column 12",
    ),
    ({"type": "query", "query": "*", "filters": [{"query": {"term": {"event.kind": "event"}}}]}, "ok", ""),
    ({"type": "query", "query": "*", "filters": [{"query": {"odd": {}}}]}, "failed", "odd"),
    ({"type": "odd"}, "failed", "`type` must be one of query"),
]


def check(engine: Engine, file: Path) -> list[Checked]:
    return list(
        check_rules(load_rules([file], load_attack()), Trial(engine, load_registry(), NOW, frozenset({"known"})))
    )


def test_each_outcome(engine: Engine, tmp_path: Path) -> None:
    file = tmp_path / "rules.ndjson"
    file.write_text("\n".join(json.dumps({"rule_id": f"r{n}", **rule}) for n, (rule, _, _) in enumerate(RULES)))
    found = check(engine, file)
    assert [one.outcome for one in found] == [outcome for _, outcome, _ in RULES], found
    for one, (_, _, message) in zip(found, RULES, strict=True):
        assert message in one.message
        assert "\n" not in one.message


SIGMA = """
title: Bucket deleted
logsource: {product: aws, service: cloudtrail}
detection: {sel: {eventName: DeleteBucket}, condition: %s}
"""


def test_sigma_rules_are_tried_too(engine: Engine, tmp_path: Path) -> None:
    (tmp_path / "a.yml").write_text(SIGMA % "sel")
    (tmp_path / "b.yml").write_text(SIGMA.replace("title: Bucket", "title: B") % "nothing")
    good, bad = check(engine, tmp_path)
    assert (good.outcome, good.message) == ("ok", "")
    assert (bad.outcome, "nothing" in bad.message) == ("failed", True)


@pytest.mark.slow
def test_nearly_all_of_a_public_corpus_can_run(engine: Engine) -> None:
    file = Path(os.environ.get("BARTIZAN_SHARED", "")) / "corpus" / "elastic-rules.jsonl"
    if not file.is_file():
        pytest.skip("BARTIZAN_SHARED names no folder with corpus/elastic-rules.jsonl")
    found = check(engine, file)
    counts = Counter(one.outcome for one in found)
    told = [(one.id, one.message) for one in found if one.outcome == "failed"]
    assert (counts["ok"], counts["note"], counts["failed"]) == (969, 53, 7), told
    assert {one.type for one in found if one.outcome == "note"} <= {"machine_learning"}
