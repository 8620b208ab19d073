"""Elastic's rules read from a file: one a line, and a bad one costs only itself."""

import json
from pathlib import Path

from bartizan.detect.elastic.rule import ElasticRule, read_rules
from bartizan.detect.errors import RuleError

MATCH = {
    "rule_id": "r1",
    "type": "threat_match",
    "language": "kuery",
    "query": "source.ip: *",
    "index": ["logs-*", "filebeat-*"],
    "filters": [{"meta": {"negate": False}, "query": {"term": {"event.kind": "event"}}}],
    "threat_index": ["logs-ti_*"],
    "threat_query": "threat.indicator.ip: *",
    "threat_mapping": [{"entries": [{"field": "source.ip", "type": "mapping", "value": "threat.indicator.ip"}]}],
}
THRESHOLD = {
    "rule_id": "r2",
    "type": "threshold",
    "query": "*",
    "threshold": {"field": ["user.id"], "value": 1, "cardinality": [{"field": "source.ip", "value": 3}]},
    "alert_suppression": {"group_by": ["user.name"]},
}
BAD = [
    "{",
    '"text"',
    '{"rule_id": "r3"}',
    '{"rule_id": 5, "type": "query"}',
    '{"rule_id": "r4", "type": "odd"}',
    "[" * 9000,
]


def read(folder: Path, *lines: str) -> list[ElasticRule | RuleError]:
    file = folder / "rules.ndjson"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return list(read_rules(file))


def test_what_a_rule_looks_for(tmp_path: Path) -> None:
    matching, counting = read(tmp_path, json.dumps(MATCH), "", json.dumps(THRESHOLD), '{"exported_count": 2}')
    assert isinstance(matching, ElasticRule)
    assert isinstance(counting, ElasticRule)
    assert (matching.language, matching.index, matching.fields) == ("kuery", ("logs-*", "filebeat-*"), ("source.ip",))
    assert matching.indicators is not None
    assert (matching.indicators.query, matching.indicators.fields) == (
        "threat.indicator.ip: *",
        ("threat.indicator.ip",),
    )
    assert counting.fields == ("user.id", "source.ip", "user.name")
    assert counting.where.endswith("rules.ndjson:3")


def test_a_bad_line_costs_only_itself(tmp_path: Path) -> None:
    found = read(tmp_path, *BAD, json.dumps(THRESHOLD))
    assert [type(one) for one in found] == [RuleError] * len(BAD) + [ElasticRule]
    assert [one.where.rpartition(":")[2] for one in found] == [str(number + 1) for number in range(len(BAD) + 1)]
