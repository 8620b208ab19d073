"""What a rule means on each stream: what an event fulfils that it looks for."""

from collections.abc import Mapping
from dataclasses import dataclass

from bartizan.detect.arrivals import Arrivals
from bartizan.detect.executor import Asking, Chosen
from bartizan.detect.executors import executor_of
from bartizan.detect.meaning import Knowledge, any_event
from bartizan.detect.rule import Rule
from bartizan.query import ir
from bartizan.query.passes import run_passes
from bartizan.query.schema import Schema


@dataclass(frozen=True, slots=True)
class Only:
    """A field and the values of which an event has one."""

    field: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Planned:
    """A rule on one stream."""

    rule: Rule
    expr: ir.Expr
    span_ms: int = 0
    """Length of the spans of event time that are looked at together; 0 where each event is looked at alone."""
    only: Only | None = None
    """In the window it was chosen for, no other event can match."""


@dataclass(frozen=True, slots=True)
class RulePlan:
    """A rule on the streams that it reads."""

    rule: Rule
    chosen: Chosen
    streams: tuple[str, ...]
    """All whose new events it sees."""
    by_stream: Mapping[str, Planned]
    """Of the streams on which an event can be what it looks for."""

    @property
    def is_alone(self) -> bool:
        """Whether it asks the engine on its own, beside the shared scan."""
        return self.chosen.executor.plan is not None

    @property
    def every_s(self) -> int:
        """Least seconds between two runs of it; 0 takes part in each."""
        is_put_off = self.is_alone and not self.chosen.executor.is_each_round
        return self.rule.schedule.every_s if is_put_off else 0

    def asking(self, arrivals: Arrivals, known: Knowledge, stored: Schema) -> Asking:
        """The rule as it is due by `arrivals`."""
        return Asking(self.rule, self.chosen.wanted, self.chosen.schema, arrivals, known, stored)


def plan_rule(rule: Rule, schema: Schema, known: Knowledge) -> RulePlan:
    """The rule's plan; it may read none of the streams. Raises a `QueryError` for a query that is wrong."""
    chosen = executor_of(rule, schema, known)
    span_ms = chosen.executor.span_ms(rule, chosen.wanted)
    expr = any_event(chosen.wanted)
    by_stream = {}
    for stream, looked_for in {**dict.fromkeys(chosen.schema.streams, expr), **chosen.also}.items():
        narrowed = run_passes(looked_for, schema.narrow(stream))
        if narrowed != ir.Constant(False):
            by_stream[stream] = Planned(rule, narrowed, span_ms)
    return RulePlan(rule, chosen, tuple({**chosen.schema.streams, **chosen.also}), by_stream)
