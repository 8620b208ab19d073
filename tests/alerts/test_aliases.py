"""The names that public rules have for alerts' fields name ours, in alerts alone."""

import pytest

from bartizan.alerts.store import alerts_stream
from bartizan.query.schema import Schema
from tests.detect.store import CATALOG, REGISTRY

ALERTS, LOGS = "alerts-detection-default", "logs-aws.cloudtrail-default"
COLUMNS = {
    "rule.id": "LowCardinality(String)",
    "event.action": "LowCardinality(String)",
    "alert.events": "Array(String)",
    "threat.tactic.name": "Array(String)",
}
SCHEMA = Schema({LOGS: {"event.action": "LowCardinality(String)"}, ALERTS: COLUMNS}, REGISTRY)


@pytest.mark.parametrize(
    ("name", "source"),
    [
        ("kibana.alert.rule.rule_id", "rule.id"),
        ("signal.rule.id", "rule.id"),
        ("kibana.alert.original_event.action", "event.action"),
        ("kibana.alert.original_event.id", "alert.events"),
        ("kibana.alert.rule.threat.tactic.name", "threat.tactic.name"),
    ],
)
def test_an_alias(name: str, source: str) -> None:
    found = SCHEMA.resolve(name)
    assert found is not None
    assert (found.name, found.source, found.column) == (name, source, True)
    elsewhere = SCHEMA.narrow(LOGS).resolve(name)
    assert elsewhere is None or not elsewhere.column


@pytest.mark.parametrize(
    "name", ["kibana.alert", "kibana.alert.nothing", "signal", "kibana.alert.original_event.nothing"]
)
def test_what_is_no_alias(name: str) -> None:
    assert SCHEMA.resolve(name) is None


def test_every_alias_names_a_field_that_is_known() -> None:
    stream = alerts_stream()
    assert stream.aliases == CATALOG.stream("detection").aliases
    unknown = [
        target
        for target in stream.aliases.values()
        if target not in REGISTRY and not REGISTRY.is_group(target.removesuffix(".*"))
    ]
    assert unknown == []
