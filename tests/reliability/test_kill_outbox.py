"""Whatever moment the notifier's process is killed at: what the outbox took arrives, in deliveries of the same id."""

import random
import subprocess
import sys
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path

import orjson
import pytest

from bartizan.respond.sqlite_outbox import SqliteOutbox
from tests.reliability.kill_outbox import notifier
from tests.respond.servers import HttpTarget, answers, http_target

PATIENCE_S = 120


@pytest.mark.slow
def test_what_was_taken_arrives(tmp_path: Path) -> None:
    dice = random.Random(7)
    taken: set[str] = set()
    with http_target(answers(200)) as target:
        for run in range(12):
            output = tmp_path / f"output-{run}"
            command = [sys.executable, "-m", "tests.reliability.kill_outbox", str(tmp_path / "n"), target.url, str(run)]
            with output.open("wb") as file:
                process = subprocess.Popen(command, stdout=file)
                wait_for(partial(has_lines, output))
                time.sleep(dice.uniform(0, 0.3))
                process.kill()
                process.wait()
            taken |= set(output.read_text().split("\n")[:-1])
        finish(tmp_path / "n", target)
        arrived = told(target)
    assert taken <= arrived.keys()
    assert all(len(deliveries) == 1 for deliveries in arrived.values())


def finish(file: Path, target: HttpTarget) -> None:
    outbox = SqliteOutbox(file)
    last = notifier(outbox, target.url)
    last.start()
    wait_for(lambda: set(outbox.counts()["hook"]) == {"sent"})
    last.stop()
    outbox.close()


def told(target: HttpTarget) -> dict[str, set[str]]:
    """The deliveries' ids by alert: one, however often it came."""
    found: dict[str, set[str]] = {}
    for came in target.requests:
        body = orjson.loads(came.body)
        for alert in body["alerts"]:
            found.setdefault(alert.get("alert.id") or alert["alert"]["id"], set()).add(body["id"])
    return found


def has_lines(output: Path) -> bool:
    return output.stat().st_size > 0


def wait_for(condition: Callable[[], bool]) -> None:
    give_up = time.monotonic() + PATIENCE_S
    while not condition():
        assert time.monotonic() < give_up
        time.sleep(0.01)
