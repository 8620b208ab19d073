"""The state machine finds what the reference finds, for random events and sequences; so does the whole path."""

from collections import defaultdict
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.query import ir
from bartizan.query.sequence.events import Events
from bartizan.query.sequence.machine import find_matches
from bartizan.query.sequence.plan import sequence_plan
from bartizan.query.sequence.sample import find_samples
from tests.query.sequence.conftest import FindIn
from tests.query.sequence.reference import Missing, Wanted, has_sample, lacks, sequences

LETTERS = "ABC"
STEPS = st.lists(
    st.tuples(st.frozensets(st.sampled_from(LETTERS), min_size=1), st.integers(1, 3)), min_size=2, max_size=4
)
SPANS = st.none() | st.integers(1, 6)
UNTIL = st.just(frozenset()) | st.frozensets(st.sampled_from(LETTERS), min_size=1, max_size=1)
EVENTS = st.lists(st.tuples(st.integers(0, 2), st.sampled_from(LETTERS)), max_size=14)


def step(letters: frozenset[str], runs: int = 1) -> ir.Step:
    field = ir.FieldRef("event.action", ir.Kind.KEYWORD)
    return ir.Step(ir.In(field, tuple(sorted(letters))), runs=runs)


def in_order(gaps: list[tuple[int, str]]) -> list[tuple[int, str]]:
    """Times that never fall from times since the event before."""
    time, found = 0, []
    for gap, letter in gaps:
        time += gap
        found.append((time, letter))
    return found


@settings(max_examples=400)
@given(EVENTS, STEPS, SPANS, UNTIL)
def test_the_machine(
    gaps: list[tuple[int, str]], steps: list[tuple[frozenset[str], int]], span: int | None, until: frozenset[str]
) -> None:
    events = in_order(gaps)
    sequence = ir.Sequence(
        tuple(step(*one) for one in steps), None if span is None else span * 1000, step(until) if until else None
    )
    conditions = [letters for letters, _ in steps] + ([until] if until else [])
    masks = [sum(1 << bit for bit, letters in enumerate(conditions) if letter in letters) for _, letter in events]
    read = Events([0, len(events)], [time * 1000 for time, _ in events], masks)
    found = [match.events for match in find_matches(read, sequence_plan(sequence), float("inf"))]
    stages = tuple(letters for letters, runs in steps for _ in range(runs))
    assert found == sequences(events, Wanted(stages, span, until))


MISSING = st.lists(st.frozensets(st.sampled_from(LETTERS), min_size=1, max_size=2) | st.none(), min_size=4, max_size=4)


@settings(max_examples=300)
@given(EVENTS, st.lists(st.frozensets(st.sampled_from(LETTERS), min_size=1), min_size=1, max_size=3), MISSING)
def test_missing_events(
    gaps: list[tuple[int, str]], steps: list[frozenset[str]], gone: list[frozenset[str] | None]
) -> None:
    events, span, known = in_order(gaps), 4, 12
    missing = [Missing(letters, at) for at, letters in enumerate(gone[: len(steps) + 1]) if letters]
    if len(steps) + len(missing) < 2:
        return
    conditions: list[tuple[frozenset[str], bool]] = []
    for at in range(len(steps) + 1):
        conditions += [(one.letters, True) for one in missing if one.before == at]
        conditions += [(steps[at], False)] if at < len(steps) else []
    sequence = ir.Sequence(tuple(replace(step(letters), is_missing=is_gone) for letters, is_gone in conditions), span)
    masks = [sum(1 << bit for bit, (letters, _) in enumerate(conditions) if letter in letters) for _, letter in events]
    read = Events([0, len(events)], [time for time, _ in events], masks)
    found = [match.events for match in find_matches(read, sequence_plan(sequence), known)]
    whole = sequences(events, Wanted(tuple(steps), span))
    assert found == [one for one in whole if lacks(events, one, missing, span, known)]


@settings(max_examples=300)
@given(
    st.lists(st.sampled_from(LETTERS), max_size=6),
    st.lists(st.frozensets(st.sampled_from(LETTERS), min_size=1), min_size=2, max_size=4),
)
def test_samples(letters: list[str], steps: list[frozenset[str]]) -> None:
    masks = [sum(1 << bit for bit, wanted in enumerate(steps) if letter in wanted) for letter in letters]
    found = list(find_samples(Events([0, len(letters)], [0] * len(letters), masks), len(steps)))
    assert bool(found) == has_sample(letters, steps)
    for match in found:
        assert len(set(match.events)) == len(steps)
        assert all(letters[at] in wanted for at, wanted in zip(match.events, steps, strict=True))


@pytest.mark.slow
@settings(max_examples=150)
@given(st.lists(st.tuples(EVENTS, st.sampled_from(["ann", "bob"])), max_size=3), STEPS, SPANS, UNTIL)
def test_the_whole_path(
    find: FindIn,
    blocks: list[tuple[list[tuple[int, str]], str]],
    steps: list[tuple[frozenset[str], int]],
    span: int | None,
    until: frozenset[str],
) -> None:
    events = [
        (time, f"{letter} {user}") for gaps, user in blocks for time, letter in [(0, "-"), *gaps] if letter != "-"
    ]
    ordered = in_order(events)
    written = [f"[{condition(letters)}]{f' with runs={runs}' if runs > 1 else ''}" for letters, runs in steps]
    within = f" with maxspan={span}s" if span else ""
    ended = f" until [{condition(until)}]" if until else ""
    groups = find(
        f"sequence by user.name{within} {' '.join(written)}{ended}", [f"{time} {rest}" for time, rest in ordered]
    )
    by_user: dict[str, list[tuple[int, str, int]]] = defaultdict(list)
    for number, (time, rest) in enumerate(ordered, 1):
        letter, user = rest.split()
        by_user[user].append((time, letter, number))
    stages = tuple(letters for letters, runs in steps for _ in range(runs))
    expected = {
        tuple(own[at][2] for at in one)
        for own in by_user.values()
        for one in sequences([(time, letter) for time, letter, _ in own], Wanted(stages, span, until))
    }
    assert {tuple(int(event["event"]["id"]) for event in group.events) for group in groups} == expected


def condition(letters: frozenset[str]) -> str:
    values = ", ".join(f'"{letter}"' for letter in sorted(letters))
    return f"any where event.action in ({values})"
