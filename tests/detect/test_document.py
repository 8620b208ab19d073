"""An alert's document."""

from bartizan.detect.document import alert_id
from bartizan.detect.rule import Rule
from tests.detect.conftest import varied
from tests.detect.store import DetectStore, record


def test_an_alert_has_what_its_event_its_rule_and_attack_say(store: DetectStore, rule: Rule) -> None:
    store.add(record(1, "StopLogging"))
    watched = varied(rule, index=(store.stream,))
    (alert,) = [alert for detected in store.run([watched]) for alert in detected.alerts]
    assert alert["@timestamp"] == "2026-03-01T10:00:01.000Z"
    assert alert["event"]["kind"] == "signal"
    assert alert["event"]["action"] == "StopLogging"
    assert "original" not in alert["event"]
    assert alert["user"]["name"] == "alice"
    assert alert["rule"] == {"id": "r-1", "name": "Logging stopped", "description": "A trail was stopped."}
    assert alert["threat"]["tactic"]["id"] == ["TA0005"]
    assert alert["threat"]["technique"]["id"] == ["T1562", "T1562.008"]
    assert alert["threat"]["technique"]["subtechnique"]["id"] == ["T1562.008"]
    assert alert["alert"] == {
        "id": alert_id("r-1", ["event-1"]),
        "status": "open",
        "severity": "high",
        "risk_score": 73,
        "reason": "alice stopped logging from 198.51.100.7",
        "events": ["event-1"],
        "rule": {"type": "query"},
        "start": "2026-03-01T10:00:01.000Z",
        "end": "2026-03-01T10:00:01.000Z",
    }
    assert store.alerts.get(alert["alert"]["id"]) == alert


def test_an_alerts_id_is_its_rule_and_identity() -> None:
    assert alert_id("r", ["a", "b"]) == alert_id("r", ("a", "b"))
    assert len({alert_id("r", ["a", "b"]), alert_id("r", ["ab"]), alert_id("ra", ["b"]), alert_id("r", ["a"])}) == 4


def test_latest_filters_by_severity_and_time(store: DetectStore, rule: Rule) -> None:
    store.add(record(1, "StopLogging"))
    store.run([varied(rule, index=(store.stream,))])
    for severities in (("high",), ("low", "high"), ()):
        assert len(store.alerts.latest("2026-01-01 00:00:00", severities, 10)) == 1
        assert store.alerts.latest("2027-01-01 00:00:00", severities, 10) == []
    assert store.alerts.latest("2026-01-01 00:00:00", ["critical", "') OR 1 --"], 10) == []
