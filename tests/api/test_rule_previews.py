"""Previews of rules over HTTP: asked for, looked at until they are done, cancelled."""

import time
from collections.abc import Iterator
from threading import Event
from typing import Any

import httpx
import pytest

from bartizan.api import rule_previews
from bartizan.api.background import MAX_RUNNING, MAX_WAITING
from bartizan.api.services import Services
from bartizan.detect.preview.result import Progress
from bartizan.query.budget import SearchCancelled
from tests.api.conftest import error_of

URL = "/api/v1/rules/preview"
DEADLINE_S = 60
RULE = """
id = "new"
name = "New"
description = "d"
type = "query"
language = "kql"
index = ["logs-aws.cloudtrail-api"]
severity = "low"
risk_score = 21
query = "event.action: StopLogging"
"""


def ended(client: httpx.Client, asked: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(URL, json=asked)
    assert answer.status_code == 202, answer.text
    return end(client, answer.json()["id"])


def end(client: httpx.Client, id: str) -> dict[str, Any]:
    give_up = time.monotonic() + DEADLINE_S
    while (job := client.get(f"{URL}/{id}").json())["state"] in ("waiting", "running"):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    found: dict[str, Any] = job
    return found


def test_stored_and_new_rules_over_a_period(client: httpx.Client, attack: dict[str, Any]) -> None:
    asked = {"all": True, "files": [RULE], "from": "2026-04-01", "to": "2026-06-01"}
    job = ended(client, asked)
    assert (job["state"], job["done"], job["error"]) == ("done", job["total"], None)
    result = job["result"]
    (new,) = [rule for rule in result["rules"] if rule["id"] == "new"]
    assert new["alerts"] == 1
    assert new["samples"][0]["event"]["action"] == "StopLogging"
    assert sum(result["histogram"]) == result["alerts"] >= 2
    stored = client.get("/api/v1/alerts", params={"limit": 100}).json()["alerts"]
    assert "new" not in {alert["rule"]["id"] for alert in stored}


def test_shared_exceptions_count_unless_they_are_left_out(client: httpx.Client, attack: dict[str, Any]) -> None:
    lists = "/api/v1/exception-lists"
    made = client.post(lists, json={"name": "previewed"}).json()
    condition = {"field": "event.action", "operator": "is", "values": ["StopLogging"]}
    client.post(f"{lists}/{made['id']}/entries", json={"name": "x", "conditions": [condition], "rules": ["new"]})
    asked = {"files": [RULE], "from": "2026-04-01", "to": "2026-06-01"}
    ((own,), (bare,)) = (
        ended(client, {**asked, "exceptions": exceptions})["result"]["rules"] for exceptions in (True, False)
    )
    client.delete(f"{lists}/{made['id']}")
    assert (own["alerts"], own["exceptions"], bare["alerts"], bare["exceptions"]) == (0, 1, 1, 0)


WRONG = [
    ({}, 400, "rules", "no rule is asked for"),
    ({"rules": ["none"]}, 404, "rules", "there is no rule `none`"),
    ({"all": True, "from": "soon"}, 400, "from", "`soon` is no date"),
    ({"all": True, "from": "now", "to": "now-1d"}, 400, "from", "is not before"),
    ({"files": ["id = 1"]}, 400, "files[0]", "`id` must be a text"),
    ({"files": [RULE, "]"]}, 400, "files[1]", "cannot read it"),
    ({"rules": ["x" * 300]}, 422, "body.rules.0", "at most 200"),
    ({"all": True, "more": 1}, 422, "body.more", "not permitted"),
]


@pytest.mark.parametrize(("asked", "status", "where", "said"), WRONG)
def test_what_can_not_be_asked_is_told(
    client: httpx.Client, asked: dict[str, Any], status: int, where: str, said: str
) -> None:
    answer = client.post(URL, json=asked)
    error = error_of(answer)
    assert (answer.status_code, error["where"]) == (status, where)
    assert said in error["message"]
    assert "/tmp" not in answer.text


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_no_such_preview(client: httpx.Client, method: str) -> None:
    answer = client.request(method, f"{URL}/none")
    assert (answer.status_code, error_of(answer)["type"]) == (404, "NotFound")


@pytest.fixture
def endless(monkeypatch: pytest.MonkeyPatch) -> Event:
    """Previews begin and go on until they are cancelled."""
    began = Event()

    def previewed(
        evaluator: object, rules: object, period: object, is_cancelled: Any, off: object
    ) -> Iterator[Progress]:
        yield Progress(1, 2, 10)
        began.set()
        while not is_cancelled():
            time.sleep(0.01)
        raise SearchCancelled("the preview was cancelled")

    monkeypatch.setattr(rule_previews, "previewed", previewed)
    return began


def test_a_preview_is_cancelled_and_too_many_are_refused(
    client: httpx.Client, services: Services, endless: Event
) -> None:
    ids = []
    while (answer := client.post(URL, json={"all": True})).status_code == 202:
        ids.append(answer.json()["id"])
    assert len(ids) == MAX_RUNNING + MAX_WAITING
    assert (answer.status_code, error_of(answer)["type"]) == (429, "TooManyJobs")
    assert endless.wait(DEADLINE_S)
    assert (client.get(f"{URL}/{ids[0]}").json()["done"], client.get(f"{URL}/{ids[-1]}").json()["state"]) == (
        1,
        "waiting",
    )
    for id in reversed(ids):
        client.delete(f"{URL}/{id}")
    assert {end(client, id)["state"] for id in ids} == {"cancelled"}


def test_a_fault_of_ours_fails_the_job_alone(client: httpx.Client, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rule_previews, "previewed", lambda *_: 1 / 0)
    job = ended(client, {"all": True})
    assert (job["state"], job["error"]["message"]) == ("failed", "the server failed")
