"""Asks the engine what a rule asks, and gives what the answer means: the only place where a rule's statements run."""

from collections.abc import Callable, Iterator
from typing import Any

from bartizan.detect.executor import Asking, Executor, Hit, Question, Row, Statement
from bartizan.engine.base import Engine, rows
from bartizan.query.budget import Budget, kept
from bartizan.query.schema import Schema
from bartizan.query.sequence.evaluate import Evaluation
from bartizan.query.sequence.evaluate import evaluate as evaluate_sequence
from bartizan.query.sequence.fetch import EventIdentity, fetch
from bartizan.query.sequence.settings import Asked
from bartizan.query.table_rows import table_of

Check = Callable[[], None]
"""Called before each statement of a rule: raises what is to end it."""


def unchecked() -> None:
    """Let every rule ask all it wants to."""


def answered(
    engine: Engine, asking: Asking, executor: Executor, budget: Budget, check: Check = unchecked
) -> Iterator[Hit]:
    """What the rule finds. Raises a `QueryError` for a rule that can't be asked or takes more than its budget."""
    assert executor.plan is not None and executor.hits is not None
    found: list[Row] = []
    with kept(budget):
        for question in executor.plan(asking):
            check()
            found += _rows(engine, question, asking.schema, budget)
        more = executor.follow_up(asking, found) if found and executor.follow_up else None
        beside = [] if more is None else _rows(engine, more, asking.schema, budget)
    yield from executor.hits(asking, found, beside)


def _rows(engine: Engine, question: Question, schema: Schema, budget: Budget) -> list[Row]:
    if isinstance(question, Evaluation):
        found = evaluate_sequence(engine, question, budget)
        return [{"keys": one.keys, "events": one.events} for one in found]
    parameters = {name: parameter.value for name, parameter in question.params.items()}
    read = rows(engine, question.tree, parameters, settings=budget.settings())
    if question.table is not None:
        table = table_of(question.table, read)
        names = [column.name for column in table.columns]
        read = [dict(zip(names, row, strict=True)) for row in table.rows]
    return _with_events(engine, question, read, schema) if question.events else [*read]


def _with_events(engine: Engine, question: Statement, read: list[dict[str, Any]], schema: Schema) -> list[Row]:
    """The rows that have an event still, each with it."""
    asked, own = question.events, question.schema or schema
    assert isinstance(asked, Asked)
    places = [EventIdentity(int(row["_s"]), int(row["_t"]), int(row["_i"])) for row in read]
    events = fetch(engine, own, places, tuple(own.columns), asked) if places else {}
    return [{**row, "_event": events[place]} for row, place in zip(read, places, strict=True) if place in events]
