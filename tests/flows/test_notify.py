"""From logs to a webhook: `bartizan serve` tells of every alert, also when it is killed on the way."""

import json
import os
import signal
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bartizan.cli.remote import SERVER_FILE
from bartizan.simulate import Scenario, write
from tests.api.conftest import BATCH, tar
from tests.flows.command import PATIENCE_S
from tests.respond.servers import HttpTarget, answers, hangs, http_target

START = datetime(2026, 5, 1, tzinfo=UTC)
CONFIG = """
[serve]
port = 0

[egress]
allow = ["127.0.0.1"]

[connectors.hook]
type = "webhook"
url = "{hook}"
max_per_period = 3
period_s = 1

[connectors.hanging]
type = "webhook"
url = "{hanging}"
timeout_s = 1

[[notify]]
connectors = ["hanging", "hook"]
"""


@pytest.mark.slow
def test_every_alert_is_told(tmp_path: Path) -> None:
    logs, data = tmp_path / "logs", tmp_path / "data"
    write(Scenario(START, hours=2, cloudtrail_events=200, waf_events=0, firewall_events=0, flow_records=0), logs)
    with http_target(answers(200)) as hook, http_target(hangs) as hanging:
        config = tmp_path / "bartizan.toml"
        config.write_text(CONFIG.format(hook=hook.url, hanging=hanging.url))
        with serving(data, config) as process:
            post(data, logs)
            wait_for(lambda: bool(hook.requests))
            process.send_signal(signal.SIGKILL)
            process.wait()
        with serving(data, config):
            wait_for(lambda: is_quiet(data))
            found = {alert["alert"]["id"] for alert in get(data, "alerts?limit=1000")["alerts"]}
            assert found
            assert sent(data) == found
            assert told(hook) <= found
            assert get(data, "connectors/deliveries?state=sent&connector=hanging")["deliveries"] == []


@contextmanager
def serving(data: Path, config: Path) -> Iterator[subprocess.Popen[bytes]]:
    (data / SERVER_FILE).unlink(missing_ok=True)
    words = ["serve", "--data", str(data), "--config", str(config)]
    program = [sys.executable, "-c", "from bartizan.cli.main import run; run()", *words]
    with subprocess.Popen(program, stderr=subprocess.DEVNULL, env=os.environ) as process:
        wait_for((data / SERVER_FILE).exists)
        try:
            yield process
        finally:
            process.terminate()


def is_quiet(data: Path) -> bool:
    """Whether all is detected and nothing waits for the hook."""
    health = get(data, "health")
    is_detected = health["spool"]["segments"] == 0 and health["worker"]["detected_at"]
    found = {alert["alert"]["id"] for alert in get(data, "alerts?limit=1000")["alerts"]}
    return bool(is_detected) and sent(data) == found


def sent(data: Path) -> set[str]:
    found = get(data, "connectors/deliveries?state=sent&connector=hook&limit=1000")["deliveries"]
    return {delivery["alert_id"] for delivery in found}


def told(target: HttpTarget) -> set[str]:
    alerts = [alert for came in target.requests for alert in json.loads(came.body)["alerts"]]
    return {alert.get("alert.id") or alert["alert"]["id"] for alert in alerts}


def post(data: Path, logs: Path) -> None:
    """Send every file, and wait until they are loaded."""
    body = tar({str(file.relative_to(logs)): file.read_bytes() for file in logs.glob("**/CloudTrail/**/*.gz")})
    url = f"{json.loads((data / SERVER_FILE).read_text())['url']}/api/v1/ingest?wait=true"
    with urllib.request.urlopen(urllib.request.Request(url, body, BATCH)) as answer:
        assert answer.status == 200


def get(data: Path, path: str) -> dict[str, Any]:
    url = json.loads((data / SERVER_FILE).read_text())["url"]
    with urllib.request.urlopen(f"{url}/api/v1/{path}") as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.1)
