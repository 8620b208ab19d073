"""Rules as files: what is written is read back as the same rule, and written again is the same bytes."""

import tomllib
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.detect.attack.registry import Attack
from bartizan.detect.exceptions import Entry, RuleException
from bartizan.detect.rule import DeclaredAction, Rule, RuleNotify, Schedule
from bartizan.detect.rule_file import load_rule, read_rule
from bartizan.detect.rule_writing import file_name, rule_text, write_rules
from bartizan.detect.settings import (
    Cardinality,
    CorrelationSettings,
    EqlSettings,
    EsqlSettings,
    IndicatorSettings,
    MachineLearningSettings,
    NewTermsSettings,
    Overrides,
    Pair,
    SeverityOverride,
    Suppression,
    ThresholdSettings,
)
from bartizan.detect.toml_text import toml_text
from bartizan.query.query_fields import QueryFields

SHIPPED = Path(__file__).parents[2] / "rules"
PAIR = Pair("source.ip", "threat.indicator.ip")
VARIED = [
    {"type": "eql", "language": "eql", "settings": EqlSettings(QueryFields("event.start", "event.type", "x"), 60)},
    {"type": "eql", "language": "eql", "settings": EqlSettings()},
    {"type": "esql", "language": "esql", "index": ("logs-*",), "settings": EsqlSettings(7200)},
    {"type": "threshold", "settings": ThresholdSettings(3, ("a", "b"), 90, Cardinality("c", 2))},
    {"type": "new_terms", "settings": NewTermsSettings(("user.id",), 86400)},
    {
        "type": "indicator_match",
        "settings": IndicatorSettings(("logs-ti_*",), ((PAIR, PAIR), (PAIR,)), "a: b", "lucene", "[{}]", 0),
    },
    {
        "type": "correlation",
        "query": "",
        "index": ("alerts-*",),
        "settings": CorrelationSettings(("r-1", "r-2"), ("user.name",), 60, True),
    },
    {
        "type": "machine_learning",
        "query": "",
        "index": ("anomalies-*",),
        "settings": MachineLearningSettings(("j",), 75),
    },
    {"notify": RuleNotify(("soc", "on-call"), 3600)},
    {
        "notify": RuleNotify(("soc",)),
        "actions": (
            DeclaredAction("isolate_host", (("comment", "worm"), ("connector", "soar"))),
            DeclaredAction("notify", (("connectors", ("soc", "b")),)),
            DeclaredAction("kill_process"),
        ),
    },
    {"suppression": Suppression(("user.name",), 3600, "alone"), "is_building_block": True, "max_alerts": 5},
    {"exception_lists": ("scanners", "office")},
    {"suppression": Suppression(("user.name",)), "unknown_fields": "missing", "filters": '[{"query": {}}]'},
    {"overrides": Overrides((SeverityOverride("a", "1", "low"),), "b", "c", "d"), "schedule": Schedule(3600, 0)},
    {
        "exceptions": (
            RuleException("n", (Entry("a", "is", ("1",), negate=True),), datetime(2026, 5, 1, tzinfo=UTC)),
            RuleException(
                "m", (Entry("b", "exists"), Entry("c", "nested", entries=(Entry("d", "in_cidr", ("10/8",)),)))
            ),
        )
    },
]


def again(rule: Rule, attack: Attack) -> Rule:
    return read_rule(tomllib.loads(rule_text(rule)), "x", rule.file, attack)


@pytest.mark.parametrize("changes", VARIED)
def test_every_setting_comes_back(rule: Rule, attack: Attack, changes: dict[str, object]) -> None:
    own = replace(rule, **changes)  # type: ignore[arg-type]
    assert again(own, attack) == own
    assert rule_text(again(own, attack)) == rule_text(own)


def test_shipped_rules_come_back(attack: Attack) -> None:
    for file in SHIPPED.rglob("*.toml"):
        own = load_rule(file, attack)
        assert again(own, attack) == own


@given(st.text(st.characters(exclude_categories=["Cs"])), st.lists(st.text(st.characters(exclude_categories=["Cs"]))))
def test_every_text_comes_back(text: str, texts: list[str]) -> None:
    entry = {"a": text, "b": texts, text: 1, "t": {"x": text, "y": {text: texts}}, "l": [{"z": text}]}
    assert tomllib.loads(toml_text(entry)) == entry


@pytest.mark.parametrize("name", ["../../etc/passwd", "a/b\\c", "日本", "..", "CON\0", "x" * 500])
def test_names_of_files_are_no_paths(rule: Rule, tmp_path: Path, name: str) -> None:
    own = replace(rule, name=name, id=name)
    (written,) = write_rules([own], tmp_path)
    assert written.file.parent == tmp_path
    assert written.file in tmp_path.iterdir()
    assert len(file_name(own)) < 100


def test_a_file_that_says_something_else_is_kept(rule: Rule, tmp_path: Path) -> None:
    folder = tmp_path / "own"
    changed = replace(rule, severity="low")
    outcomes = [
        next(write_rules([rule], folder)).outcome,
        next(write_rules([rule], folder)).outcome,
        next(write_rules([changed], folder)).outcome,
        next(write_rules([changed], folder, is_replacing=True)).outcome,
    ]
    assert outcomes == ["written", "same", "different", "written"]
    (file,) = folder.iterdir()
    assert 'severity = "low"' in file.read_text()
