"""Leases: one holder at a time, whatever clocks, threads and processes do."""

import os
import shutil
import signal
import subprocess
import sys
import threading
import time as real_time
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from bartizan.clock import steady_clock, system_clock
from bartizan.state.database import open_database, sqlite_url
from bartizan.state.errors import LeaseLost
from bartizan.state.leases import Lease, Leases
from bartizan.state.stores import State
from tests.control_plane import Open, Time

TTL_S = 10.0


def test_one_has_it_until_it_is_released(state: State, open_another: Open) -> None:
    other = open_another()
    lease = state.leases.acquire("rules", "a", TTL_S)
    assert lease is not None
    assert other.leases.acquire("rules", "b", TTL_S) is None
    assert state.leases.holder("rules") == "a"
    state.leases.release(lease)
    assert state.leases.holder("rules") is None
    taken = other.leases.acquire("rules", "b", TTL_S)
    assert taken is not None and taken.token > lease.token


def test_a_silent_holder_loses_it_and_learns_so(state: State, open_another: Open, time: Time) -> None:
    other = open_another()
    lease = held(state, "a")
    assert other.leases.acquire("rules", "b", TTL_S) is None
    time.pass_s(TTL_S - 1)
    assert state.leases.is_current(lease)
    assert other.leases.acquire("rules", "b", TTL_S) is None
    time.pass_s(1)
    assert not state.leases.is_current(lease)
    taken = other.leases.acquire("rules", "b", TTL_S)
    assert taken is not None and taken.token == lease.token + 1
    with pytest.raises(LeaseLost, match="`a` no longer has the lease `rules`"):
        state.leases.renew(lease)
    with pytest.raises(LeaseLost), state.database.write() as connection:
        state.leases.check(connection, lease)
    state.leases.release(lease)
    assert other.leases.holder("rules") == "b"


def test_a_holder_that_renews_keeps_it(state: State, open_another: Open, time: Time) -> None:
    other = open_another()
    lease = held(state, "a")
    for _ in range(20):
        time.pass_s(TTL_S / 2)
        assert other.leases.acquire("rules", "b", TTL_S) is None
        lease = state.leases.renew(lease)
    with state.database.write() as connection:
        state.leases.check(connection, lease)


@pytest.mark.parametrize("jump", [timedelta(hours=1), timedelta(hours=-1), timedelta(days=-10_000)])
def test_a_wall_clock_that_jumps_changes_nothing(state: State, open_another: Open, time: Time, jump: timedelta) -> None:
    other = open_another()
    held(state, "a")
    assert other.leases.acquire("rules", "b", TTL_S) is None
    time.now += jump
    assert other.leases.acquire("rules", "b", TTL_S) is None
    time.now -= 2 * jump
    time.steady_s += TTL_S
    assert other.leases.acquire("rules", "b", TTL_S) is not None


def test_what_was_seen_before_a_takeover_does_not_count_after_it(state: State, open_another: Open, time: Time) -> None:
    second, third = open_another(), open_another()
    held(state, "a")
    for other in (second, third):
        assert other.leases.acquire("rules", "x", TTL_S) is None
    time.pass_s(TTL_S)
    assert second.leases.acquire("rules", "b", TTL_S) is not None
    assert third.leases.acquire("rules", "c", TTL_S) is None


def held(state: State, owner: str) -> Lease:
    lease = state.leases.acquire("rules", owner, TTL_S)
    assert lease is not None
    return lease


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["acquire", "renew", "release", "jump"]),
        st.integers(0, 2),
        st.floats(0, TTL_S * 1.5),
        st.sampled_from([0, 3600, -3600]),
    ),
    max_size=60,
)


@pytest.mark.parametrize("kind", ["sqlite"])  # many databases in one test
@settings(max_examples=15, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(steps=STEPS)
def test_no_two_believe_to_have_it(
    tmp_path_factory: pytest.TempPathFactory, migrated_sqlite: Path, url: str, steps: list[tuple[str, int, float, int]]
) -> None:
    """Three workers at random: whoever believes to have the lease is the only one, and tokens only grow."""
    file = tmp_path_factory.mktemp("leases") / "control.sqlite"
    shutil.copy(migrated_sqlite, file)
    database = open_database(sqlite_url(file))
    time, tokens = Time(), [0]
    workers = [Leases(database, time.clock, time.steady) for _ in range(3)]
    leases: list[Lease | None] = [None, None, None]
    for what, who, wait_s, jump_s in steps:
        time.pass_s(wait_s)
        time.now += timedelta(seconds=jump_s)
        mine = leases[who]
        if what == "acquire" and mine is None:
            leases[who] = mine = workers[who].acquire("x", str(who), TTL_S)
            if mine is not None:
                assert mine.token > tokens[-1]
                tokens.append(mine.token)
        elif what == "renew" and mine is not None:
            try:
                leases[who] = workers[who].renew(mine)
            except LeaseLost:
                leases[who] = None
        elif what == "release" and mine is not None:
            workers[who].release(mine)
            leases[who] = None
        believing = [lease for lease in leases if lease is not None and workers[0].is_current(lease)]
        assert len(believing) <= 1
    database.close()


def test_of_many_threads_one_gets_it(state: State) -> None:
    got: list[Lease | None] = []
    ready = threading.Barrier(8)

    def contend(number: int) -> None:
        ready.wait()
        got.append(state.leases.acquire("rules", f"thread {number}", TTL_S))

    threads = [threading.Thread(target=contend, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert (len(got), sum(lease is not None for lease in got)) == (8, 1)


WORKER = """
import sys, time
from sqlalchemy import text
from bartizan.clock import steady_clock, system_clock
from bartizan.state.database import open_database
from bartizan.state.errors import LeaseLost, StateUnavailable
from bartizan.state.leases import Leases
url, owner, log = sys.argv[1:]
database = open_database(url)
leases = Leases(database, system_clock, steady_clock)
lease = None
while True:
    try:
        if lease is None:
            lease = leases.acquire("work", owner, 0.4)
        else:
            lease = leases.renew(lease)
            with database.write() as connection:
                leases.check(connection, lease)
                number = connection.execute(text("SELECT done FROM jobs")).scalar_one()
                connection.execute(text("UPDATE jobs SET done = :done"), {"done": number + 1})
                with open(log, "a") as file:
                    file.write(f"{number} {lease.token} {owner}\\n")
    except LeaseLost:
        lease = None
    except StateUnavailable:
        pass
    time.sleep(0.02)
"""


@pytest.mark.slow
def test_killed_holders_are_followed_and_tokens_tell_the_order(url: str, tmp_path: Path, state: State) -> None:
    state.jobs.create("count", {}, "test")
    log = tmp_path / "log"
    log.touch()
    workers = {str(number): worker(url, str(number), log) for number in range(4)}
    try:
        for kills in range(3):
            killed = wait_for_holder(log, since=len(entries(log)), alive=workers)
            os.kill(workers[killed].pid, signal.SIGKILL)
            workers.pop(killed).wait()
            assert kills + len(workers) == 3
        wait_for_holder(log, since=len(entries(log)), alive=workers)
    finally:
        for process in workers.values():
            process.kill()
            process.wait()
    tokens = [token for _, token, _ in entries(log)]
    assert tokens == sorted(tokens)
    assert len(set(tokens)) >= 4
    numbers = [number for number, _, _ in entries(log)]
    assert sorted(set(numbers)) == list(range(max(numbers) + 1))


def worker(url: str, owner: str, log: Path) -> subprocess.Popen[bytes]:
    return subprocess.Popen([sys.executable, "-c", WORKER, url, owner, str(log)])


def entries(log: Path) -> list[tuple[int, int, str]]:
    found = (line.split() for line in log.read_text().splitlines())
    return [(int(number), int(token), owner) for number, token, owner in found]


def wait_for_holder(log: Path, since: int, alive: dict[str, subprocess.Popen[bytes]]) -> str:
    give_up = steady_clock() + 60
    while steady_clock() < give_up:
        if new := [owner for _, _, owner in entries(log)[since:] if owner in alive]:
            return new[-1]
        real_time.sleep(0.02)
    raise AssertionError(f"nobody took over; at {system_clock()}")
