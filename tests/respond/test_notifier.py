"""The notifier with real servers: none holds up another, nothing is lost between an alert and its notification."""

import threading
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
import pytest

from bartizan.clock import system_clock
from bartizan.connector_config import Connector, EgressConfig, NotifyRoute, SlackConfig, WebhookConfig
from bartizan.respond.channel import channel
from bartizan.respond.errors import DeliveryRefused, EgressRefused, SecretMissing, UnknownConnector
from bartizan.respond.notifier import Notifier
from bartizan.respond.secrets import Secrets
from bartizan.respond.sqlite_outbox import SqliteOutbox
from tests.respond.conftest import alert
from tests.respond.servers import answers, hangs, http_target

LOOPBACK = EgressConfig(allow=("127.0.0.1",))


@pytest.fixture
def outbox(tmp_path: Path) -> Iterator[SqliteOutbox]:
    opened = SqliteOutbox(tmp_path / "n.sqlite")
    yield opened
    opened.close()


def notifier(outbox: SqliteOutbox, connectors: Mapping[str, Connector], egress: EgressConfig = LOOPBACK) -> Notifier:
    secrets = Secrets({"URL": "http://127.0.0.1:9/services/hush-hush"})
    channels = {name: channel(name, one, egress, secrets, system_clock) for name, one in connectors.items()}
    return Notifier(channels, [NotifyRoute(tuple(connectors))], outbox, system_clock)


def hook(url: str, **settings: Any) -> WebhookConfig:
    return WebhookConfig(url=url, **settings)


def test_a_connector_that_hangs_fails_or_leads_away_holds_up_no_other(outbox: SqliteOutbox) -> None:
    arrived = threading.Event()

    def taken(handler: Any) -> None:
        answers(200)(handler)
        arrived.set()

    with (
        http_target(hangs) as hanging,
        http_target(answers(500)) as failing,
        http_target(answers(302, Location="http://169.254.169.254/")) as leading,
        http_target(taken) as good,
    ):
        connectors = {
            "hanging": hook(hanging.url, timeout_s=0.2),
            "failing": hook(failing.url),
            "leading": hook(leading.url, max_attempts=1),
            "unset": SlackConfig(url_env="GONE"),
            "good": hook(good.url),
        }
        running = notifier(outbox, connectors)
        running.start()
        assert running.offer([alert()]) == 5
        assert running.offer([alert()]) == 0
        assert arrived.wait(60)
        running.stop()
        assert orjson.loads(good.requests[0].body)["alerts"] == [alert()]


def test_a_test_sends_a_sample_and_says_what_happened(outbox: SqliteOutbox) -> None:
    with http_target(answers(200), answers(410, b"gone")) as target:
        tried = notifier(outbox, {"good": hook(target.url), "slack": SlackConfig(url_env="URL")})
        assert tried.test("good") == "status 200"
        assert orjson.loads(target.requests[0].body)["alerts"][0]["rule"]["id"] == "test"
        with pytest.raises(DeliveryRefused, match=r"connector good, 127\.0\.0\.1: it answered 410: gone"):
            tried.test("good")
    assert tried.deliveries(None, "", 10) == []
    with pytest.raises(UnknownConnector, match="known are good, slack"):
        tried.test("other")


def test_a_secret_address_is_never_told(outbox: SqliteOutbox) -> None:
    tried = notifier(outbox, {"slack": SlackConfig(url_env="URL"), "gone": SlackConfig(url_env="GONE")}, EgressConfig())
    with pytest.raises(EgressRefused) as raised:
        tried.test("slack")
    assert "hush" not in f"{raised.value} {tried.states()}"
    with pytest.raises(SecretMissing, match="connector gone: `url_env` names `GONE`"):
        tried.test("gone")


def test_states_count_and_say_the_last_error(outbox: SqliteOutbox) -> None:
    made = notifier(outbox, {"b": hook("https://x.example/hush-hush"), "a": SlackConfig(url_env="URL")})
    made.offer([alert("1"), alert("2")])
    outbox.assign([outbox.records(None, "a", 1)[0].id], "d")
    outbox.dead("d", "refused", system_clock())
    a, b = made.states()
    assert (a.name, a.type, a.target, a.waiting, a.dead, a.last_error) == (
        *("a", "slack", "an incoming webhook"),
        *(1, 1, "refused"),
    )
    assert (b.target, b.waiting, b.last_error) == ("https://x.example", 2, "")


class Stored:
    """A store of alerts in which each batch has its instant."""

    def __init__(self) -> None:
        self.batches: list[list[Mapping[str, Any]]] = []

    def newest_ingested(self) -> str:
        return f"{len(self.batches):04d}"

    def ingested_after(self, after: str) -> tuple[str, Sequence[Mapping[str, Any]]]:
        at = int(after)
        return (f"{at + 1:04d}", self.batches[at]) if at < len(self.batches) else (after, [])


def test_history_is_no_news_and_nothing_new_is_missed(outbox: SqliteOutbox) -> None:
    stored = Stored()
    stored.batches.append([alert("old")])
    made = notifier(outbox, {"a": hook("https://x.example/")})
    assert made.catch_up(stored) == 0
    stored.batches += [[alert("1"), alert("2")], [alert("3")]]
    assert made.catch_up(stored) == 3
    assert made.catch_up(stored) == 0
    stored.batches.append([alert("4")])
    again = notifier(outbox, {"a": hook("https://x.example/"), "b": hook("https://y.example/")})
    assert again.catch_up(stored) == 2
    assert sorted(one.alert_id for one in outbox.records(None, "a", 10)) == ["1", "2", "3", "4"]


def test_what_came_while_nobody_was_to_be_told_is_no_news(outbox: SqliteOutbox) -> None:
    stored = Stored()
    nobody = notifier(outbox, {})
    nobody.catch_up(stored)
    stored.batches.append([alert("1")])
    assert nobody.catch_up(stored) == 0
    stored.batches.append([alert("2")])
    assert notifier(outbox, {"a": hook("https://x.example/")}).catch_up(stored) == 1
