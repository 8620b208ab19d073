"""What the rules found, over HTTP: the worker detects what was sent in without being asked."""

import time
from typing import Any

import httpx
import pytest

from tests.api.conftest import error_of

DEADLINE_S = 60


@pytest.fixture(scope="module")
def alerts(client: httpx.Client, attack: dict[str, Any]) -> list[dict[str, Any]]:
    give_up = time.monotonic() + DEADLINE_S
    while not (found := client.get("/api/v1/alerts", params={"from": "2026-05-01", "limit": 1000}).json())["shown"]:
        assert time.monotonic() < give_up
        time.sleep(0.1)
    listed: list[dict[str, Any]] = found["alerts"]
    return listed


def test_the_attack_is_found(alerts: list[dict[str, Any]]) -> None:
    first = alerts[0]
    assert first["event"]["kind"] == "signal"
    assert {"id", "status", "severity", "risk_score", "reason", "events"} <= first["alert"].keys()
    assert [alert["@timestamp"] for alert in alerts] == sorted((a["@timestamp"] for a in alerts), reverse=True)


def test_by_severity_time_and_limit(client: httpx.Client, alerts: list[dict[str, Any]]) -> None:
    def listed(**params: Any) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = client.get("/api/v1/alerts", params=params).json()["alerts"]
        return found

    graves = listed(severity=["high", "critical"], limit=1000)
    assert {alert["alert"]["severity"] for alert in graves} <= {"high", "critical"}
    assert len(listed(limit=1)) == 1
    assert listed(**{"from": "2026-05-02"}) == []
    assert listed(**{"from": "2026-04-30", "limit": 1})


def test_one_by_its_id(client: httpx.Client, alerts: list[dict[str, Any]]) -> None:
    assert client.get(f"/api/v1/alerts/{alerts[0]['alert']['id']}").json() == alerts[0]


@pytest.mark.parametrize("id", ["none", "' OR 1=1 --", "%00", "..%2F..", "{id: String}", "%F0%9F%92%A5"])
def test_there_is_no_such_alert(client: httpx.Client, id: str) -> None:
    answer = client.get(f"/api/v1/alerts/{id}")
    assert (answer.status_code, error_of(answer)["type"]) == (404, "NotFound")


@pytest.mark.parametrize(
    ("params", "status"),
    [
        ({"limit": 0}, 422),
        ({"limit": 1001}, 422),
        ({"severity": "grave"}, 422),
        ({"from": "yesterday"}, 400),
        ({"state": "open"}, 422),
    ],
)
def test_parameters_that_are_not_valid(client: httpx.Client, params: dict[str, Any], status: int) -> None:
    answer = client.get("/api/v1/alerts", params=params)
    assert error_of(answer)
    assert answer.status_code == status
