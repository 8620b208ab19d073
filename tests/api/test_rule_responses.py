"""Whom a rule's alerts are told to and what is to be done about them, over HTTP and on to the outbox."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx
import pytest

from bartizan.api.server import _notify
from bartizan.api.services import Services
from bartizan.app import App
from bartizan.clock import system_clock
from bartizan.config import RespondConfig
from bartizan.connector_config import EgressConfig, WebhookConfig
from bartizan.detect.responses import finds
from bartizan.pipeline.responses import Declaring
from bartizan.respond.channel import channel
from bartizan.respond.notifier import Notifier
from bartizan.respond.secrets import Secrets
from bartizan.respond.sqlite_outbox import SqliteOutbox
from tests.api.conftest import Serve, error_of
from tests.respond.conftest import alert

ISOLATE = {"type": "isolate_host", "connector": "soar", "comment": "worm"}


@pytest.fixture
def path(client: httpx.Client, services: Services) -> Iterator[str]:
    """Of a rule; what is set for it is taken back."""
    found = f"/api/v1/rules/{next(iter(services.rulebook)).id}"
    yield found
    client.patch(found, json={"notify": None, "actions": None})


def test_whom_to_tell_is_set_and_an_unknown_connector_is_told(client: httpx.Client, path: str) -> None:
    assert client.get(path).json()["notify"] is None
    told = client.patch(path, json={"notify": {"connectors": ["soc"], "every": "1h"}}).json()
    assert told["notify"] == {"connectors": ["soc"], "every": "1h"}
    assert (told["response_problems"], told["enabled"]) == (["there is no connector `soc`"], True)
    assert client.patch(path, json={"notify": None}).json()["notify"] is None


@pytest.mark.parametrize(
    ("asked", "status"),
    [
        ({"actions": [ISOLATE]}, 403),
        ({"actions": [{"type": "notify", "connectors": ["soc"]}]}, 403),
        ({"actions": [{"type": "format_disk"}]}, 400),
        ({"actions": [{"type": 1}]}, 422),
        ({"notify": {"connectors": ["soc"], "every": "soon"}}, 422),
        ({"notify": {"to": ["soc"]}}, 422),
        ({}, 422),
    ],
)
def test_what_is_refused_changes_nothing(client: httpx.Client, path: str, asked: dict[str, Any], status: int) -> None:
    answer = client.patch(path, json={"enabled": False, **asked} if asked else {})
    assert answer.status_code == status, answer.text
    assert error_of(answer)["message"]
    found = client.get(path).json()
    assert (found["actions"], found["notify"], found["enabled"]) == ([], None, True)


def test_actions_need_their_privilege(
    client: httpx.Client, app: App, services: Services, serve: Serve, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    privileges = RespondConfig(api_privileges=("respond:isolate_host",))
    monkeypatch.setattr(app, "config", replace(app.config, respond=privileges))
    with serve(replace(services, declaring=app.declaring)) as privileged:
        told = privileged.patch(path, json={"actions": [ISOLATE]}).json()
    assert told["actions"] == [ISOLATE]
    assert told["response_problems"] == [
        "its action `isolate_host` is not asked for: there is no connector `soar`",
    ]
    monkeypatch.undo()
    assert "needs the privilege" in client.get(path).json()["response_problems"][0]
    assert client.patch(path, json={"actions": None}).json()["actions"] == []


def test_new_alerts_go_where_their_rule_sends_them(
    services: Services, app: App, path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    rule = path.rpartition("/")[2]
    everything = frozenset({"respond:isolate_host"})
    monkeypatch.setattr(App, "declaring", Declaring(frozenset({"soc", "soar"}), frozenset(), everything))
    outbox = SqliteOutbox(tmp_path / "n.sqlite")
    hook = WebhookConfig(url="https://hook.example")
    channels = {
        name: channel(name, hook, EgressConfig(), Secrets({}), system_clock) for name in ("soc", "soar", "other")
    }
    sent = replace(services, notifier=Notifier(channels, (), outbox, system_clock))
    _notify(sent)
    own = services.state.rule_responses
    own.set_notify(rule, {"connectors": ["soc", "gone"], "every": "1h"}, "me")
    own.set_actions(rule, [ISOLATE], finds(services.rulebook.rules[rule]), "me")
    app.alerts.add([{**alert("chosen-1"), "rule": {"id": rule}}, {**alert("chosen-2"), "rule": {"id": "other"}}])
    assert _notify(sent) == 2
    asked = {(one.connector, one.alert_id, one.id.startswith("action-")) for one in outbox.records(None, "", 10)}
    assert asked == {("soc", "chosen-1", False), ("soar", "chosen-1", True)}
    assert _notify(sent) == 0
    outbox.close()
