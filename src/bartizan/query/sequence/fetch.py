"""The events of the sequences that were found, read by their identity."""

from collections import defaultdict
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from bartizan.engine.base import Engine, rows
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.relations import Target, select
from bartizan.query.schema import Schema
from bartizan.query.sequence.order import identity, milliseconds
from bartizan.query.sequence.settings import Asked
from bartizan.query.sql import all_of, call, column, named


@dataclass(frozen=True, slots=True)
class EventIdentity:
    """An event: the number of its stream, its time in milliseconds and its identity within both."""

    stream: int
    time_ms: int
    identity: int


Rows = Mapping[EventIdentity, dict[str, Any]]


def fetch(
    engine: Engine,
    schema: Schema,
    wanted: Collection[EventIdentity],
    columns: tuple[str, ...],
    asked: Asked,
) -> Rows:
    """The rows of `wanted` with `columns`; one that has been deleted meanwhile is not among them."""
    by_stream: dict[int, list[EventIdentity]] = defaultdict(list)
    for event in wanted:
        by_stream[event.stream].append(event)
    found: dict[EventIdentity, dict[str, Any]] = {}
    streams = list(schema.streams)
    for number, events in by_stream.items():
        binder = Binder()
        tree = _select(
            streams[number], schema, events, columns, Target(schema, binder, asked.database), asked.timestamp
        )
        parameters = {name: parameter.value for name, parameter in binder.params.items()}
        for row in rows(engine, tree, parameters, settings=asked.engine_settings):
            found.setdefault(EventIdentity(number, int(row.pop("_t")), int(row.pop("_i"))), row)
    return found


def _select(
    stream: str, schema: Schema, events: list[EventIdentity], columns: tuple[str, ...], target: Target, timestamp: str
) -> exp.Select:
    """Times come first: they are few bytes, and most blocks have none of them. An event with the identity of one and
    the time of another is read too, and looked up by nobody."""
    own, binder = schema.narrow(stream), target.binder
    times = sorted({event.time_ms for event in events})
    ends = [call("fromUnixTimestamp64Milli", binder.scalar(time)) for time in (times[0], times[-1])]
    low = exp.GTE(this=column(timestamp), expression=ends[0])
    high = exp.LTE(this=column(timestamp), expression=ends[1])
    time_ms = milliseconds(own, timestamp)
    at_the_time = exp.In(this=time_ms, expressions=[binder.array(times)])
    chosen = exp.In(this=identity(own), expressions=[binder.array([event.identity for event in events])])
    inner = select(ir.Scan(stream), target).where(all_of([low, high, at_the_time, chosen]), copy=False)
    inner = inner.select(named(time_ms.copy(), "_t"), named(identity(own), "_i"), copy=False)
    shown = select(ir.Project(ir.Scan(stream), columns), target)
    return shown.from_(inner.subquery(copy=False), copy=False).select(exp.column("_t"), exp.column("_i"), copy=False)
