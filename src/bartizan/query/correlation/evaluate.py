"""The door: a correlation of the IR in, for each key that fulfils it the events of its first such window out."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from sqlglot import exp

from bartizan.engine.base import Engine, rows
from bartizan.query import ir
from bartizan.query.binder import Binder, Parameter
from bartizan.query.budget import Budget
from bartizan.query.compile import choose
from bartizan.query.correlation.statement import CorrelationStatement, correlation_statement
from bartizan.query.errors import QueryError
from bartizan.query.schema import Schema
from bartizan.query.sequence.evaluate import FoundSequence
from bartizan.query.sequence.fetch import EventIdentity, fetch
from bartizan.query.sequence.settings import Asked

MAX_STEPS = 60
"""Most rules that are correlated: each is a bit of a 64-bit mask."""


@dataclass(frozen=True, slots=True)
class CorrelationEvaluation:
    """A correlation, ready to be looked for."""

    what: ir.Correlation
    schema: Schema
    asked: Asked
    statement: CorrelationStatement | None
    params: Mapping[str, Parameter]

    @property
    def tree(self) -> exp.Select | None:
        """The statement; None if no event can take part."""
        return None if self.statement is None else self.statement.tree

    @property
    def wanted(self) -> ir.Wanted:
        """What was asked for."""
        return ir.Wanted(self.what, self.asked.keeps)


def correlation_evaluation(schema: Schema, wanted: ir.Correlation, asked: Asked) -> CorrelationEvaluation:
    """Make `wanted` ready for the streams of `asked`. Raises `QueryError` for too many steps, `NoStreams`."""
    if len(wanted.steps) > MAX_STEPS:
        raise QueryError(f"a correlation has at most {MAX_STEPS} rules, not {len(wanted.steps)}")
    chosen, binder = choose(schema, asked.streams), Binder()
    return CorrelationEvaluation(
        wanted, chosen, asked, correlation_statement(wanted, chosen, asked, binder), binder.params
    )


def evaluate_correlation(engine: Engine, ready: CorrelationEvaluation, budget: Budget) -> list[FoundSequence]:
    """For each key its first window, in the order of these. Raises an `EngineError` when time or memory ends."""
    asked, statement = replace(ready.asked, budget=budget), ready.statement
    if statement is None:
        return []
    parameters = {name: parameter.value for name, parameter in ready.params.items()}
    found = rows(engine, statement.tree, parameters, settings=asked.engine_settings)
    found.sort(key=lambda row: int(row["_end"]))
    for keep in asked.keeps:
        found = found[max(len(found) - keep.count, 0) :] if keep.newest else found[: keep.count]
    identities = [[_identity(event) for event in row["_events"]] for row in found]
    names = tuple(ready.schema.columns) if asked.columns is None else tuple(asked.columns)
    read = fetch(engine, ready.schema, {one for own in identities for one in own}, names, asked)
    return [
        FoundSequence(_keys(row, statement), [read[one] for one in own if one in read])
        for row, own in zip(found, identities, strict=True)
    ]


def _keys(row: Mapping[str, str], statement: CorrelationStatement) -> tuple[str | None, ...]:
    return statement.keys.values([row[name] for name in statement.keys.names])


def _identity(event: list[int]) -> EventIdentity:
    time_ms, identity, stream = event
    return EventIdentity(int(stream), int(time_ms), int(identity))
