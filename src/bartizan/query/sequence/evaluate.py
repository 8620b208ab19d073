"""The door: a sequence or sample of the IR in, the events of each that is found out."""

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from functools import partial
from typing import Any

from sqlglot import exp

from bartizan.engine.base import Engine, arrow
from bartizan.query import ir
from bartizan.query.binder import Binder, Parameter
from bartizan.query.budget import Budget
from bartizan.query.compile import choose
from bartizan.query.errors import QueryError
from bartizan.query.schema import Schema
from bartizan.query.sequence.arrived import find_arrived
from bartizan.query.sequence.candidates import Candidates, candidates
from bartizan.query.sequence.events import Events, Match
from bartizan.query.sequence.fetch import Rows, fetch
from bartizan.query.sequence.machine import find_matches
from bartizan.query.sequence.plan import Plan, check_sample, sequence_plan
from bartizan.query.sequence.sample import find_samples
from bartizan.query.sequence.settings import MAX_SEQUENCES, Asked
from bartizan.query.sequence.table import CandidateTable


@dataclass(frozen=True, slots=True)
class FoundSequence:
    """A sequence or sample: the values its events share (None: no value) and its events, one row for each that is not
    missing, in the order of the steps."""

    keys: tuple[str | None, ...]
    events: list[dict[str, Any]]


@dataclass(frozen=True, slots=True)
class Evaluation:
    """A sequence or sample, ready to be looked for."""

    what: ir.Sequence | ir.Sample
    plan: Plan | None
    """None for a sample."""
    schema: Schema
    asked: Asked
    statement: Candidates | None
    """What finds the candidates; None if there can be none."""
    params: Mapping[str, Parameter]

    @property
    def tree(self) -> exp.Select | None:
        """The statement that finds the candidates."""
        return None if self.statement is None else self.statement.tree

    @property
    def wanted(self) -> ir.Wanted:
        """What was asked for."""
        return ir.Wanted(self.what, self.asked.keeps)


def evaluation(schema: Schema, wanted: ir.Sequence | ir.Sample, asked: Asked) -> Evaluation:
    """Make `wanted` ready for the streams of `asked`. Raises `QueryError` for what can't be evaluated, `NoStreams` for
    an empty choice."""
    if not any(0 <= keep.count <= MAX_SEQUENCES for keep in asked.keeps):
        raise QueryError(f"a search gives 0 to {MAX_SEQUENCES} sequences", hint="ask for fewer")
    chosen, plan, binder = choose(schema, asked.streams), _plan(wanted), Binder()
    steps, required = (plan.steps, plan.required) if plan else (wanted.steps, (1 << len(wanted.steps)) - 1)
    statement = candidates(steps, required, chosen, asked, binder)
    return Evaluation(wanted, plan, chosen, asked, statement, binder.params)


def evaluate(engine: Engine, ready: Evaluation, budget: Budget) -> list[FoundSequence]:
    """The sequences that are kept, in the order of their first events (samples in the order of their keys' events).

    Raises `QueryError` for too many candidates, and an `EngineError` when time or memory run out.
    """
    asked, statement = replace(ready.asked, budget=budget), ready.statement
    if statement is None:
        return []
    parameters = {name: parameter.value for name, parameter in ready.params.items()}
    answer = arrow(engine, statement.tree, parameters, settings=asked.engine_settings)
    table = CandidateTable(answer, statement, asked)
    found = _found(table, ready.plan, len(ready.what.steps), asked)
    read = fetch(engine, ready.schema, table.identities(found), _columns(ready.schema, asked), asked)
    return [one for match in found if (one := _sequence(match, table, read)) is not None]


def _plan(wanted: ir.Sequence | ir.Sample) -> Plan | None:
    if isinstance(wanted, ir.Sequence):
        return sequence_plan(wanted)
    check_sample(wanted)
    return None


def _found(table: CandidateTable, plan: Plan | None, steps: int, asked: Asked) -> list[Match]:
    times = table.events.times
    matches = {match.events: match for match in _matches(table, plan, steps, asked)}.values()
    in_order = sorted(matches, key=lambda match: (times[match.events[0]], times[match.events[-1]]))
    for keep in asked.keeps:
        in_order = in_order[max(len(in_order) - keep.count, 0) :] if keep.newest else in_order[: keep.count]
    return in_order


def _matches(table: CandidateTable, plan: Plan | None, steps: int, asked: Asked) -> Iterable[Match]:
    if plan is None:
        return find_samples(table.events, steps)
    if asked.arrived is not None:
        find = partial(_find, plan)
        return find_arrived(table.events, table.arrivals, plan, asked.arrived, find)
    complete_until = asked.complete_until
    return _find(plan, table.events, math.inf if complete_until is None else complete_until.timestamp() * 1000)


def _find(plan: Plan, events: Events, complete_until_ms: float) -> Iterable[Match]:
    return find_matches(events, plan, complete_until_ms)


def _columns(schema: Schema, asked: Asked) -> tuple[str, ...]:
    names = schema.columns if asked.columns is None else asked.columns
    return tuple(name for name in names if name in schema.columns)


def _sequence(match: Match, table: CandidateTable, read: Rows) -> FoundSequence | None:
    """The match with its events; None if one has been deleted since it was found."""
    events = [read.get(table.identity(event)) for event in match.events]
    present = [event for event in events if event is not None]
    return FoundSequence(table.key(match.key), present) if len(present) == len(events) else None
