"""Runs of the rules: what is new is seen once, by every rule, through crashes and failures."""

import pytest
from sqlglot import parse_one

from bartizan.detect import runner
from bartizan.detect.ledger import BEGINNING, DetectionLedger
from bartizan.detect.rule import Rule
from bartizan.engine.base import rows
from bartizan.engine.errors import StatementRefused
from tests.detect.conftest import varied
from tests.detect.store import DetectStore, record

WINDOWS = """
SELECT toString(after) AS after, toString(until) AS until FROM `detection-ledger`
WHERE stream = {stream: String} AND `rule.id` = {rule: String} ORDER BY until
"""


def of(store: DetectStore, rule: Rule, **changes: object) -> Rule:
    """The rule over this store's stream, with an id of its own."""
    return varied(rule, index=(store.stream,), id=f"{changes.pop('id', 'r')}-{store.namespace}", **changes)


def alerts(store: DetectStore, rules: list[Rule]) -> list[str]:
    """Events of the new alerts, in order."""
    return sorted(alert["alert"]["events"][0] for detected in store.run(rules) for alert in detected.alerts)


def test_only_what_is_new_is_seen_and_once(store: DetectStore, rule: Rule) -> None:
    watched = [of(store, rule)]
    assert alerts(store, watched) == []
    store.add(record(1, "StopLogging"), record(2, "DescribeTrails"))
    assert alerts(store, watched) == ["event-1"]
    assert alerts(store, watched) == []
    store.add(record(3, "StopLogging", eventTime="2020-01-01T00:00:00Z"))
    assert alerts(store, watched) == ["event-3"]


def test_a_new_rule_sees_everything_that_is_stored(store: DetectStore, rule: Rule) -> None:
    store.add(record(1, "StopLogging"))
    store.run([of(store, rule)])
    store.add(record(2, "StopLogging"))
    assert alerts(store, [of(store, rule), of(store, rule, id="later")]) == ["event-1", "event-2", "event-2"]


def test_ranges_of_a_rule_have_no_gap(store: DetectStore, rule: Rule) -> None:
    watched = of(store, rule)
    for number in range(3):
        store.add(record(number, "StopLogging"))
        store.run([watched])
    parameters = {"stream": store.stream, "rule": watched.id}
    windows = rows(store.engine, parse_one(WINDOWS, dialect="clickhouse"), parameters)
    assert [window["after"] for window in windows] == [BEGINNING, *(window["until"] for window in windows[:-1])]


def test_a_crash_before_the_ledger_adds_nothing(
    store: DetectStore, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(record(1, "StopLogging"))

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr(DetectionLedger, "record", crash)
        with pytest.raises(KeyboardInterrupt):
            store.run([of(store, rule)])
    assert [alert["alert"]["events"] for alert in store.alerts.latest(BEGINNING, (), 10)] == [["event-1"]]
    assert alerts(store, [of(store, rule)]) == []
    assert len(store.alerts.latest(BEGINNING, (), 10)) == 1


def test_a_rule_that_fails_is_told_and_seen_again_later(
    store: DetectStore, rule: Rule, monkeypatch: pytest.MonkeyPatch
) -> None:
    store.add(record(1, "StopLogging"), record(2, "DeleteTrail"))
    good, bad = of(store, rule), of(store, rule, id="bad", query="event.action: DeleteTrail")
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


def test_a_query_that_is_wrong_is_told_with_its_place_and_stops_no_other(store: DetectStore, rule: Rule) -> None:
    store.add(record(1, "StopLogging"))
    wrong = of(store, rule, id="wrong", query="event.action: StopLogging and user.nmae: alice")
    detected = store.run([wrong, of(store, rule)])
    (failed,) = [failed for run in detected for failed in run.failed]
    assert "unknown field `user.nmae`" in str(failed.error)
    assert "did you mean `user.name`" in str(failed.error)
    assert [alert["alert"]["events"] for run in detected for alert in run.alerts] == [["event-1"]]


def test_a_stream_that_does_not_exist_is_no_error(store: DetectStore, rule: Rule) -> None:
    assert store.run([varied(rule, index=("logs-nobody.knows-*",))]) == []
