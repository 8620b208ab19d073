"""What a type of rule is to detection: what it looks for, the statement that finds it, what the statement's rows mean.

An executor's functions are pure: only the runner asks the engine. An executor without `plan` raises an alert for each
event that fulfils what is wanted, and takes part in the shared scan.
"""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlglot import exp

from bartizan.detect.arrivals import Arrivals
from bartizan.detect.meaning import Knowledge
from bartizan.detect.rule import Rule
from bartizan.query import ir
from bartizan.query.binder import Parameter
from bartizan.query.schema import Schema
from bartizan.query.sequence.evaluate import Evaluation
from bartizan.query.sequence.settings import Asked
from bartizan.query.table import CompiledTable

Row = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Asking:
    """A rule that is due."""

    rule: Rule
    wanted: ir.Wanted
    schema: Schema
    """Of the streams it reads."""
    arrivals: Arrivals
    known: Knowledge
    stored: Schema
    """Of all streams."""


@dataclass(frozen=True, slots=True)
class Statement:
    """A SELECT and its parameters."""

    tree: exp.Select
    params: Mapping[str, Parameter]
    events: Asked | None = None
    """Where its rows name events by `_t`, `_i` and `_s`, how these are read: each row gets its event as `_event`."""
    schema: Schema | None = None
    """Of the streams of such events; None is what the rule reads."""
    table: CompiledTable | None = None
    """For a query that gives a table: its rows are by the names of its columns."""


Question = Statement | Evaluation


@dataclass(frozen=True, slots=True)
class Hit:
    """Something that a rule found: what an alert is made of."""

    rule: Rule
    identity: tuple[str, ...]
    """What makes it the same alert when it is found again."""
    at: str
    """When it happened, the last event's time."""
    start: str
    fields: Row
    """What its events share, by field."""
    events: tuple[str, ...] = ()
    """Ids of events that it stands on."""
    count: int = 1
    """How many events there are."""
    suppressed: int = 0
    """How many such hits it stands for; 0 where nothing is suppressed."""
    also: Row | None = None
    """More of the document, as it is to be in it."""


@dataclass(frozen=True, slots=True)
class Executor:
    """A type of rule."""

    span_ms: Callable[[Rule, ir.Wanted], int]
    """Length of the spans of event time that it looks at together; 0 where each event is looked at alone."""
    plan: Callable[[Asking], Sequence[Question]] | None = None
    """What finds what is new; nothing if nothing can be."""
    hits: Callable[[Asking, list[Row], list[Row]], Iterator[Hit]] | None = None
    """What the rows mean, and those of `follow_up`. A sequence's row is its `keys` and its `events`."""
    in_time: Callable[[ir.Wanted], bool] = lambda wanted: False
    """Whether something can be found by time that passes, without a new event that it looks for."""
    is_each_round: bool = False
    """Whether it is asked whenever something arrives, not only each `schedule.every_s`: it costs little."""
    follow_up: Callable[[Asking, list[Row]], Statement | None] | None = None
    """A statement that the rows found lead to."""


@dataclass(frozen=True, slots=True)
class Chosen:
    """The executor of a rule, what the rule wants, and of which streams."""

    executor: Executor
    wanted: ir.Wanted
    schema: Schema
    """Of the streams that the rule reads."""
    also: Mapping[str, ir.Expr] = field(default_factory=dict)
    """Streams that aren't the rule's own, and which of their new events make it due."""
