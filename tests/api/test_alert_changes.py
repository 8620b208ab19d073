"""Alerts changed over HTTP: one, many as a change set to poll, undone; what can't be is an error with the one shape."""

import time
from typing import Any

import httpx
import pytest

from bartizan.app import App
from tests.alerts.conftest import alert
from tests.api.conftest import error_of

PATH = "/api/v1/alerts"
DEADLINE_S = 60


@pytest.fixture(scope="module")
def ids(client: httpx.Client, app: App) -> list[str]:
    """Alerts of this module's own."""
    made = [alert(f"changes-{number}", number) for number in range(4)]
    for number, one in enumerate(made):
        one["alert"] |= {"status": "open", "rule": {"type": "query"}}
        one["rule"] = {"id": f"changes-r{number % 2}", "name": "R"}
    app.alerts.add(made)
    return [one["alert"]["id"] for one in made]


def ended(client: httpx.Client, answer: httpx.Response) -> dict[str, Any]:
    assert answer.status_code == 202, answer.text
    give_up = time.monotonic() + DEADLINE_S
    while (told := client.get(f"{PATH}/changes/{answer.json()['id']}").json())["state"] == "running":
        assert time.monotonic() < give_up
        time.sleep(0.05)
    found: dict[str, Any] = told
    return found


def listed(client: httpx.Client, **params: Any) -> list[str]:
    found = client.get(PATH, params={"rule": ["changes-r0", "changes-r1"], **params}).json()["alerts"]
    return [one["alert"]["id"] for one in found]


def test_one(client: httpx.Client, ids: list[str]) -> None:
    body = {"status": "acknowledged", "assign": ["bob"], "tag": ["one"], "note": "looking"}
    changed = client.patch(f"{PATH}/{ids[0]}", json=body)
    assert changed.status_code == 200, changed.text
    assert changed.json() == client.get(f"{PATH}/{ids[0]}").json()
    known = changed.json()["alert"]
    assert (known["status"], known["assignees"], known["tags"]) == ("acknowledged", ["bob"], ["one"])
    assert listed(client, status="acknowledged", assignee="bob") == [ids[0]]
    assert listed(client, tag="one", search="alert.notes: looking") == [ids[0]]
    notes = client.post(f"{PATH}/{ids[0]}/notes", json={"text": "<b>again</b>"}).json()["notes"]
    assert [(note["actor"], note["text"]) for note in notes] == [("api", "<b>again</b>"), ("api", "looking")]
    assert client.get(f"{PATH}/{ids[0]}/notes").json()["notes"] == notes
    history = client.get(f"{PATH}/{ids[0]}/history").json()["history"]
    assert {row["field"] for row in history} == {"alert.status", "alert.assignees", "alert.tags", "alert.notes"}


def test_many_and_back(client: httpx.Client, ids: list[str]) -> None:
    change = {"status": "closed", "closed_reason": "benign"}
    asked = {"query": "rule.id: changes-r1", "from": "2026-01-01", "change": change}
    done = ended(client, client.post(f"{PATH}/changes", json=asked))
    assert (done["state"], done["matched"], done["changed"]) == ("done", 2, 2)
    assert done["selection"]["query"] == "rule.id: changes-r1"
    assert listed(client, status="closed") == [ids[3], ids[1]]
    client.patch(f"{PATH}/{ids[1]}", json={"status": "open"})
    back = ended(client, client.post(f"{PATH}/changes/{done['id']}/undo", json={}))
    assert (back["undoes"], back["changed"], back["kept"]) == (done["id"], 1, 2)
    assert listed(client, status="closed") == []
    assert client.get(f"{PATH}/changes").json()["change_sets"][0]["id"] == back["id"]
    by_ids = ended(client, client.post(f"{PATH}/changes", json={"ids": [ids[2], "none"], "change": {"tag": ["t"]}}))
    assert (by_ids["matched"], by_ids["missing"]) == (1, 1)
    answer = client.delete(f"{PATH}/changes/{by_ids['id']}")
    assert (answer.status_code, error_of(answer)["type"]) == (409, "ChangeConflict")


def test_pages_groups_and_ancestors(client: httpx.Client, ids: list[str]) -> None:
    rules = {"rule": ["changes-r0", "changes-r1"]}
    first = client.get(PATH, params={**rules, "limit": 3}).json()
    rest = client.get(PATH, params={**rules, "limit": 3, "after": first["after"]}).json()
    found = [one["alert"]["id"] for one in (*first["alerts"], *rest["alerts"])]
    assert (found, rest["after"]) == (ids[::-1], None)
    grouped = client.get(f"{PATH}/groups", params={**rules, "by": ["rule.id", "rule.name"]}).json()
    assert grouped["total"] == 2
    assert {group["values"]["rule.id"]: group["count"] for group in grouped["groups"]} == {
        "changes-r0": 2,
        "changes-r1": 2,
    }
    stands_on = client.get(f"{PATH}/{ids[0]}/ancestors").json()
    assert [one["document"]["event"]["id"] for one in stands_on["ancestors"]] == [ids[0]]


CHANGE = {"change": {"tag": ["x"]}}


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("PATCH", "/none", {"tag": ["x"]}, 404),
        ("PATCH", "/changes-0", {}, 400),
        ("PATCH", "/changes-0", {"status": "closed"}, 400),
        ("PATCH", "/changes-0", {"status": "shut"}, 422),
        ("PATCH", "/changes-0", {"tag": [""]}, 422),
        ("PATCH", "/changes-0", {"alert.id": "x"}, 422),
        ("POST", "/none/notes", {"text": "x"}, 404),
        ("POST", "/changes-0/notes", {"text": "x" * 4_001}, 422),
        ("POST", "/changes", CHANGE, 422),
        ("POST", "/changes", {**CHANGE, "ids": [], "query": "*"}, 422),
        ("POST", "/changes", {**CHANGE, "query": "alert.stauts: open"}, 400),
        ("POST", "/changes", {**CHANGE, "query": "*", "from": "yesterday"}, 400),
        ("POST", "/changes", {**CHANGE, "query": "*", "language": "sql"}, 400),
        ("POST", "/changes/none/undo", {}, 404),
        ("DELETE", "/changes/none", None, 404),
        ("GET", "/changes/%27%20OR%201=1", None, 404),
        ("GET", "/none/history", None, 404),
        ("GET", "/none/notes", None, 404),
        ("GET", "/none/ancestors", None, 404),
        ("GET", "/groups", None, 422),
        ("GET", "/groups?by=rule.nmae", None, 400),
        ("GET", "/groups?by=a&by=b&by=c&by=d", None, 422),
        ("GET", "?after=x", None, 400),
        ("GET", "?search=rule.nmae:x", None, 400),
        ("GET", "?status=shut", None, 422),
    ],
)
def test_what_can_not_be(
    client: httpx.Client, ids: list[str], method: str, path: str, body: dict[str, Any] | None, status: int
) -> None:
    answer = client.request(method, PATH + path, json=body)
    assert error_of(answer)
    assert answer.status_code == status, answer.text
