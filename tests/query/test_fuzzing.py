"""Whatever a parser is given, it answers with a tree or with an error that says where, and soon."""

from collections.abc import Callable

import pytest

from tests.query.fuzzing.run import CHUNK, run_chunk
from tests.query.fuzzing.targets import Target, targets

SEED = 1


@pytest.mark.parametrize("name", targets())
def test_some_hostile_inputs(name: str) -> None:
    assert run_chunk(name, SEED, 0, 60) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", targets())
def test_many_hostile_inputs(name: str) -> None:
    faults = [fault for number in range(1, 20_000 // CHUNK + 1) for fault in run_chunk(name, SEED, number)]
    assert faults == []


def _crash(text: str) -> None:
    raise KeyError(text)


def _hang(text: str) -> None:
    while True:
        pass


@pytest.mark.parametrize(("run", "says"), [(_crash, "KeyError"), (_hang, "took over")])
def test_a_fault_is_noticed(run: Callable[[str], None], says: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tests.query.fuzzing.run.targets", lambda: {"bad": Target(run, lambda: ["a: b"])})
    monkeypatch.setattr("tests.query.fuzzing.run.SLOWEST_S", 0.05)
    (fault,) = run_chunk("bad", SEED, 0, 1)
    assert says in fault.says
