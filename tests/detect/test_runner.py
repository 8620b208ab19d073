"""Runs of the rules: what is new is seen once, by every rule, through crashes and failures."""

from collections.abc import Callable, Iterator, Sequence
from itertools import count

import pytest
from sqlglot import parse_one

from bartizan.detect import runner
from bartizan.detect.arrivals import Window
from bartizan.detect.findings import Cut
from bartizan.detect.ledger import BEGINNING, DetectionLedger
from bartizan.detect.plan import Planned
from bartizan.detect.rule import Rule
from bartizan.detect.scan import Match
from bartizan.engine.base import Engine, rows
from bartizan.engine.errors import StatementRefused
from bartizan.query.schema import Schema
from tests.detect.conftest import varied
from tests.detect.store import DetectStore, record

WINDOWS = """
SELECT toString(after) AS after, toString(until) AS until FROM `detection-ledger`
WHERE stream = {stream: String} AND `rule.id` = {rule: String} ORDER BY until
"""


_tests = count(1)


@pytest.fixture(scope="module")
def store(make_store: Callable[[], DetectStore]) -> DetectStore:
    """One store for all tests: each has an action and rules of its own."""
    return make_store()


@pytest.fixture
def action() -> str:
    """An action that no other test's records have."""
    return f"StopLogging{next(_tests)}"


@pytest.fixture
def rule(rule: Rule, action: str) -> Rule:
    """A rule that looks for the test's action."""
    return varied(rule, query=f"event.action: {action}")


def of(store: DetectStore, rule: Rule, **changes: object) -> Rule:
    """The rule over the store's stream, with an id of its own."""
    name = f"{changes.pop('id', 'r')}-{rule.query.rpartition(' ')[2]}"
    return varied(rule, index=(store.stream,), id=name, **changes)


def alerts(store: DetectStore, rules: list[Rule]) -> list[str]:
    """Events of the new alerts, in order."""
    return sorted(alert["alert"]["events"][0] for detected in store.run(rules) for alert in detected.alerts)


def stored(store: DetectStore, rule: Rule) -> list[list[str]]:
    """Events of the rule's alerts in the store."""
    found = store.alerts.latest(BEGINNING, (), 100)
    return [alert["alert"]["events"] for alert in found if alert["rule"]["id"] == of(store, rule).id]


def test_only_what_is_new_is_seen_and_once(store: DetectStore, rule: Rule, action: str) -> None:
    watched = [of(store, rule)]
    assert alerts(store, watched) == []
    store.add(record(1, action), record(2, "DescribeTrails"))
    assert alerts(store, watched) == ["event-1"]
    assert alerts(store, watched) == []
    store.add(record(3, action, eventTime="2020-01-01T00:00:00Z"))
    assert alerts(store, watched) == ["event-3"]


def test_a_new_rule_sees_everything_that_is_stored(store: DetectStore, rule: Rule, action: str) -> None:
    store.add(record(1, action))
    store.run([of(store, rule)])
    store.add(record(2, action))
    assert alerts(store, [of(store, rule), of(store, rule, id="later")]) == ["event-1", "event-2", "event-2"]


def test_ranges_of_a_rule_have_no_gap(store: DetectStore, rule: Rule, action: str) -> None:
    watched = of(store, rule)
    for number in range(3):
        store.add(record(number, action))
        store.run([watched])
    parameters = {"stream": store.stream, "rule": watched.id}
    windows = rows(store.engine, parse_one(WINDOWS, dialect="clickhouse"), parameters)
    assert [window["after"] for window in windows] == [BEGINNING, *(window["until"] for window in windows[:-1])]


def test_a_crash_before_the_ledger_adds_nothing(
    store: DetectStore, rule: Rule, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(record(1, action))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(DetectionLedger, "record", crash)
        with pytest.raises(KeyboardInterrupt):
            store.run([of(store, rule)])
    assert stored(store, rule) == [["event-1"]]
    assert alerts(store, [of(store, rule)]) == []
    assert stored(store, rule) == [["event-1"]]


def test_a_rule_that_fails_is_told_and_seen_again_later(
    store: DetectStore, rule: Rule, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(record(1, action), record(2, f"Other{action}"))
    good, bad = of(store, rule), of(store, rule, id="bad", query=f"event.action: Other{action}")
    scan = runner.scan

    def failing(engine: object, window: object, planned: list[object], schema: object) -> object:
        if any(plan.rule.id == bad.id for plan in planned):  # type: ignore[attr-defined]
            raise StatementRefused("too much")
        return scan(engine, window, planned, schema)  # type: ignore[arg-type]

    with monkeypatch.context() as broken:
        broken.setattr(runner, "scan", failing)
        (detected,) = store.run([good, bad])
    assert [failed.rule.id for failed in detected.failed] == [bad.id]
    assert [alert["alert"]["events"] for alert in detected.alerts] == [["event-1"]]
    assert alerts(store, [good, bad]) == ["event-2"]


def test_a_query_that_is_wrong_is_told_with_its_place_and_stops_no_other(
    store: DetectStore, rule: Rule, action: str
) -> None:
    store.add(record(1, action))
    wrong = of(store, rule, id="wrong", query=f"event.action: {action} and user.nmae: alice")
    detected = store.run([wrong, of(store, rule)])
    (failed,) = [failed for run in detected for failed in run.failed]
    assert "unknown field `user.nmae`" in str(failed.error)
    assert "did you mean `user.name`" in str(failed.error)
    assert [alert["alert"]["events"] for run in detected for alert in run.alerts] == [["event-1"]]


def test_a_stream_that_does_not_exist_is_no_error(store: DetectStore, rule: Rule, action: str) -> None:
    assert store.run([varied(rule, index=("logs-nobody.knows-*",))]) == []


def test_each_rule_at_fault_is_found_and_the_others_still_share_a_scan(
    store: DetectStore, rule: Rule, action: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(record(1, action))
    rules = [of(store, rule, id=f"n{number}") for number in range(16)]
    bad = {rules[3].id, rules[4].id}
    scan, scans = runner.scan, []

    def failing(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> Iterator[Match | Cut]:
        scans.append(len(planned))
        if any(plan.rule.id in bad for plan in planned):
            raise StatementRefused("too much")
        return scan(engine, window, planned, schema)

    monkeypatch.setattr(runner, "scan", failing)
    (detected,) = store.run(rules)
    assert {failed.rule.id for failed in detected.failed} == bad
    assert len(detected.alerts) == 14
    assert len(scans) < 16


def test_a_record_too_deep_for_json_stops_no_alert(store: DetectStore, rule: Rule, action: str) -> None:
    deep: dict[str, object] = {}
    for _ in range(400):
        deep = {"a": deep, "b": 1}
    store.add(record(1, action, requestParameters=deep), record(2, action))
    assert alerts(store, [of(store, rule)]) == ["event-1", "event-2"]


def test_what_waits_to_be_loaded_holds_up_what_came_after_it(store: DetectStore, rule: Rule, action: str) -> None:
    store.add(record(1, action))
    detection, before_ms = store.detection([of(store, rule)]), int(store.now.timestamp() * 1000) + 1
    store.add(record(2, action))

    def found(**bounds: int) -> list[str]:
        return [alert["alert"]["events"][0] for one in detection.run(**bounds) for alert in one.alerts]

    assert found(before_ms=before_ms) == ["event-1"]
    assert found(before_ms=before_ms) == []
    assert found() == ["event-2"]
