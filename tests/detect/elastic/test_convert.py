"""Elastic's rules as ours: every setting they have, in both forms of files; a bad line costs only itself."""

import json
import tomllib
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.detect.attack.registry import Attack
from bartizan.detect.elastic import entries as elastic
from bartizan.detect.elastic.convert import convert
from bartizan.detect.errors import RuleError
from bartizan.detect.exceptions import Entry, RuleException
from bartizan.detect.imported import Imported
from bartizan.detect.rule import Schedule
from bartizan.detect.rule_file import read_rule
from bartizan.detect.rule_sources import load_rules
from bartizan.detect.rule_writing import rule_text
from bartizan.detect.settings import (
    Cardinality,
    EqlSettings,
    EsqlSettings,
    IndicatorSettings,
    MachineLearningSettings,
    NewTermsSettings,
    Pair,
    SeverityOverride,
    Suppression,
    ThresholdSettings,
)

BASE: dict[str, Any] = {
    "rule_id": "r1",
    "name": "A rule",
    "description": "What it finds.",
    "severity": "high",
    "risk_score": 73,
    "type": "query",
    "language": "kuery",
    "query": "event.action: x",
    "index": ["logs-*", "filebeat-*"],
    "from": "now-9m",
    "interval": "5m",
    "timestamp_override": "event.ingested",
}
PAIRS = [{"entries": [{"field": "source.ip", "type": "mapping", "value": "threat.indicator.ip"}]}]
TYPES = [
    ({"type": "eql", "language": "eql", "query": "any where true"}, EqlSettings(span_s=540)),
    ({"type": "esql", "language": "esql", "query": "FROM logs-*"}, EsqlSettings(540)),
    (
        {
            "type": "threshold",
            "threshold": {"field": "user.id", "value": 3, "cardinality": [{"field": "source.ip", "value": 2}]},
        },
        ThresholdSettings(3, ("user.id",), 540, Cardinality("source.ip", 2)),
    ),
    ({"type": "threshold", "threshold": {"field": [], "value": 9}}, ThresholdSettings(9, (), 540)),
    (
        {"type": "new_terms", "new_terms_fields": ["user.id"], "history_window_start": "now-7d"},
        NewTermsSettings(("user.id",), 7 * 86400),
    ),
    (
        {"type": "new_terms", "new_terms": {"field": "new_terms_fields", "value": ["user.id", "source.ip"]}},
        NewTermsSettings(("user.id", "source.ip")),
    ),
    (
        {
            "type": "threat_match",
            "threat_index": ["logs-ti_*"],
            "threat_query": "threat.indicator.ip: *",
            "threat_filters": [{"query": {"term": {"event.kind": "enrichment"}}}],
            "threat_mapping": PAIRS,
        },
        IndicatorSettings(
            ("logs-ti_*",),
            ((Pair("source.ip", "threat.indicator.ip"),),),
            "threat.indicator.ip: *",
            filters='[{"query":{"term":{"event.kind":"enrichment"}}}]',
        ),
    ),
    (
        {"type": "machine_learning", "machine_learning_job_id": "job", "anomaly_threshold": 75, "query": None},
        MachineLearningSettings(("job",), 75),
    ),
    ({"type": "saved_query", "saved_id": "s1"}, None),
]
NOTED = [
    ({"timestamp_override": "event.created"}, "`timestamp_override` is `event.created`"),
    ({"exceptions_list": [{"list_id": "odd", "type": "detection"}]}, "exception list `odd` is not in the file"),
    ({"actions": [{"id": "mail"}]}, "its `actions` are not taken over"),
    ({"data_view_id": "dv"}, "data view `dv` is not known here"),
    ({"speed": 3}, "`speed` is not known here"),
    ({"from": "yesterday"}, "`from` is `yesterday`"),
    ({"threat": [{"framework": "MITRE ATLAS"}]}, "threats of `MITRE ATLAS` are not kept"),
    ({"threat": [{"tactic": {"id": "TA0043"}}]}, "tactic `TA0043` is not kept"),
    ({"threat": [{"tactic": {"id": "TA0005"}, "technique": [{"id": "T9999"}]}]}, "unknown ATT&CK technique `T9999`"),
    (
        {"threat": [{"tactic": {"id": "TA0040"}, "technique": [{"id": "T1562"}]}]},
        "`T1562` doesn't serve `TA0040`, it is kept under `TA0005`",
    ),
    ({"alert_suppression": {"duration": {"value": 5, "unit": "m"}}}, "its suppression is not kept"),
]
BAD = [
    "{",
    '"text"',
    '{"rule_id": "r3"}',
    '{"rule_id": 5, "type": "query"}',
    '{"rule_id": "r4", "type": "odd"}',
    "[" * 9000,
    '{"rule_id": "\\ud800", "type": "query", "query": "*"}',
    '{"rule_id": "r5", "type": "eql", "language": "eql"}',
    '{"rule_id": "r6", "type": "saved_query", "saved_id": "s"}',
    '{"rule_id": "r7", "type": "threshold", "query": "*"}',
    '{"rule_id": "r8", "type": "query", "query": "*", "threat": "T1"}',
    '{"rule_id": "r9", "type": "query", "query": "*", "filters": {}}',
]


def read(folder: Path, attack: Attack, *lines: str) -> list[Imported | RuleError]:
    file = folder / "rules.ndjson"
    file.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return list(load_rules([file], attack))


def one(folder: Path, attack: Attack, changes: dict[str, Any], *lines: dict[str, Any]) -> Imported:
    (found,) = read(folder, attack, *map(json.dumps, ({**BASE, **changes}, *lines, {"exported_count": 1})))
    assert isinstance(found, Imported), found
    return found


@pytest.mark.parametrize(("changes", "settings"), TYPES)
def test_what_each_type_asks_for(tmp_path: Path, attack: Attack, changes: dict[str, Any], settings: object) -> None:
    found = one(tmp_path, attack, changes)
    assert found.rule.settings == settings
    assert found.notes == ()


def test_what_all_types_share(tmp_path: Path, attack: Attack) -> None:
    threat = {"framework": "MITRE ATT&CK", "tactic": {"id": "TA0005"}, "technique": [{"id": "T1685.002"}]}
    rule = one(
        tmp_path,
        attack,
        {
            "filters": [{"query": {"term": {"event.kind": "event"}}}],
            "alert_suppression": {
                "group_by": ["user.name"],
                "duration": {"value": 6, "unit": "h"},
                "missing_fields_strategy": "doNotSuppress",
            },
            "severity_mapping": [{"field": "x", "operator": "equals", "value": "9", "severity": "critical"}],
            "risk_score_mapping": [{"field": "event.risk_score", "operator": "equals", "value": ""}],
            "rule_name_override": "message",
            "building_block_type": "default",
            "max_signals": 50,
            "note": "Look.",
            "setup": "Enable.",
            "author": ["A"],
            "license": "L",
            "threat": [threat],
        },
    ).rule
    assert rule.filters == '[{"query":{"term":{"event.kind":"event"}}}]'
    assert rule.suppression == Suppression(("user.name",), 21600, "alone")
    assert rule.overrides.severity == (SeverityOverride("x", "9", "critical"),)
    assert (rule.overrides.risk_score, rule.overrides.name) == ("event.risk_score", "message")
    assert (rule.is_building_block, rule.max_alerts, rule.unknown_fields) == (True, 50, "missing")
    assert (rule.guide, rule.tags) == ("Look.\n\n## Setup\n\nEnable.", ("Author: A", "License: L"))
    assert (rule.schedule, rule.language) == (Schedule(300, 240), "kql")
    assert [item.subtechnique.id for item in rule.threats if item.subtechnique] == ["T1562.008"]


def test_exceptions_that_the_export_holds(tmp_path: Path, attack: Attack) -> None:
    entries = [
        {"type": "match", "field": "user.name", "operator": "included", "value": "bob"},
        {"type": "match_any", "field": "host.name", "operator": "excluded", "value": ["a", "b"]},
        {"type": "list", "field": "source.ip", "operator": "included", "list": {"id": "ours", "type": "ip"}},
        {"type": "nested", "field": "file.x", "entries": [{"type": "exists", "field": "y", "operator": "included"}]},
    ]
    item = {"list_id": "l1", "name": "Known", "entries": entries, "type": "simple"}
    odd = {"list_id": "l1", "name": "Odd", "entries": [{"type": "fuzzy", "field": "x", "operator": "included"}]}
    found = one(tmp_path, attack, {"exceptions_list": [{"list_id": "l1"}]}, {"list_id": "l1", "name": "L"}, item, odd)
    assert found.rule.exceptions == (
        RuleException(
            "Known",
            (
                Entry("user.name", "is", ("bob",)),
                Entry("host.name", "is_one_of", ("a", "b"), negate=True),
                Entry("source.ip", "in_list", ("ours",)),
                Entry("file.x", "nested", entries=(Entry("y", "exists"),)),
            ),
        ),
    )
    assert "an exception of list `l1` is left out" in found.notes[0]


@pytest.mark.parametrize(("changes", "note"), NOTED)
def test_what_is_not_kept_is_told(tmp_path: Path, attack: Attack, changes: dict[str, Any], note: str) -> None:
    found = one(tmp_path, attack, changes)
    assert note in "; ".join(found.notes)


def test_a_rule_file_of_the_public_repository(tmp_path: Path, attack: Attack) -> None:
    (tmp_path / "a.toml").write_text(
        """
[metadata]
maturity = "production"
[rule]
rule_id = "t1"
name = "Trail deleted"
description = "d"
type = "new_terms"
language = "kuery"
query = '''event.action: "DeleteTrail"'''
severity = "low"
risk_score = 21
from = "now-6m"
[[rule.threat]]
framework = "MITRE ATT&CK"
[[rule.threat.technique]]
id = "T1562"
[[rule.threat.technique.subtechnique]]
id = "T1562.008"
[rule.threat.tactic]
id = "TA0005"
[rule.new_terms]
field = "new_terms_fields"
value = ["user.id"]
[[rule.new_terms.history_window_start]]
field = "history_window_start"
value = "now-10d"
"""
    )
    (found,) = load_rules([tmp_path], attack)
    assert isinstance(found, Imported)
    assert found.rule.settings == NewTermsSettings(("user.id",), 864000)
    assert found.rule.index == ("logs-*",)
    assert found.notes == ()


def test_a_bad_line_costs_only_itself(tmp_path: Path, attack: Attack) -> None:
    found = read(tmp_path, attack, *BAD, json.dumps(BASE))
    assert [type(one) for one in found] == [RuleError] * len(BAD) + [Imported]
    assert [one.where.rpartition(":")[2] for one in found] == [str(number + 1) for number in range(len(BAD) + 1)]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**62), 2**62) | st.floats(allow_nan=False) | st.text(max_size=5),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=5), inner, max_size=3),
    max_leaves=8,
)
KEYS = sorted(
    {key for changes, _ in (*TYPES, *((changes, "") for changes, _ in NOTED)) for key in changes}
    | BASE.keys()
    | {
        *("threat", "alert_suppression", "severity_mapping", "risk_score_mapping", "rule_name_override", "filters"),
        *("note", "setup", "author", "license", "tags", "references", "max_signals", "building_block_type"),
        *("event_category_override", "tiebreaker_field", "exceptions_list", "threat_language"),
    }
)


@given(
    st.sampled_from([changes for changes, _ in TYPES]), st.dictionaries(st.sampled_from(KEYS), JSON, max_size=3), JSON
)
def test_whatever_a_rule_says_it_is_a_rule_or_an_error(
    attack: Attack, changes: dict[str, Any], odd: dict[str, Any], item: Any
) -> None:
    lists = {"exceptions_list": [{"list_id": "l"}]} if "exceptions_list" not in odd else {}
    items = {"l": [{"list_id": "l", "name": "x", "entries": item}, {"list_id": "l", "name": "y", "entries": [item]}]}
    entry = elastic.Entry({**BASE, **changes, **lists, **odd}, Path("x"), "x:1")
    try:
        found = convert(entry, attack, items)
    except RuleError:
        return
    rule = found.rule
    assert read_rule(tomllib.loads(rule_text(rule)), "x", rule.file, attack) == rule
