"""What tests of detection share: the registry, ATT&CK, and a rule to vary."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack.registry import Attack, load_attack
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import load_rule
from bartizan.engine.base import Engine
from tests.detect.store import DetectStore

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


_numbers = count(1)


@pytest.fixture(scope="module")
def make_store(
    engine: Engine, chdb_connection: Any, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Callable[[], DetectStore]]:
    """Stores whose streams are their own, gone afterwards."""
    stores: list[DetectStore] = []

    def make() -> DetectStore:
        stores.append(DetectStore(engine, tmp_path_factory.mktemp("detect"), f"detect{next(_numbers)}"))
        return stores[-1]

    yield make
    for made in stores:
        made.intake.spool.close()
        for name in made.schema().streams:
            chdb_connection.query(f'DROP TABLE "{name}"')


@pytest.fixture
def store(make_store: Callable[[], DetectStore]) -> DetectStore:
    """A store of one test's own."""
    return make_store()
