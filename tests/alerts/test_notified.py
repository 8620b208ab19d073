"""The way of an alert from the store to a target, as the worker goes it."""

import time
from collections.abc import Callable
from pathlib import Path

import orjson

from bartizan.clock import system_clock
from bartizan.connector_config import EgressConfig, NotifyRoute, WebhookConfig
from bartizan.respond.channel import channel
from bartizan.respond.notifier import Notifier
from bartizan.respond.secrets import Secrets
from bartizan.respond.sqlite_outbox import SqliteOutbox
from tests.detect.store import DetectStore
from tests.respond.conftest import alert
from tests.respond.servers import HttpTarget, answers, http_target

DEADLINE_S = 60


def test_what_is_stored_is_told(make_store: Callable[[], DetectStore], tmp_path: Path) -> None:
    stored, outbox = make_store().alerts, SqliteOutbox(tmp_path / "n.sqlite")
    stored.add([alert("old")])
    with http_target(answers(200)) as target:
        hook = channel(
            "hook", WebhookConfig(url=target.url), EgressConfig(allow=("127.0.0.1",)), Secrets({}), system_clock
        )
        notifier = Notifier({"hook": hook}, [NotifyRoute(("hook",))], outbox, system_clock)
        assert notifier.catch_up(stored) == 0
        stored.add([alert("new-1"), alert("new-2")])
        stored.add([alert("new-2"), alert("new-3")])
        assert notifier.catch_up(stored) == 3
        assert notifier.catch_up(stored) == 0
        notifier.start()
        give_up = time.monotonic() + DEADLINE_S
        while told(target) != {"new-1", "new-2", "new-3"}:
            assert time.monotonic() < give_up
            time.sleep(0.01)
        notifier.stop()
    outbox.close()


def told(target: HttpTarget) -> set[str]:
    return {one["alert"]["id"] for came in list(target.requests) for one in orjson.loads(came.body)["alerts"]}
