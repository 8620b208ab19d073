"""A sequence made ready: which bit of an event's mask is which step, and which stages a step fills."""

import math
from collections.abc import Sequence as Listing
from dataclasses import dataclass

from bartizan.query import ir
from bartizan.query.errors import QueryError

MAX_STEPS = 60
"""Most steps, `until` among them: each is a bit of a 64-bit mask."""

MAX_RUNS = 100
"""Most events in a row that one step may ask for (Elasticsearch's bound too)."""


class Stages(dict[int, tuple[int, ...]]):
    """The stages that an event may fill by the mask of its steps, last one first; worked out once for each mask."""

    def __init__(self, by_bit: Listing[tuple[int, ...]]) -> None:
        super().__init__()
        self._by_bit = by_bit

    def __missing__(self, mask: int) -> tuple[int, ...]:
        stages = (stage for bit, own in enumerate(self._by_bit) if mask >> bit & 1 for stage in own)
        self[mask] = tuple(sorted(stages, reverse=True))
        return self[mask]


@dataclass(frozen=True, slots=True)
class Plan:
    """A sequence, ready to be matched; a mask's bit n is step n, the bit after the last step is `until`."""

    steps: tuple[ir.Step, ...]
    """Every step that an event can match: those of the query in their order, then `until`."""
    stages: Stages
    last: int
    """The number of the stage that completes a sequence."""
    maxspan_ms: float
    """Infinite where the query has none."""
    until: int
    """The mask of `until`, 0 without one."""
    required: int
    """The mask of the steps that a key must have an event for."""
    gaps: tuple[tuple[int, int], ...]
    """Masks of the missing steps, and before which stage each stands: 0 leads, `last` + 1 trails."""


def sequence_plan(sequence: ir.Sequence) -> Plan:
    """The plan of `sequence`. Raises `QueryError` for one that can't be evaluated."""
    steps = sequence.steps + ((sequence.until,) if sequence.until else ())
    _check_steps(steps)
    by_bit, gaps, stage = [], [], 0
    for bit, step in enumerate(sequence.steps):
        runs = 0 if step.is_missing else step.runs
        by_bit.append(tuple(range(stage, stage + runs)))
        stage += runs
        gaps += [(1 << bit, stage)] if step.is_missing else []
    _check_sequence(sequence, stage, len(gaps))
    maxspan_ms = math.inf if sequence.maxspan_ms is None else sequence.maxspan_ms
    until = 1 << len(sequence.steps) if sequence.until else 0
    return Plan(steps, Stages(by_bit), stage - 1, maxspan_ms, until, _required(sequence.steps), tuple(gaps))


def check_sample(sample: ir.Sample) -> None:
    """Raise `QueryError` for a sample that can't be evaluated (elastic.co, EQL syntax reference, "Samples")."""
    _check_steps(sample.steps)
    if len(sample.steps) < 2:
        raise QueryError("a sample has at least two events")
    if not sample.steps[0].keys:
        raise QueryError("a sample needs fields that its events share", hint="write `sample by FIELD`")
    if any(step.is_missing or step.runs != 1 for step in sample.steps):
        raise QueryError("events of a sample have no order, so none can be missing or run")


def _required(steps: tuple[ir.Step, ...]) -> int:
    return sum(1 << bit for bit, step in enumerate(steps) if not step.is_missing)


def _check_steps(steps: tuple[ir.Step, ...]) -> None:
    if len(steps) > MAX_STEPS:
        raise QueryError(f"a sequence has at most {MAX_STEPS} steps, not {len(steps)}")
    for step in steps:
        if len(step.keys) != len(steps[0].keys):
            raise QueryError(
                f"one step joins by {len(steps[0].keys)} fields, another by {len(step.keys)}",
                hint="give every event in brackets as many `by` fields",
            )
        if step.optional_keys and len(step.optional_keys) != len(step.keys):
            raise ValueError("`optional_keys` says something of each key, or is empty")
        if not 1 <= step.runs <= MAX_RUNS:
            raise QueryError(f"`with runs` takes 1 to {MAX_RUNS}, not {step.runs}")


def _check_sequence(sequence: ir.Sequence, stages: int, gaps: int) -> None:
    if stages == 0:
        raise QueryError("a sequence needs an event that is not missing", hint="leave out one `!`")
    if stages + gaps < 2:
        raise QueryError("a sequence has at least two events", hint="add one in brackets, or `with runs=2`")
    if gaps and sequence.maxspan_ms is None:
        raise QueryError("missing events need a time within which they are missing", hint="add `with maxspan=5m`")
    if sequence.maxspan_ms is not None and sequence.maxspan_ms <= 0:
        raise QueryError("`maxspan` is a time above zero")
    if sequence.until is not None and (sequence.until.is_missing or sequence.until.runs != 1):
        raise QueryError("`until` is one event, neither missing nor run")
