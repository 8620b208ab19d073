"""Connectors over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bartizan.api.services import Services
from bartizan.clock import system_clock
from bartizan.connector_config import EgressConfig, NotifyRoute, SlackConfig, WebhookConfig
from bartizan.respond.channel import channel
from bartizan.respond.notifier import Notifier
from bartizan.respond.secrets import Secrets
from bartizan.respond.sqlite_outbox import SqliteOutbox
from tests.api.conftest import Serve, error_of
from tests.respond.conftest import alert
from tests.respond.servers import HttpTarget, answers, http_target


@pytest.fixture(scope="module")
def target() -> Iterator[HttpTarget]:
    with http_target(answers(200)) as opened:
        yield opened


@pytest.fixture(scope="module")
def notifier(target: HttpTarget, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Notifier]:
    folder: Path = tmp_path_factory.mktemp("outbox")
    outbox = SqliteOutbox(folder / "n.sqlite")
    settings = {"hook": WebhookConfig(url=target.url), "slack": SlackConfig(url_env="GONE")}
    channels = {
        name: channel(name, one, EgressConfig(allow=("127.0.0.1",)), Secrets({}), system_clock)
        for name, one in settings.items()
    }
    yield Notifier(channels, [NotifyRoute(("hook", "slack"))], outbox, system_clock)
    outbox.close()


@pytest.fixture(scope="module")
def connected(services: Services, serve: Serve, notifier: Notifier) -> Iterator[httpx.Client]:
    with serve(replace(services, notifier=notifier)) as client:
        yield client


def test_there_may_be_none(client: httpx.Client) -> None:
    assert client.get("/api/v1/connectors").json() == {"connectors": []}
    assert client.get("/api/v1/connectors/deliveries").json() == {"deliveries": []}


def test_connectors_and_deliveries_are_listed(connected: httpx.Client, notifier: Notifier) -> None:
    notifier.offer([alert("listed")])
    hook, slack = connected.get("/api/v1/connectors").json()["connectors"]
    assert (hook["name"], hook["type"], hook["waiting"]) == ("hook", "webhook", 1)
    assert (slack["target"], slack["dead"]) == ("an incoming webhook", 0)
    asked = {"state": "waiting", "connector": "slack"}
    (delivery,) = connected.get("/api/v1/connectors/deliveries", params=asked).json()["deliveries"]
    assert (delivery["alert_id"], delivery["attempts"]) == ("listed", 0)
    assert connected.get("/api/v1/connectors/deliveries", params={"state": "dead"}).json() == {"deliveries": []}
    assert connected.get("/api/v1/connectors/deliveries", params={"state": "lost"}).status_code == 422


def test_a_test_says_what_happened(connected: httpx.Client, target: HttpTarget) -> None:
    before = len(target.requests)
    assert tried(connected, "hook").json() == {"ok": True, "message": "status 200"}
    assert len(target.requests) == before + 1
    said = tried(connected, "slack").json()
    assert (said["ok"], said["message"]) == (
        False,
        "connector slack: `url_env` names `GONE`, which is empty or not set",
    )
    answer = tried(connected, "none")
    assert (answer.status_code, error_of(answer)["type"]) == (404, "UnknownConnector")


def test_what_was_given_up_is_tried_again(connected: httpx.Client) -> None:
    assert connected.post("/api/v1/connectors/slack/retry", json={}).json() == {"alerts": 0}
    assert connected.post("/api/v1/connectors/none/retry", json={}).status_code == 404


def tried(client: httpx.Client, name: str) -> httpx.Response:
    return client.post(f"/api/v1/connectors/{name}/test", json={})
