"""Timelines over HTTP: saved by version, with pins and notes."""

from typing import Any

import httpx
import pytest

from tests.api.conftest import error_of

TIMELINES = "/api/v1/timelines"
EVENT = {"stream": "logs-aws.cloudtrail-default", "id": "e/1 ?#"}


@pytest.fixture
def timeline(client: httpx.Client) -> dict[str, Any]:
    found: dict[str, Any] = client.post(TIMELINES, json={"title": "The night of the keys"}).json()
    return found


def test_saving_as_one_works(client: httpx.Client, timeline: dict[str, Any]) -> None:
    path = f"{TIMELINES}/{timeline['id']}"
    saved = client.patch(path, json={"version": 1, "query": "event.action: (", "time_from": "now-7d"}).json()
    assert (saved["query"], saved["title"], saved["written"]["version"]) == ("event.action: (", timeline["title"], 2)
    late = client.patch(path, json={"version": 1, "query": "*"})
    assert (late.status_code, error_of(late)["type"]) == (409, "Outdated")
    assert client.patch(path, json={"query": "*"}).status_code == 422
    assert timeline["id"] in [one["id"] for one in client.get(TIMELINES, params={"text": "NIGHT"}).json()["timelines"]]
    assert client.delete(path, params={"version": 1}).status_code == 409
    assert client.delete(path).status_code == 200
    assert client.get(path).status_code == 404


def test_pins_and_notes(client: httpx.Client, timeline: dict[str, Any]) -> None:
    path = f"{TIMELINES}/{timeline['id']}"
    assert client.post(f"{path}/pins", json=EVENT).json()["event"] == EVENT
    on_it = client.post(f"{path}/notes", json={"text": "It began at 3"}).json()
    on_event = client.post(f"{path}/notes", json={"text": "This one", "event": EVENT}).json()
    changed = client.patch(f"{path}/notes/{on_event['id']}", json={"text": "That one", "version": 1}).json()
    whole = client.get(path).json()
    assert [pin["event"] for pin in whole["pins"]] == [EVENT]
    assert whole["notes"] == [on_it, changed]
    assert (on_it["event"], changed["event"]) == (None, EVENT)
    assert client.delete(f"{path}/notes/{on_it['id']}").status_code == 200
    place = {"stream": EVENT["stream"], "event": EVENT["id"]}
    assert [client.delete(f"{path}/pins", params=place).status_code for _ in range(2)] == [200, 404]
