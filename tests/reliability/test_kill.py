"""`bartizan ingest` killed at random moments: what it acknowledged is stored, and every record is stored once."""

import random
import time
from collections import Counter
from itertools import islice
from pathlib import Path

import pytest

from tests.reliability import killed_runs as runs


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    runs.make_logs(folder)
    return folder


@pytest.fixture(scope="module")
def raw(logs: Path) -> dict[str, list[str]]:
    return records_of(logs)


def records_of(logs: Path) -> dict[str, list[str]]:
    """Raw records by object."""
    return {str(file): list(runs.raw_records(file)) for file in logs.rglob("*") if file.is_file()}


def check(logs: Path, raw: dict[str, list[str]], folder: Path, moments: list[runs.Moment]) -> int:
    """Kill runs over one store; then load only what they acknowledged, then all. Gives how many were killed at work."""
    data = folder / "data"
    acknowledged: set[str] = set()
    killed = 0
    for number, moment in enumerate(moments):
        output = folder / f"output-{number}"
        with output.open("wb") as file:
            run = runs.started(logs, data, file)
            moment(run, data)
            killed += run.poll() is None
            runs.kill(run)
        acknowledged |= runs.acknowledged(output)
    nothing = folder / "no logs"
    nothing.mkdir()
    runs.finished(nothing, data, folder / "output-spool")
    safe = runs.stored(data).records
    assert [name for name in acknowledged if Counter(raw[name]) - safe] == [], "acknowledged, but not stored"
    runs.finished(logs, data, folder / "output-last")
    found = runs.stored(data)
    assert found.records == Counter(record for records in raw.values() for record in records)
    assert [identity for identity, count in found.ids.items() if count > 1] == []
    assert not found.errors
    assert not list((data / "spool").glob("*/*.rb"))
    return killed


@pytest.mark.slow
def test_a_kill(tmp_path: Path) -> None:
    """The same in short, over one dataset."""
    logs = tmp_path / "logs"
    logs.mkdir()
    runs.make_few_logs(logs)
    check(logs, records_of(logs), tmp_path, [runs.once_a_segment("appears", 3, 0.05)])


@pytest.fixture(scope="module")
def run_s(logs: Path, tmp_path_factory: pytest.TempPathFactory) -> float:
    """How long a run takes that nobody kills."""
    folder = tmp_path_factory.mktemp("measured")
    started = time.monotonic()
    runs.finished(logs, folder / "data", folder / "output")
    return time.monotonic() - started


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(10))
def test_fifty_kills(logs: Path, raw: dict[str, list[str]], tmp_path: Path, run_s: float, seed: int) -> None:
    """Five kills on each of ten stores: early ones meet an empty store, late ones one that is almost complete."""
    dice = random.Random(seed)
    steps = list(islice(runs.moments(dice, run_s), 5))
    dice.shuffle(steps)
    assert check(logs, raw, tmp_path, steps) > 0
