"""Gaps and back-fills over HTTP."""

import time
from threading import Event
from typing import Any

import httpx
import pytest
from sqlglot import parse_one

from bartizan.api import rule_backfills
from bartizan.api.services import Services
from bartizan.detect.arrivals import Window
from bartizan.detect.backfill import BackfillProgress
from tests.api.conftest import error_of

URL = "/api/v1/rules/backfill"
STREAM = "logs-aws.cloudtrail-api"
DEADLINE_S = 60
FORGET = "DELETE FROM `detection-ledger` WHERE stream = {stream: String}"


def end(client: httpx.Client, id: str) -> dict[str, Any]:
    give_up = time.monotonic() + DEADLINE_S
    while (job := client.get(f"{URL}/{id}").json())["state"] in ("waiting", "running"):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    found: dict[str, Any] = job
    return found


def gaps(client: httpx.Client) -> list[dict[str, Any]]:
    return [gap for gap in client.get("/api/v1/rules/gaps").json()["gaps"] if gap["stream"] == STREAM]


def test_a_gap_is_told_and_closed(client: httpx.Client, services: Services, attack: dict[str, Any]) -> None:
    """The worker runs meanwhile: it looks at what is newer only."""
    ledger = services.detection.ledger
    until = ledger.last_ingested(STREAM)
    assert until is not None
    services.engine.query(parse_one(FORGET, dialect="clickhouse"), {"stream": STREAM}, format="Null")
    ledger.record({Window(STREAM, until, "2200-01-01 00:00:00.000"): list(services.rulebook.rules)}, until)
    (gap,) = gaps(client)
    assert gap["after"] == "1970-01-01T00:00:00.000Z"
    assert gap["until"] == f"{until.replace(' ', 'T')}Z"
    assert sorted(gap["rules"]) == sorted(services.rulebook.rules)
    answer = client.post(URL, json={"share": 1})
    assert answer.status_code == 202
    job = end(client, answer.json()["id"])
    assert (job["state"], job["events"], job["error"]) == ("done", gap["events"], None)
    assert job["result"]["failed"] == {}
    assert gaps(client) == []


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Event:
    """A back-fill whose first slice is done, with more to come than it has time for."""
    began = Event()

    def backfill(*_: object) -> Any:
        yield BackfillProgress(0, 2, 0, 0, 0, {})
        time.sleep(0.05)
        began.set()
        yield BackfillProgress(1, 2, 10, 1, 0, {})
        time.sleep(DEADLINE_S)

    monkeypatch.setattr(rule_backfills, "backfill", backfill)
    monkeypatch.setattr(rule_backfills, "pause_s", lambda worked_s, share: DEADLINE_S if began.is_set() else 0)
    return began


def test_one_runs_at_a_time_and_is_cancelled_between_slices(client: httpx.Client, endless: Event) -> None:
    id = client.post(URL, json={}).json()["id"]
    assert endless.wait(DEADLINE_S)
    busy = client.post(URL, json={})
    assert (busy.status_code, error_of(busy)["type"]) == (429, "TooManyJobs")
    client.delete(f"{URL}/{id}")
    assert end(client, id)["state"] == "cancelled"


@pytest.mark.parametrize(
    ("asked", "status", "where"),
    [
        ({"rules": ["none"]}, 404, "rules"),
        ({"from": "soon"}, 400, "from"),
        ({"from": "now", "to": "now-1d"}, 400, "from"),
        ({"share": 0}, 422, "body.share"),
        ({"every": True}, 422, "body.every"),
    ],
)
def test_what_can_not_be_asked_is_told(client: httpx.Client, asked: dict[str, Any], status: int, where: str) -> None:
    answer = client.post(URL, json=asked)
    assert (answer.status_code, error_of(answer)["where"]) == (status, where)


def test_a_rule_tells_how_its_runs_went(client: httpx.Client, services: Services, attack: dict[str, Any]) -> None:
    id = next(iter(services.rulebook.rules))
    outcome = client.get(f"/api/v1/rules/{id}").json()["outcome"]
    assert (outcome["failures"], outcome["last_error"], outcome["next_try"]) == (0, "", None)
