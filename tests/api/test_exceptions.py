"""Exception lists over HTTP."""

import json
from typing import Any

import httpx
import pytest

from tests.api.conftest import error_of

LISTS = "/api/v1/exception-lists"
CONDITIONS: list[dict[str, Any]] = [
    {"field": "user.name", "operator": "is_one_of", "values": ["backup", 5, True]},
    {"field": "source.ip", "operator": "in_list", "values": ["office"], "negate": True},
    {"field": "a", "operator": "nested", "conditions": [{"field": "b", "operator": "exists"}]},
]


@pytest.fixture
def trusted(client: httpx.Client) -> Any:
    found = client.post(LISTS, json={"name": "trusted", "description": "Our scanners"}).json()
    yield found
    client.delete(f"{LISTS}/{found['id']}")


def test_lists_and_exceptions(client: httpx.Client, trusted: dict[str, Any]) -> None:
    path = f"{LISTS}/{trusted['id']}"
    assert trusted in client.get(LISTS).json()["lists"]
    assert client.post(LISTS, json={"name": "trusted"}).status_code == 409
    assert client.patch(path, json={"description": "Scanners", "version": 1}).json()["written"]["version"] == 2
    body = {"name": "Backup", "conditions": CONDITIONS, "os": "linux", "expires_at": "2027-01-01T00:00:00+02:00"}
    entry = client.post(f"{path}/entries", json=body).json()
    assert [condition["values"] for condition in entry["conditions"]] == [["backup", 5, True], ["office"], []]
    assert entry["conditions"][2]["conditions"] == [{"field": "b", "operator": "exists", "values": [], "negate": False}]
    assert entry["expires_at"] == "2026-12-31T22:00:00Z"
    one = f"{path}/entries/{entry['id']}"
    assert client.get(one).json() == entry
    assert client.post(f"{one}/comments", json={"text": "until the move"}).json()["comments"][0]["by"] == "local"
    changed = client.patch(one, json={"expires_at": None, "rules": ["rule-1"], "version": 2}).json()
    assert (changed["expires_at"], changed["rules"], changed["conditions"]) == (None, ["rule-1"], entry["conditions"])
    assert client.patch(one, json={"os": None, "version": 2}).status_code == 409
    assert client.get(f"{path}/entries").json()["entries"] == [changed]
    assert client.get(f"{path}/entries", params={"offset": 1}).json()["entries"] == []
    assert client.delete(one, params={"version": 3}).status_code == 200
    assert client.get(one).status_code == 404


@pytest.mark.parametrize(
    ("condition", "where"),
    [
        ({"field": "a", "operator": "is", "values": ["x"], "negated": True}, "body.conditions.0.negated"),
        ({"field": "a", "operator": "like", "values": ["x"]}, "body.conditions.0.operator"),
        ({"field": "a", "operator": "is", "values": []}, "conditions.0.values"),
        ({"field": "a", "operator": "in_cidr", "values": ["x"]}, "conditions.0.values.0"),
        ({"field": "a", "operator": "is", "values": [10**30]}, "conditions.0.values.0"),
        ({"field": "a", "operator": "is", "values": [float("nan")]}, "conditions.0.values.0"),
        ({"field": "\ud800", "operator": "exists"}, "body.conditions.0.field"),
    ],
)
def test_conditions_that_are_refused(
    client: httpx.Client, trusted: dict[str, Any], condition: dict[str, Any], where: str
) -> None:
    body = json.dumps({"name": "x", "conditions": [condition]})
    path = f"{LISTS}/{trusted['id']}/entries"
    answer = client.post(path, content=body, headers={"Content-Type": "application/json"})
    assert (answer.status_code, error_of(answer)["where"]) == (422, where)


@pytest.mark.parametrize(
    "expires_at", ["0001-01-01T00:00:00+23:00", "9999-12-31T23:59:59-23:00", "2026-05-01T00:00:00"]
)
def test_instants_that_are_refused(client: httpx.Client, trusted: dict[str, Any], expires_at: str) -> None:
    body = {"name": "x", "conditions": CONDITIONS, "expires_at": expires_at}
    assert client.post(f"{LISTS}/{trusted['id']}/entries", json=body).status_code == 422
