"""Whatever a parser is given, it answers with a tree or with an error that says where, and soon."""

from collections.abc import Callable
from random import Random

import pytest

from bartizan.query.binder import Binder
from bartizan.query.compile import predicate, to_ir
from bartizan.query.errors import NoStreams, QuerySyntaxError
from bartizan.query.language import FRONT_ENDS, language_of
from bartizan.query.schema import Schema
from bartizan.query.table import Reading
from tests.query.conftest import DATABASE, NOW, Ask, matching_ids
from tests.query.fuzzing.mutations import HOSTILE, mutated, tokens_of
from tests.query.fuzzing.run import CHUNK, attempt, run_chunk
from tests.query.fuzzing.targets import Target, targets

SEED = 1
MANY = 4_000
"""Inputs of the slow test; `make fuzz` tries a million."""


@pytest.mark.parametrize("name", targets())
def test_some_hostile_inputs(name: str) -> None:
    assert run_chunk(name, SEED, 0, 60) == []


@pytest.mark.slow
@pytest.mark.parametrize("name", targets())
def test_many_hostile_inputs(name: str) -> None:
    faults = [fault for number in range(1, MANY // CHUNK + 1) for fault in run_chunk(name, SEED, number)]
    assert faults == []


@pytest.mark.slow
@pytest.mark.parametrize("name", targets())
def test_what_is_repeated_takes_a_time_that_grows_with_it(name: str) -> None:
    target = targets()[name]
    for start in ("", target.seeds()[0]):
        for part in HOSTILE:
            assert attempt(name, target, start + part * (30_000 // len(part)), seconds=10) is None


@pytest.mark.slow
@pytest.mark.parametrize("name", [name for name in targets() if name in FRONT_ENDS])
def test_what_can_be_read_runs_in_the_engine(name: str, schema: Schema, ask: Ask) -> None:
    seeds = targets()[name].seeds()
    tokens, random, count = tokens_of(seeds), Random(f"{name} {SEED}"), 0
    for _ in range(2_000):
        try:
            run = _runnable(name, mutated(random, seeds, tokens), schema, ask)
        except (QuerySyntaxError, NoStreams):
            continue
        run()
        count += 1
    assert count > 50


def _runnable(name: str, text: str, schema: Schema, ask: Ask) -> Callable[[], object]:
    table = language_of(name).table
    if table is not None:
        found = table(text, schema, NOW, Reading(database=DATABASE))
        return lambda: ask(found.tree, found.params)
    binder = Binder()
    tree = predicate(to_ir(text, name, schema, NOW), schema, binder)
    return lambda: matching_ids(ask, tree, binder)


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
