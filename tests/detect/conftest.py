"""What tests of detection share: the registry, ATT&CK, and a rule to vary."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack.registry import Attack, load_attack
from bartizan.detect.rule import Rule, load_rule

RULE = """
id = "r-1"
name = "Logging stopped"
type = "query"
language = "kql"
index = ["logs-aws.cloudtrail-*"]
severity = "high"
risk_score = 73
attack = ["TA0005/T1562.008"]
description = "A trail was stopped."
reason = "{user.name|user.id} stopped logging from {source.ip}"
query = 'event.action: StopLogging'
"""


@pytest.fixture(scope="session")
def attack() -> Attack:
    """ATT&CK as it is pinned."""
    return load_attack()


@pytest.fixture
def rule(tmp_path: Path, attack: Attack) -> Rule:
    """A rule that loads."""
    file = tmp_path / "rule.toml"
    file.write_text(RULE)
    return load_rule(file, attack)


def varied(rule: Rule, **changes: Any) -> Rule:
    """A rule with other values."""
    return replace(rule, **changes)
