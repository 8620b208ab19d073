"""Bytes to alert: simulated logs with an attack in them, scanned by the command."""

import gzip
import json
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bartizan.simulate import Scenario, Summary, write
from tests.flows.command import Answer, bartizan

START = datetime(2026, 3, 1, tzinfo=UTC)
FOUND = {
    "T1078.004": "the console without MFA, root",
    "T1098.001": "an access key for another user",
    "T1098.003": "the administrator policy",
    "T1537": "a snapshot shared",
    "T1556.006": "an MFA device deactivated",
    "T1562.001": "GuardDuty off",
    "T1562.007": "the WAF removed, a security group opened",
    "T1562.008": "CloudTrail stopped",
}
"""Techniques of the attack that must be among the alerts', and what the attack did."""

PROMISED = (
    "@timestamp",
    "rule.id",
    "rule.name",
    "alert.severity",
    "alert.risk_score",
    "threat.tactic.id",
    "threat.technique.id",
    "alert.reason",
    "alert.events",
)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Summary]:
    folder = tmp_path_factory.mktemp("logs")
    counts = {"cloudtrail_events": 120, "waf_events": 20, "firewall_events": 20, "flow_records": 20}
    return folder, write(Scenario(START, seed=3, hours=2, **counts), folder)


@pytest.fixture(scope="module")
def answer(logs: tuple[Path, Summary]) -> Answer:
    return bartizan("scan", "--format", "ndjson", logs[0])


def at(alert: dict[str, object], path: str) -> object:
    value: object = alert
    for step in path.split("."):
        assert isinstance(value, dict), f"{path} of {alert}"
        value = value[step]
    return value


def test_it_says_what_was_read_and_found(answer: Answer, logs: tuple[Path, Summary]) -> None:
    assert answer.status == 1, "something was found"
    records = sum(logs[1].records.values())
    assert f"{records:,} records of {logs[1].files:,} objects stored" in answer.stderr
    assert "not understood" not in answer.stderr
    assert f"{len(answer.rows):,} new alerts" in answer.stderr


def test_alerts_have_what_is_promised(answer: Answer) -> None:
    for alert in answer.rows:
        assert all(at(alert, path) not in (None, "", []) for path in PROMISED)


def test_the_attack_is_found(answer: Answer) -> None:
    techniques = {technique for alert in answer.rows for technique in alert["threat"]["technique"]["id"]}
    assert {technique: did for technique, did in FOUND.items() if technique not in techniques} == {}


def test_alerts_stand_on_records_that_exist(answer: Answer, logs: tuple[Path, Summary]) -> None:
    known = {
        record["eventID"]
        for file in logs[0].rglob("*_CloudTrail_*.json.gz")
        for record in json.loads(gzip.decompress(file.read_bytes()))["Records"]
    }
    named = {
        event
        for alert in answer.rows
        if alert["event"].get("dataset") == "aws.cloudtrail"
        for event in alert["alert"]["events"]
    }
    assert named
    assert named <= known
