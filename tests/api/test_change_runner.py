"""The thread that carries out change sets: it goes on with what was cut off, and stops between two batches."""

import time
from collections.abc import Callable
from pathlib import Path

import pytest

from bartizan.alerts import change_sets
from bartizan.alerts.workflow import Change
from bartizan.api import change_runner
from bartizan.api.change_runner import ChangeRunner
from bartizan.app import App
from bartizan.state.database import sqlite_url
from bartizan.state.stores import open_state
from tests.alerts.conftest import alert

DEADLINE_S = 60


def wait_until(holds: Callable[[], bool]) -> None:
    give_up = time.monotonic() + DEADLINE_S
    while not holds():
        assert time.monotonic() < give_up
        time.sleep(0.02)


def test_it_stops_between_batches_and_another_goes_on(app: App, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(change_sets, "BATCH", 1)
    ids = [f"runner-{number}" for number in range(8)]
    app.alerts.add([alert(id) for id in ids])
    changes = app.alert_changes
    begun = changes.begin(ids, Change(tag=("run",)), "alice")
    first = ChangeRunner(changes)
    first.submit("nobody")
    first.submit(begun.id)
    wait_until(lambda: changes.get(begun.id).batches_done > 0)
    first.stop()
    assert changes.get(begun.id).changed == changes.get(begun.id).batches_done
    second = ChangeRunner(changes)
    second.start()
    wait_until(lambda: changes.get(begun.id).is_ended)
    second.stop()
    assert (changes.get(begun.id).state, changes.get(begun.id).changed) == ("done", 8)


def test_what_another_server_carries_out_is_left_to_it(
    app: App, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_runner, "LOOK_S", 0.02)
    state = open_state(sqlite_url(tmp_path / "control.sqlite"), app.clock)
    app.alerts.add([alert("runner-leased")])
    changes = app.alert_changes
    begun = changes.begin(["runner-leased"], Change(tag=("run",)), "alice")
    others = state.leases.acquire(f"change/{begun.id}", "another", change_runner.TTL_S)
    assert others is not None
    runner = ChangeRunner(changes, state.leases)
    runner.submit(begun.id)
    runner.stop()
    assert changes.get(begun.id).batches_done == 0
    runner = ChangeRunner(changes, state.leases)
    runner.start()
    state.leases.release(others)
    wait_until(lambda: changes.get(begun.id).is_ended)
    runner.stop()
    assert state.leases.holder(f"change/{begun.id}") is None
    state.close()
