"""What tests of detection share: the registry, ATT&CK, and a rule to vary."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import replace
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack.registry import Attack, load_attack
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import load_rule
from bartizan.engine.base import Engine
from bartizan.engine.statements import fixed
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
_DROP = "DROP TABLE {table: Identifier}"


@pytest.fixture(scope="module")
def make_store(engine: Engine, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Callable[[], DetectStore]]:
    """Stores whose streams are their own, gone afterwards."""
    with ExitStack() as made:
        yield lambda: made.enter_context(_store(engine, tmp_path_factory.mktemp("detect")))


@pytest.fixture
def store(engine: Engine, tmp_path: Path) -> Iterator[DetectStore]:
    """A store of one test's own: what it leaves, every later run of rules would look at."""
    with _store(engine, tmp_path / "store") as made:
        yield made


@contextmanager
def _store(engine: Engine, folder: Path) -> Iterator[DetectStore]:
    folder.mkdir(exist_ok=True)
    made = DetectStore(engine, folder, f"detect{next(_numbers)}")
    yield made
    made.intake.spool.close()
    for name in made.schema().streams:
        engine.query(fixed(_DROP), {"table": name}, format="Null")
