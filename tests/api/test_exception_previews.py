"""What an exception would hide over HTTP: asked for, looked at until it is done, nothing stored."""

import time
from typing import Any

import httpx
import pytest

from tests.api.conftest import error_of
from tests.api.test_rule_previews import DEADLINE_S, RULE

URL = "/api/v1/exceptions/preview"
LISTS = "/api/v1/exception-lists"
STOP = [{"field": "event.action", "operator": "is", "values": ["StopLogging"]}]
PERIOD = {"from": "2026-04-01", "to": "2026-06-01"}


def ended(client: httpx.Client, asked: dict[str, Any]) -> dict[str, Any]:
    answer = client.post(URL, json={**PERIOD, **asked})
    assert answer.status_code == 202, answer.text
    give_up = time.monotonic() + DEADLINE_S
    while (job := client.get(f"{URL}/{answer.json()['id']}").json())["state"] in ("waiting", "running"):
        assert time.monotonic() < give_up
        time.sleep(0.05)
    found: dict[str, Any] = job
    return found


def stopping(client: httpx.Client) -> str:
    """The shipped rule that finds the call."""
    rules = client.get("/api/v1/rules", params={"limit": 1000}).json()["rules"]
    return str(next(rule["id"] for rule in rules if "logging stopped" in rule["name"]))


def test_a_new_exception(client: httpx.Client, attack: dict[str, Any]) -> None:
    id = stopping(client)
    lists = client.get(LISTS).json()
    job = ended(client, {"name": "stop", "conditions": STOP, "rules": [id], "files": [RULE]})
    assert (job["state"], job["done"], job["error"]) == ("done", job["total"], None)
    found = {one["id"]: one for one in job["result"]["rules"]}
    assert (found[id]["alerts"], found[id]["hidden"], found[id]["stored"], found[id]["open"]) == (1, 1, 1, 1)
    assert (found["new"]["hidden"], found["new"]["stored"], found["new"]["hides_all"]) == (1, 0, True)
    assert found[id]["samples"][0]["event"]["action"] == "StopLogging"
    assert job["result"]["warnings"] == ["it would hide everything that 2 rules found in the period: narrow it"]
    assert client.get(LISTS).json() == lists


def test_a_stored_list_and_one_of_its_exceptions(client: httpx.Client, attack: dict[str, Any]) -> None:
    id = stopping(client)
    made = client.post(LISTS, json={"name": "looked-at"}).json()
    path = f"{LISTS}/{made['id']}"
    entry = client.post(f"{path}/entries", json={"name": "x", "conditions": STOP, "rules": [id]}).json()
    whole, one = (
        ended(client, {"exception_list": made["id"], **more})["result"] for more in ({}, {"entry": entry["id"]})
    )
    client.delete(path)
    assert (whole["alerts"], whole["hidden"], whole["covered"]) == (1, 1, 1)
    assert one == whole


WRONG = [
    ({}, 400, "", "no exception of a rule"),
    ({"conditions": STOP, "rules": ["none"]}, 404, "rules", "there is no rule `none`"),
    ({"entry": "x"}, 400, "exception_list", "named together with its list"),
    ({"exception_list": "none"}, 404, "id", "exception list"),
    ({"conditions": [{"field": "a", "operator": "is", "values": []}]}, 422, "conditions.0.values", "takes 1 values"),
    ({"conditions": STOP, "from": "soon"}, 400, "from", "is no date"),
]


@pytest.mark.parametrize(("asked", "status", "where", "said"), WRONG)
def test_what_can_not_be_asked_is_told(
    client: httpx.Client, asked: dict[str, Any], status: int, where: str, said: str
) -> None:
    answer = client.post(URL, json={**PERIOD, **asked})
    error = error_of(answer)
    assert (answer.status_code, error["where"] or "") == (status, where), error
    assert said in error["message"]


@pytest.mark.parametrize("method", ["GET", "DELETE"])
def test_there_is_no_such_preview(client: httpx.Client, method: str) -> None:
    assert client.request(method, f"{URL}/none").status_code == 404
