"""Value lists over HTTP: filled from a file, paged through."""

from typing import Any

import httpx
import pytest

from tests.api.conftest import OBJECT, error_of

LISTS = "/api/v1/value-lists"


@pytest.fixture
def office(client: httpx.Client) -> Any:
    found = client.post(LISTS, json={"name": "office", "type": "ip"}).json()
    yield found
    client.delete(f"{LISTS}/{found['id']}")


def test_filled_paged_and_removed(client: httpx.Client, office: dict[str, Any]) -> None:
    path = f"{LISTS}/{office['id']}"
    assert client.post(LISTS, json={"name": "office", "type": "keyword"}).status_code == 409
    body = b"10.0.0.1\nten\n\n10.0.0.2\n" + b"x" * 100_000 + b"\n10.0.0.3"
    imported = client.post(f"{path}/values", content=body, headers=OBJECT).json()
    assert imported == {
        "added": 3,
        "known": 0,
        "rejected": 2,
        "first_rejected": [
            {"line": 2, "reason": "it is no address"},
            {"line": 5, "reason": "it is longer than 1024 bytes"},
        ],
    }
    page = client.get(f"{path}/values", params={"limit": 2}).json()["values"]
    assert page == ["10.0.0.1", "10.0.0.2"]
    assert client.get(f"{path}/values", params={"after": page[-1]}).json()["values"] == ["10.0.0.3"]
    assert client.delete(f"{path}/values", params={"value": "10.0.0.1"}).json()["size"] == 2
    assert client.delete(f"{path}/values", params={"value": "10.0.0.1"}).status_code == 404
    client.post(f"{path}/values", params={"replace": True}, content=b"10.0.0.9", headers=OBJECT)
    assert client.get(f"{path}/values").json()["values"] == ["10.0.0.9"]
    changed = client.patch(path, json={"description": "Our offices"}).json()
    assert (changed["description"], changed["size"]) == ("Our offices", 1)
    assert client.delete(path, params={"version": 1}).status_code == 409
    assert client.get(path).json() in client.get(LISTS).json()["lists"]


def test_what_is_refused(client: httpx.Client, office: dict[str, Any]) -> None:
    path = f"{LISTS}/{office['id']}/values"
    assert client.post(path, content=b"10.0.0.1", headers={"Content-Type": "text/plain"}).status_code == 415
    assert client.post(f"{LISTS}/none/values", content=b"10.0.0.1", headers=OBJECT).status_code == 404
    for body in ({"name": "../x", "type": "ip"}, {"name": "x", "type": "number"}, {"name": "x"}):
        assert error_of(client.post(LISTS, json=body))
