"""However events arrive, and whatever happens to who looks at them: the alerts are those of one run over everything."""

import os
import random
from collections.abc import Iterator
from datetime import datetime, timedelta
from itertools import count
from typing import Any

import pytest

from bartizan.detect.executor import Hit
from bartizan.detect.findings import Scanned
from bartizan.detect.rule import Rule
from bartizan.engine.base import Engine
from tests.detect.completeness.world import (
    START,
    Event,
    Ledger,
    World,
    hits_of,
    load_rules,
    row_of,
    rows_of_alerts,
    run,
    stream_of_events,
)

SEEDS = int(os.environ.get("BARTIZAN_SEEDS", "20"))
"""Histories that the slow suite plays; `make seeds` plays two hundred."""

_worlds = count(1)
ALERTS = "alerts-own"


@pytest.fixture
def world(engine: Engine, chdb_connection: Any) -> Iterator[World]:
    """Streams of a test's own."""
    made = World(engine, chdb_connection, f"world{next(_worlds)}")
    yield made
    made.drop()


@pytest.fixture(scope="module")
def rules() -> list[Rule]:
    """Rules of every type."""
    return load_rules()


class Killed(Exception):
    """The worker is gone."""


def detect(
    world: World, rules: list[Rule], ledger: Ledger, stored: set[str], chance: random.Random, now: datetime
) -> None:
    """Runs until nothing is new. Alerts are stored before a window is recorded; the worker may die at any time."""
    while True:
        pending: list[Hit] = []
        added = 0
        for finding in run(world, rules, ledger, now):
            if isinstance(finding, Scanned):
                new = {
                    row["event.id"]: row
                    for row in rows_of_alerts(pending, world.registry)
                    if row["event.id"] not in stored
                }
                if new:
                    world.insert(f"{ALERTS}-{world.name}", new.values(), now)
                    stored.update(new)
                added += len(new)
                pending = []
                if chance.random() < 0.02:
                    raise Killed
                ledger.record(finding)
            else:
                pending += hits_of([finding])
        if not added:
            return


def arrived(world: World, rules: list[Rule], events: list[Event], chance: random.Random) -> set[str]:
    """What is found while events arrive batch by batch, the clock jumps and workers die."""
    ledger, stored, jump = Ledger(world.engine), set[str](), timedelta()
    waiting = list(events)
    while waiting:
        size = chance.choice([1, 3, 10, 25])
        batch, waiting = waiting[:size], waiting[size:]
        if chance.random() < 0.2:
            jump = timedelta(hours=chance.choice([-1, 0, 1]))
        now = batch[-1].at + timedelta(seconds=batch[-1].delay_s) + jump
        for stream, name in enumerate(("logs-one", "logs-two")):
            if own := [row_of(event) for event in batch if event.stream == stream]:
                world.insert(f"{name}-{world.name}", own, now)
        if chance.random() < 0.1:
            row = {"@timestamp": "2026-03-01 09:00:00", "event.id": f"i{len(waiting)}"}
            name = chance.choice(["host0", "user1", "nobody"])
            world.insert(f"logs-indicators-{world.name}", [{**row, "threat.indicator.name": name}], now)
        if chance.random() < 0.6 or not waiting:
            while True:
                try:
                    detect(world, rules, ledger, stored, chance, now)
                    break
                except Killed:
                    continue
    return stored


def found_at_once(world: World, rules: list[Rule]) -> dict[str, Hit]:
    """What one run over everything finds."""
    hits = hits_of(one for one in run(world, rules, Ledger(world.engine), START) if not isinstance(one, Scanned))
    alerts = rows_of_alerts(hits, world.registry)
    return {alert["event.id"]: hit for alert, hit in zip(alerts, hits, strict=True)}


def check(world: World, rules: list[Rule], seed: int, events: int = 120) -> None:
    """Every rule's alerts, told apart where they differ."""
    incremental = arrived(world, rules, stream_of_events(seed, events), random.Random(seed))
    at_once = found_at_once(world, rules)
    told = {id: (hit.rule.id, hit.at, hit.events) for id, hit in at_once.items()}
    assert not {id: what for id, what in told.items() if id not in incremental}, seed
    assert incremental == at_once.keys(), seed


@pytest.mark.parametrize("seed", range(2))
def test_alerts_are_those_of_one_run_over_everything(world: World, rules: list[Rule], seed: int) -> None:
    check(world, rules, seed, events=40)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(SEEDS))
def test_alerts_are_those_of_one_run_for_many_seeds(world: World, rules: list[Rule], seed: int) -> None:
    check(world, rules, seed)
