"""The shared scan: one pass over a stream for all rules that read it, and one over few events for the rare ones among
them. It gives each event that matches with its rules."""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from bartizan.detect.arrivals import Window
from bartizan.detect.findings import Cut
from bartizan.detect.plan import Planned
from bartizan.detect.window_sql import Conditions, conditions, from_stream, in_window, together
from bartizan.engine.base import READ_ONLY, Engine, rows
from bartizan.query.schema import Schema
from bartizan.query.sql import call, column, each, named, number

MATCHED = "rule.number"
"""Column of a scan's rows: which of the scan's rules the event matches, from 1."""


@dataclass(frozen=True, slots=True)
class Match:
    """An event and a rule that it matches."""

    planned: Planned
    row: Mapping[str, Any]


def scan(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> Iterator[Match | Cut]:
    """Every match in the window, at most `max_alerts` for each rule, then a `Cut` for each rule that had more."""
    for part in together(planned):
        yield from _scan(engine, window, part, schema)


def _scan(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> Iterator[Match | Cut]:
    asked = conditions(window, planned, schema)
    limit = max(plan.rule.max_alerts for plan in planned)
    counts = [0] * len(planned)
    for row in rows(engine, _scan_query(asked, limit), asked.parameters, settings=READ_ONLY):
        place = row.pop(MATCHED) - 1
        counts[place] += 1
        if counts[place] <= planned[place].rule.max_alerts:
            yield Match(planned[place], row)
    full = [place for place, count in enumerate(counts) if count >= planned[place].rule.max_alerts]
    if full:
        yield from _cuts(engine, asked, planned, full)


def matched(asked: Conditions) -> exp.Expression:
    """A row for each rule whose condition an event fulfils: its number, `MATCHED`."""
    numbered = [exp.Mul(this=exp.Paren(this=one.copy()), expression=number(n)) for n, one in enumerate(asked.each, 1)]
    is_set = each("n", lambda one: exp.NEQ(this=one, expression=number(0)))
    return named(call("arrayJoin", call("arrayFilter", is_set, exp.Array(expressions=numbered))), MATCHED)


def _scan_query(asked: Conditions, limit: int) -> exp.Select:
    query = asked.matching(matched(asked), exp.Star())
    query.set("limit", exp.Limit(expression=number(limit + 1), expressions=[column(MATCHED)]))
    return query


def _cuts(engine: Engine, asked: Conditions, planned: Sequence[Planned], full: Sequence[int]) -> Iterator[Cut]:
    counts = [exp.func("countIf", asked.each[n].copy()).as_(f"rule {n}", quoted=True) for n in full]
    query = from_stream(asked.window.stream).select(*counts).where(in_window(asked.window))
    counted = rows(engine, query, asked.parameters, settings=READ_ONLY)[0]
    for n in full:
        if counted[f"rule {n}"] > planned[n].rule.max_alerts:
            yield Cut(planned[n].rule, counted[f"rule {n}"])
