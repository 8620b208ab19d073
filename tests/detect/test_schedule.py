"""Which rules run when: seldom where a run is dear, later and later where they fail; nothing is lost meanwhile."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect import alone
from bartizan.detect.rule import Rule, Schedule
from bartizan.detect.schedule import MAX_RETRY_S, failed, is_due, succeeded
from bartizan.detect.settings import ThresholdSettings
from bartizan.engine.errors import StatementRefused
from bartizan.pipeline.detection import Detection
from bartizan.state.database import sqlite_url
from bartizan.state.outcome import NEW, Outcome
from bartizan.state.stores import open_state
from tests.detect.conftest import varied
from tests.detect.store import DetectStore, record

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
RAN = succeeded(NEW, NOW)
FAILED = failed(RAN, "too much", NOW)


@pytest.mark.parametrize(
    ("outcome", "every_s", "after_s", "due"),
    [
        (NEW, 300, 0, True),
        (RAN, 0, 0, True),
        (RAN, 300, 299, False),
        (RAN, 300, 300, True),
        (RAN, 300, -3600, True),
        (FAILED, 300, 59, False),
        (FAILED, 300, 60, True),
        (FAILED, 0, 59, False),
        (FAILED, 0, -3599, True),
        (FAILED, 0, -100, False),
    ],
)
def test_a_rule_is_due_by_its_past(outcome: Outcome, every_s: int, after_s: int, due: bool) -> None:
    assert is_due(outcome, every_s, NOW + timedelta(seconds=after_s)) is due


def test_pauses_grow_to_an_hour() -> None:
    pauses, outcome = [], NEW
    for _ in range(40):
        outcome = failed(outcome, "e", NOW)
        assert outcome.next_try is not None
        pauses.append((outcome.next_try - NOW).total_seconds())
    assert pauses[:7] == [60, 120, 240, 480, 960, 1920, MAX_RETRY_S]
    assert set(pauses[7:]) == {MAX_RETRY_S}
    assert succeeded(outcome, NOW) == Outcome(NOW, NOW)


@pytest.fixture
def rules(store: DetectStore, rule: Rule) -> list[Rule]:
    """A rule of the shared scan, and one that asks on its own each five minutes."""
    single = varied(rule, id="single", index=(store.stream,))
    settings = ThresholdSettings(1, ("user.name",))
    return [single, varied(single, id="counted", type="threshold", settings=settings, schedule=Schedule(300))]


def found(detection: Detection) -> Iterator[str]:
    for detected in detection.run():
        yield from (alert["rule"]["id"] for alert in detected.alerts)


def at(minute: int, number: int) -> dict[str, Any]:
    return record(number, "StopLogging", eventTime=f"2026-03-01T10:{minute:02d}:00Z")


def test_a_rule_that_asks_on_its_own_runs_at_its_times(store: DetectStore, rules: list[Rule]) -> None:
    detection = store.detection(rules)
    store.add(at(0, 1))
    assert sorted(found(detection)) == ["counted", "single"]
    store.add(at(10, 2))
    assert list(found(detection)) == ["single"]
    assert not detection.is_due(store.now)
    store.now += timedelta(seconds=300)
    assert detection.is_due(store.now)
    assert list(found(detection)) == ["counted"]
    assert not detection.is_due(store.now + timedelta(days=1))


def test_a_rule_that_fails_pauses_and_then_sees_all(
    store: DetectStore, rules: list[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    detection = store.detection(rules)
    tries = []

    def failing(*_: object) -> Any:
        tries.append(1)
        raise StatementRefused("too much")

    with monkeypatch.context() as broken:
        broken.setattr(alone, "evaluate", failing)
        store.add(at(0, 1))
        assert list(found(detection)) == ["single"]
        store.add(at(10, 2))
        assert list(found(detection)) == ["single"]
    assert len(tries) == 1
    outcome = detection.outcomes.known["counted"]
    assert (outcome.failures, outcome.last_error, detection.outcomes.known["single"].failures) == (1, "too much", 0)
    assert not detection.is_due(store.now)
    store.now += timedelta(seconds=61)
    assert detection.is_due(store.now)
    assert list(found(detection)) == ["counted", "counted"]
    assert detection.outcomes.known["counted"].failures == 0


def test_a_query_that_is_wrong_until_a_field_is_there_recovers(store: DetectStore, rules: list[Rule]) -> None:
    detection = store.detection([varied(rules[0], query="user.nmae: alice")])
    store.add(at(0, 1))
    assert [len(detected.failed) for detected in detection.run()] == [1]
    assert list(detection.run()) == []
    detection.rulebook.rules["single"] = varied(rules[0], query="event.action: Other")
    store.now += timedelta(seconds=61)
    assert not [failed for detected in detection.run() for failed in detected.failed]
    assert detection.outcomes.known["single"].last_error == ""


def test_rules_that_ask_on_their_own_take_turns_where_time_is_short(store: DetectStore, rules: list[Rule]) -> None:
    """One is always evaluated; the next run goes on with those that were left, and nothing of theirs is lost."""
    single, counted = rules
    several = [single, *(varied(counted, id=f"counted-{number}") for number in range(3))]
    detection = replace(store.detection(several), steady=count().__next__)
    store.add(at(0, 1))
    assert in_short_time(detection) == ["counted-0", "single"]
    assert detection.is_due(store.now)
    store.add(at(1, 2))
    assert in_short_time(detection) == ["counted-1", "single"]
    assert in_short_time(detection) == ["counted-2"]
    assert not detection.is_due(store.now)
    assert not list(detection.run())


def in_short_time(detection: Detection) -> list[str]:
    """What is found in time for one rule, on a clock that goes on by a second whenever it is read."""
    return sorted(alert["rule"]["id"] for detected in detection.run(alone_s=1.5) for alert in detected.alerts)


def test_outcomes_survive_a_restart(
    store: DetectStore, rules: list[Rule], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def failing(*_: object) -> Any:
        raise StatementRefused("too much")

    def restarted() -> Detection:
        return store.detection(
            rules, states=open_state(sqlite_url(tmp_path / "control.sqlite"), store.clock).rule_states
        )

    with monkeypatch.context() as broken:
        broken.setattr(alone, "evaluate", failing)
        store.add(at(0, 1))
        assert list(found(restarted())) == ["single"]
    detection = restarted()
    assert detection.outcomes.read()["single"].last_success
    assert detection.failing() == {"counted": "too much"}
    assert not detection.is_due(store.now)
    assert list(found(detection)) == []
    store.now += timedelta(seconds=61)
    assert detection.is_due(store.now)
    assert list(found(detection)) == ["counted"]
    assert restarted().outcomes.read()["counted"].failures == 0
