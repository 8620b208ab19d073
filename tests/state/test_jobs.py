"""Jobs: claimed by one worker, resumed by another from the checkpoint, cancelled when asked."""

import os
import signal
import subprocess
import sys
import time as real_time
from datetime import timedelta
from pathlib import Path

import pytest

from bartizan.clock import steady_clock
from bartizan.state.errors import Invalid, LeaseLost, Missing
from bartizan.state.jobs import MAX_ERROR_CHARACTERS, Claim, JobState
from bartizan.state.stores import State
from tests.control_plane import Open, Time

TTL_S = 10.0


def claimed(state: State, owner: str = "a") -> Claim:
    claim = state.jobs.claim(["backfill"], owner, TTL_S)
    assert claim is not None
    return claim


def test_from_waiting_to_done(state: State) -> None:
    made = state.jobs.create("backfill", {"from": "now-7d"}, "maria")
    assert (made.state, made.done, made.total, made.created_by) == (JobState.WAITING, 0, None, "maria")
    assert state.jobs.claim(["preview"], "a", TTL_S) is None
    claim = claimed(state)
    assert (claim.job.id, claim.job.state, claim.job.parameters) == (made.id, JobState.RUNNING, {"from": "now-7d"})
    claim = state.jobs.progress(claim, 5, 10, {"at": 5})
    claim = state.jobs.progress(claim, 6)
    assert (claim.job.done, claim.job.total, claim.job.checkpoint) == (6, 10, {"at": 5})
    ended = state.jobs.finish(claim, {"alerts": 3})
    assert ended == state.jobs.get(made.id)
    assert (ended.state, ended.result) == (JobState.DONE, {"alerts": 3})
    assert state.jobs.claim(["backfill"], "a", TTL_S) is None
    for late in (lambda: state.jobs.progress(claim, 7), lambda: state.jobs.finish(claim, {})):
        with pytest.raises(LeaseLost):
            late()


def test_the_oldest_goes_first_and_each_to_one_worker(state: State, open_another: Open, time: Time) -> None:
    other = open_another()
    made = []
    for _ in range(3):
        made.append(state.jobs.create("backfill", {}, "maria").id)
        time.pass_s(1)
    assert [claimed(state).job.id, claimed(other).job.id, claimed(state).job.id] == made
    assert other.jobs.claim(["backfill"], "b", TTL_S) is None


def test_another_goes_on_from_the_checkpoint_of_a_dead_worker(state: State, open_another: Open, time: Time) -> None:
    other = open_another()
    state.jobs.create("backfill", {}, "maria")
    dead = state.jobs.progress(claimed(state), 5, 10, {"at": 5})
    assert other.jobs.claim(["backfill"], "b", TTL_S) is None
    time.pass_s(TTL_S)
    follower = other.jobs.claim(["backfill"], "b", TTL_S)
    assert follower is not None and follower.job.checkpoint == {"at": 5}
    with pytest.raises(LeaseLost):
        state.jobs.progress(dead, 6)
    with pytest.raises(LeaseLost):
        state.jobs.finish(dead, {})
    assert other.jobs.progress(follower, 6).job.done == 6


def test_cancelling(state: State) -> None:
    waiting = state.jobs.create("backfill", {}, "maria")
    assert state.jobs.cancel(waiting.id).state is JobState.CANCELLED
    state.jobs.create("backfill", {}, "maria")
    claim = claimed(state)
    assert state.jobs.cancel(claim.job.id).state is JobState.RUNNING
    claim = state.jobs.progress(claim, 1)
    assert claim.job.asked_to_cancel
    assert state.jobs.stop(claim, {"alerts": 1}).state is JobState.CANCELLED
    assert state.jobs.cancel(claim.job.id) == state.jobs.get(claim.job.id)


def test_failing_keeps_a_reason_that_can_be_stored(state: State) -> None:
    state.jobs.create("backfill", {}, "maria")
    failed = state.jobs.fail(claimed(state), "no\0 room \ud800" + "x" * 10_000)
    assert (failed.state, len(failed.error)) == (JobState.FAILED, MAX_ERROR_CHARACTERS)
    assert state.jobs.get(failed.id) == failed


def test_listing_and_forgetting(state: State, time: Time) -> None:
    ids = []
    for number in range(5):
        ids.append(state.jobs.create("preview" if number % 2 else "backfill", {}, "maria").id)
        time.pass_s(1)
    page = state.jobs.find(limit=2)
    assert ([job.id for job in page.jobs], page.total) == (ids[:2:-1], 5)
    assert [job.id for job in state.jobs.find("preview", offset=1).jobs] == [ids[1]]
    state.jobs.cancel(ids[0])
    assert [job.id for job in state.jobs.find(state=JobState.CANCELLED).jobs] == [ids[0]]
    assert state.jobs.prune(time.now + timedelta(seconds=1)) == 1
    assert state.jobs.find().total == 4


def test_bounds(state: State) -> None:
    with pytest.raises(Invalid, match="larger than"):
        state.jobs.create("backfill", {"x": "y" * 300_000}, "maria")
    with pytest.raises(Missing):
        state.jobs.get("none")
    state.jobs.create("backfill", {}, "maria")
    with pytest.raises(Invalid, match="JSON"):
        state.jobs.progress(claimed(state), 1, checkpoint={"x": object()})


WORKER = """
import sys, time
from bartizan.clock import steady_clock, system_clock
from bartizan.state.stores import open_state
state = open_state(sys.argv[1], system_clock)
while (claim := state.jobs.claim(["count"], sys.argv[2], 0.3)) is None:
    time.sleep(0.02)
start = claim.job.checkpoint or 0
for number in range(start, 400):
    claim = state.jobs.progress(claim, number + 1, 400, number + 1)
state.jobs.finish(claim, {"from": start})
state.close()
"""


@pytest.mark.slow
def test_a_worker_that_is_killed_is_followed(url: str, state: State, tmp_path: Path) -> None:
    job = state.jobs.create("count", {}, "maria").id
    first = subprocess.Popen([sys.executable, "-c", WORKER, url, "first"])
    give_up = steady_clock() + 60
    while state.jobs.get(job).done < 10:
        assert steady_clock() < give_up
        real_time.sleep(0.01)
    os.kill(first.pid, signal.SIGKILL)
    first.wait()
    left_at = state.jobs.get(job).done
    subprocess.run([sys.executable, "-c", WORKER, url, "second"], check=True, timeout=60)
    ended = state.jobs.get(job)
    assert (ended.state, ended.done, ended.result) == (JobState.DONE, 400, {"from": left_at})
