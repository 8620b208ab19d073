"""Cases over HTTP: from an alert to a closed case, and what is refused."""

import json
from typing import Any

import httpx
import pytest

from tests.api.conftest import OBJECT, error_of

CASES = "/api/v1/cases"


@pytest.fixture
def case(client: httpx.Client) -> dict[str, Any]:
    return made(client, CASES, {"title": "Keys made at night", "severity": "high", "tags": ["iam"]})


def made(client: httpx.Client, path: str, body: Any) -> dict[str, Any]:
    answer = client.post(path, json=body)
    assert answer.status_code == 200, answer.text
    found: dict[str, Any] = answer.json()
    return found


def test_from_open_to_closed(client: httpx.Client, case: dict[str, Any]) -> None:
    path = f"{CASES}/{case['id']}"
    assert (case["status"], case["written"]["created_by"], case["written"]["version"]) == ("open", "local", 1)
    assert client.get(path).json() == case
    assert made(client, f"{path}/alerts", {"alerts": ["alert-1", "alert-2"]}) == {"added": 2}
    assert client.delete(f"{path}/alerts/alert-2").status_code == 200
    assert [one["alert_id"] for one in client.get(f"{path}/alerts").json()["alerts"]] == ["alert-1"]
    assert case["id"] in [one["id"] for one in client.get(CASES, params={"alert": "alert-1"}).json()["cases"]]
    comment = made(client, f"{path}/comments", {"text": "<img src=x>"})
    changed = client.patch(f"{path}/comments/{comment['id']}", json={"text": "It was not him", "version": 1})
    assert changed.json()["written"]["version"] == 2
    refused = client.patch(path, json={"status": "closed"})
    assert (refused.status_code, error_of(refused)["where"]) == (422, "reason")
    closed = client.patch(path, json={"status": "closed", "reason": "benign", "version": 1}).json()
    assert (closed["status"], closed["reason"], closed["tags"]) == ("closed", "benign", ["iam"])
    told = client.get(f"{path}/history", params={"subject": comment["id"]}).json()
    assert [change["before"] for change in told["changes"]] == [{"text": "<img src=x>"}, None]
    assert client.delete(path, params={"version": 1}).status_code == 409
    assert client.delete(path).json() == {"id": case["id"]}
    assert client.get(path).status_code == 404


def test_who_saves_over_what_he_has_not_seen_is_told(client: httpx.Client, case: dict[str, Any]) -> None:
    path = f"{CASES}/{case['id']}"
    assert client.patch(path, json={"title": "First", "version": 1}).status_code == 200
    late = client.patch(path, json={"title": "Second", "version": 1})
    error = error_of(late)
    assert (late.status_code, error["type"], error["where"]) == (409, "Outdated", "version")
    assert client.get(path).json()["title"] == "First"


def test_pages(client: httpx.Client) -> None:
    for number in range(3):
        made(client, CASES, {"title": f"Page {number}", "tags": ["paged"]})
    page = client.get(CASES, params={"tag": "paged", "limit": 2, "offset": 2}).json()
    assert ([one["title"] for one in page["cases"]], page["total"]) == (["Page 0"], 3)


def test_observables(client: httpx.Client, case: dict[str, Any]) -> None:
    path = f"{CASES}/{case['id']}/observables"
    added = made(client, path, {"type": "url", "value": "hxxp://evil[.]example/a"})
    assert added["value"] == "http://evil.example/a"
    assert client.post(path, json={"type": "url", "value": "http://evil.example/a"}).status_code == 409
    assert error_of(client.post(path, json={"type": "ipv4", "value": "10"}))["message"] == "it is no ipv4"
    found = client.get("/api/v1/observables", params={"type": "url", "value": "hxxp://evil[.]example/a"}).json()
    assert [one["case_id"] for one in found["observables"]] == [case["id"]]
    assert client.patch(f"{path}/{added['id']}", json={"description": "its page"}).json()["description"] == "its page"
    assert client.delete(f"{path}/{added['id']}").status_code == 200
    assert client.get(path).json() == {"observables": []}


HTML = b"<script>alert(1)</script>"


def test_an_attachment_is_handed_out_to_be_saved_alone(client: httpx.Client, case: dict[str, Any]) -> None:
    path = f"{CASES}/{case['id']}/attachments"
    name = '../"page\r\nX-Evil: 1\u202e.html'
    answer = client.post(path, params={"name": name}, content=HTML, headers=OBJECT)
    assert answer.status_code == 200, answer.text
    kept = answer.json()
    assert kept["name"] == "_page__X-Evil_ 1_.html"
    got = client.get(f"{path}/{kept['id']}")
    assert got.content == HTML
    assert got.headers["content-type"] == "application/octet-stream"
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''_page__X-Evil_%201_.html"
    assert got.headers["x-content-type-options"] == "nosniff"
    assert "default-src 'none'" in got.headers["content-security-policy"]
    assert "x-evil" not in got.headers
    assert client.post(path, params={"name": "y"}, content=HTML, headers=OBJECT).status_code == 409
    assert client.get(path).json()["attachments"] == [kept]
    assert client.delete(f"{path}/{kept['id']}").status_code == 200
    assert client.get(f"{path}/{kept['id']}").status_code == 404


@pytest.mark.parametrize(
    ("headers", "params", "size", "status"),
    [
        ({"Content-Type": "text/plain"}, {"name": "x"}, 1, 415),
        ({"Content-Type": "multipart/form-data"}, {"name": "x"}, 1, 415),
        (OBJECT, {}, 1, 422),
        (OBJECT, {"name": "x"}, 0, 422),
        (OBJECT, {"name": "x"}, 32 * 1024 * 1024 + 1, 413),
    ],
)
def test_bodies_that_are_no_attachments(
    client: httpx.Client, case: dict[str, Any], headers: dict[str, str], params: dict[str, str], size: int, status: int
) -> None:
    path = f"{CASES}/{case['id']}/attachments"
    answer = client.post(path, params=params, content=b"x" * size, headers=headers)
    assert error_of(answer)
    assert answer.status_code == status


@pytest.mark.parametrize(
    ("method", "path", "body", "status"),
    [
        ("POST", CASES, {}, 422),
        ("POST", CASES, {"title": "x", "owner": "y"}, 422),
        ("POST", CASES, {"title": None}, 422),
        ("POST", CASES, {"title": "\ud800"}, 422),
        ("POST", CASES, {"title": "a\0b"}, 422),
        ("POST", CASES, {"title": "x" * 201}, 422),
        ("POST", CASES, {"title": "x", "tags": ["\u202e"]}, 422),
        ("POST", CASES, {"title": "x", "description": "y" * 30_001}, 422),
        ("POST", CASES, {"title": "x", "description": "y" * 1_100_000}, 413),
        ("PATCH", CASES + "/none", {"title": None}, 422),
        ("PATCH", CASES + "/none", {"title": "x"}, 404),
        ("PATCH", CASES + "/none", {"version": 10**30}, 422),
        ("GET", CASES + "/none", None, 404),
        ("GET", CASES + "/none/history", None, 404),
        ("GET", CASES + "/none/attachments/none", None, 404),
        ("GET", CASES + "/%00", None, 422),
        ("GET", CASES + "/' OR 1=1 --", None, 422),
        ("GET", CASES + "?limit=0", None, 422),
        ("GET", CASES + "?offset=100000000000000000000", None, 422),
        ("GET", CASES + "?status=done", None, 422),
        ("GET", CASES + "?tag=%00", None, 200),
        ("GET", CASES + "?text=%25", None, 200),
        ("DELETE", CASES + "/none", None, 404),
        ("DELETE", CASES + "/none/alerts/x", None, 404),
        ("POST", CASES + "/none/alerts", {"alerts": []}, 422),
    ],
)
def test_what_is_refused(client: httpx.Client, method: str, path: str, body: Any, status: int) -> None:
    content = None if body is None else json.dumps(body)
    answer = client.request(method, path, content=content, headers={"Content-Type": "application/json"})
    assert answer.status_code == status, answer.text
    assert status == 200 or error_of(answer)
