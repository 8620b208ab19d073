"""Sigma's rules as ours, correlations with the rules they name; hostile YAML costs only its file."""

from pathlib import Path

from bartizan.detect.attack.registry import Attack
from bartizan.detect.errors import RuleError
from bartizan.detect.imported import Imported
from bartizan.detect.rule_sources import load_rules

RULE = """\
title: {title}
id: {id}
name: {name}
level: high
author: someone
license: DRL
description: What it finds.
references: [https://example.org]
falsepositives: [Backups]
tags: [attack.stealth, attack.defense-impairment, attack.t1685.002, attack.exfiltration, cve.2026-1]
logsource: {{product: aws, service: cloudtrail}}
detection: {{sel: {{eventName: {name}}}, condition: sel}}
"""
CORRELATION = """\
title: Many
correlation:
  type: event_count
  rules: [{rules}]
  group-by: [userIdentity.arn]
  timespan: 5m
  condition: {{gte: 3}}
"""
HOSTILE = {
    "bomb.yml": "a: &a [x]\nb: &b [*a,*a]\n" + "".join(f"c{n}: &c{n} [*b,*b,*b]\n" for n in range(60)),
    "tag.yml": "title: !!python/object/apply:os.system [id]\n",
    "deep.yml": "a: " + "[" * 5000,
    "empty.yml": "",
    "list.yml": "- a\n",
    "none.yml": "title: x\n",
    "untitled.yml": "detection: {}\n",
    "latin.yml": b"title: \xff\n",
    "large.yml": "a: " + "x" * 600_000,
}


def load(folder: Path, attack: Attack) -> tuple[list[Imported], list[RuleError]]:
    found = list(load_rules([folder], attack))
    return [one for one in found if isinstance(one, Imported)], [one for one in found if isinstance(one, RuleError)]


def test_a_rule(tmp_path: Path, attack: Attack) -> None:
    id = "11111111-2222-4333-8444-555555555555"
    text = RULE.format(title="A title", id=id, name="StopLogging")
    (tmp_path / "a.yml").write_text(text)
    (one,), _ = load(tmp_path, attack)
    rule = one.rule
    assert (rule.type, rule.language, rule.query, rule.index) == ("query", "sigma", text, ("logs-*",))
    assert (rule.id, rule.name, rule.severity, rule.risk_score) == (id, "A title", "high", 73)
    assert [(item.tactic.id, item.subtechnique.id) for item in rule.threats if item.subtechnique] == [
        ("TA0005", "T1562.008")
    ]
    assert {"Author: someone", "License: DRL", "cve.2026-1"} <= set(rule.tags)
    assert (rule.false_positives, rule.references) == (("Backups",), ("https://example.org",))


def test_a_correlation_has_the_rules_it_names(tmp_path: Path, attack: Attack) -> None:
    own = RULE.format(title="Own", id="11111111-2222-4333-8444-000000000001", name="own")
    other = RULE.format(title="Other", id="11111111-2222-4333-8444-000000000002", name="other")
    (tmp_path / "a.yml").write_text(own + "---\n" + CORRELATION.format(rules="own, other"))
    (tmp_path / "b.yml").write_text(other)
    found, problems = load(tmp_path, attack)
    assert problems == []
    assert [one.rule.name for one in found] == ["Many", "Other"]
    assert found[0].rule.query.count("title:") == 3
    assert found[0].where.endswith("a.yml:14")


def test_ids_of_rules_without_one_stay_the_same(tmp_path: Path, attack: Attack) -> None:
    (tmp_path / "a.yml").write_text(RULE.format(title="T", id="''", name="n"))
    assert load(tmp_path, attack)[0][0].rule.id == load(tmp_path, attack)[0][0].rule.id != ""


def test_a_bad_file_costs_only_itself(tmp_path: Path, attack: Attack) -> None:
    for name, content in HOSTILE.items():
        (tmp_path / name).write_bytes(content if isinstance(content, bytes) else content.encode())
    (tmp_path / "good.yml").write_text(RULE.format(title="T", id="''", name="n"))
    found, problems = load(tmp_path, attack)
    assert [one.rule.name for one in found] == ["T"]
    assert {Path(problem.where).name for problem in problems} == HOSTILE.keys()
