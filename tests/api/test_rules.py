"""The rules over HTTP."""

import httpx

from bartizan.api.services import Services
from tests.api.conftest import error_of


def test_all_rules_are_listed(client: httpx.Client, services: Services) -> None:
    answer = client.get("/api/v1/rules").json()
    assert {rule["id"] for rule in answer["rules"]} == services.rulebook.rules.keys()
    assert answer["problems"] == []
    assert answer["rules"][0]["threat"]["framework"] == "MITRE ATT&CK"


def test_one_rule_is_whole(client: httpx.Client, services: Services) -> None:
    rule = next(iter(services.rulebook))
    answer = client.get(f"/api/v1/rules/{rule.id}").json()
    assert (answer["query"], answer["schedule"]["every_s"]) == (rule.query, rule.schedule.every_s)
    assert "file" not in answer


def test_there_is_no_such_rule(client: httpx.Client) -> None:
    answer = client.get("/api/v1/rules/none")
    assert (answer.status_code, error_of(answer)["type"]) == (404, "NotFound")


def test_a_rule_is_switched_off_and_on(client: httpx.Client, services: Services) -> None:
    path = f"/api/v1/rules/{next(iter(services.rulebook)).id}"
    assert client.get(path).json()["enabled"] is True
    assert client.patch(path, json={"enabled": False}).json()["enabled"] is False
    assert client.get(path).json()["enabled"] is False
    assert client.patch(path, json={"enabled": None}).json()["enabled"] is True


def test_only_what_can_be_changed_is(client: httpx.Client, services: Services) -> None:
    path = f"/api/v1/rules/{next(iter(services.rulebook)).id}"
    assert client.patch(path, json={"severity": "low"}).status_code == 422
    assert client.patch("/api/v1/rules/none", json={"enabled": False}).status_code == 404


def test_what_the_rules_cover(client: httpx.Client, services: Services) -> None:
    answer = client.get("/api/v1/rules/coverage").json()
    named = {id for one in answer["techniques"] for id in one["rule_ids"]}
    assert named == {rule.id for rule in services.rulebook if rule.threats}
    assert all(0 <= one["with_data"] <= one["rules"] for one in answer["techniques"])
    layer = client.get("/api/v1/rules/coverage/navigator").json()
    assert len(layer["techniques"]) == len(answer["techniques"])
