"""A window of a stream, and what rules ask of its events, as SQL."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sqlglot import exp

from bartizan.detect.arrivals import Window
from bartizan.detect.plan import Only, Planned
from bartizan.engine.base import Value
from bartizan.query.binder import Binder
from bartizan.query.compile import predicate
from bartizan.query.schema import Schema
from bartizan.query.sql import all_of, column, one_of

_RANGE = """
`event.ingested` > {after: DateTime64(3, 'UTC')} AND `event.ingested` <= {until: DateTime64(3, 'UTC')}
"""

_EVENT_TIME = """
`@timestamp` >= fromUnixTimestamp64Milli({start_ms: Int64}, 'UTC')
    AND `@timestamp` < fromUnixTimestamp64Milli({end_ms: Int64}, 'UTC')
"""


@dataclass(frozen=True, slots=True)
class Conditions:
    """What rules ask of the events of a window."""

    window: Window
    each: tuple[exp.Expression, ...]
    """Of each rule, in their order, for any event."""
    any_of: exp.Expr
    """What an event of the window fulfils that one of the rules looks for."""
    parameters: dict[str, Value]
    """What they and the window bind."""

    def matching(self, *shown: exp.Expr) -> exp.Select:
        """These columns of the events that one of the rules looks for.

        PREWHERE is evaluated first: of events that match nothing, only the columns in conditions are read.
        """
        query = from_stream(self.window.stream).select(*shown)
        query.set("prewhere", exp.PreWhere(this=self.any_of.copy()))
        return query


def conditions(window: Window, planned: Sequence[Planned], schema: Schema) -> Conditions:
    """What the rules, all of which look among the same events, ask of the window. Raises a `QueryError` for one that
    can't be asked."""
    binder, narrow = Binder("r"), schema.narrow(window.stream)
    each: tuple[exp.Expression, ...] = tuple(predicate(plan.expr, narrow, binder) for plan in planned)
    (only,) = {plan.only for plan in planned}
    among = () if only is None else (exp.In(this=column(only.field), expressions=[binder.array(only.values)]),)
    parameters: dict[str, Value] = {name: parameter.value for name, parameter in binder.params.items()}
    any_of = all_of([in_window(window), *among, one_of([one.copy() for one in each])])
    return Conditions(window, each, any_of, parameters | window.parameters())


def together(planned: Iterable[Planned]) -> list[list[Planned]]:
    """The rules that are asked for in one statement. Those that look among some events only have their own: inside an
    `OR`, the engine would evaluate much of their conditions for all events."""
    found: dict[Only | None, list[Planned]] = defaultdict(list)
    for plan in planned:
        found[plan.only].append(plan)
    return list(found.values())


def from_stream(stream: str) -> exp.Select:
    """A query that reads a stream."""
    return exp.Select().from_(exp.Table(this=exp.to_identifier(stream, quoted=True)))


def in_window(window: Window) -> exp.Expression:
    """What is true of the window's events; `Window.parameters` go with it."""
    texts = [_RANGE] if window.event_time is None else [_RANGE, _EVENT_TIME]
    return all_of([exp.maybe_parse(one, dialect="clickhouse") for one in texts])
