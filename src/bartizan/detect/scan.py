"""The shared scan: one pass over a stream for all rules that read it, giving each event that matches with its rules.

A predicate costs its analysis whatever the data (about a millisecond), so rules that can't match are left out first:
the distinct values of a few columns of the range tell which.
"""

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp, parse_one

from bartizan.detect.plan import CHOOSING_FIELDS, Planned
from bartizan.engine.base import READ_ONLY, Engine, Value, rows
from bartizan.query.binder import Binder
from bartizan.query.compile import predicate
from bartizan.query.schema import Schema
from bartizan.query.sql import column

MATCHED = "rule.number"
"""Column of a scan's rows: which of the scan's rules the event matches."""

_TEXTS = ("String", "LowCardinality(String)")
"""Types of columns whose values rules can be chosen by."""

MAX_VALUES = 20_000
"""Distinct combinations of the choosing columns that are looked at; with more, every rule is scanned for."""

_RANGE = """
`event.ingested` > {after: DateTime64(3, 'UTC')} AND `event.ingested` <= {until: DateTime64(3, 'UTC')}
"""


@dataclass(frozen=True, slots=True)
class Window:
    """A range of a stream in ingest order: after one instant, up to and including another (ClickHouse date texts)."""

    stream: str
    after: str
    until: str

    def parameters(self) -> dict[str, Value]:
        """The range as bound parameters."""
        return {"after": self.after, "until": self.until}


@dataclass(frozen=True, slots=True)
class Match:
    """An event and a rule that it matches."""

    planned: Planned
    row: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Cut:
    """A rule that matched more events than it may raise alerts for."""

    planned: Planned
    matched: int


def choose(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> list[Planned]:
    """The rules that can match in the window, by the values that are present in it."""
    columns = schema.streams[window.stream]
    fields = [field for field in CHOOSING_FIELDS if columns.get(field) in _TEXTS]
    if not fields or not any(plan.required for plan in planned):
        return list(planned)
    query = _from(window.stream).select(*map(column, fields)).where(_range()).distinct().limit(MAX_VALUES + 1)
    present = rows(engine, query, window.parameters(), settings=READ_ONLY)
    if len(present) > MAX_VALUES:
        return list(planned)
    return [plan for plan in planned if any(_possible(plan, values) for values in present)]


def scan(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> Iterator[Match | Cut]:
    """Every match in the window, at most `max_alerts` for each rule, then a `Cut` for each rule that had more."""
    if not planned:
        return
    binder, narrow = Binder("r"), schema.narrow(window.stream)
    predicates = [predicate(plan.expr, narrow, binder) for plan in planned]
    parameters = {name: parameter.value for name, parameter in binder.params.items()} | window.parameters()
    limit = max(plan.rule.max_alerts for plan in planned)
    counts = [0] * len(planned)
    for row in rows(engine, _scan_query(window.stream, predicates, limit), parameters, settings=READ_ONLY):
        number = row.pop(MATCHED) - 1
        counts[number] += 1
        if counts[number] <= planned[number].rule.max_alerts:
            yield Match(planned[number], row)
    full = [number for number, count in enumerate(counts) if count >= planned[number].rule.max_alerts]
    if full:
        yield from _cuts(engine, window, [planned[n] for n in full], [predicates[n] for n in full], parameters)


def _scan_query(stream: str, predicates: Sequence[exp.Expr], limit: int) -> exp.Select:
    """Only the columns in predicates are read for events that match nothing: PREWHERE is evaluated first."""
    numbered = [
        exp.Mul(this=exp.paren(p.copy()), expression=exp.Literal.number(n)) for n, p in enumerate(predicates, 1)
    ]
    matched = exp.func("arrayFilter", _is_set(), exp.Array(expressions=numbered))
    query = _from(stream).select("*", exp.func("arrayJoin", matched).as_(MATCHED, quoted=True))
    any_of = exp.or_(*(p.copy() for p in predicates))
    query.set("prewhere", exp.PreWhere(this=exp.and_(_range(), any_of)))
    query.set("limit", exp.Limit(expression=exp.Literal.number(limit + 1), expressions=[column(MATCHED)]))
    return query


def _cuts(
    engine: Engine,
    window: Window,
    planned: Sequence[Planned],
    predicates: Sequence[exp.Expr],
    parameters: Mapping[str, Value],
) -> Iterator[Cut]:
    counts = [exp.func("countIf", p.copy()).as_(f"rule {n}", quoted=True) for n, p in enumerate(predicates)]
    counted = rows(engine, _from(window.stream).select(*counts).where(_range()), parameters, settings=READ_ONLY)[0]
    for number, plan in enumerate(planned):
        if counted[f"rule {number}"] > plan.rule.max_alerts:
            yield Cut(plan, counted[f"rule {number}"])


def _possible(plan: Planned, values: Mapping[str, str]) -> bool:
    return all(values[field] in wanted for field, wanted in plan.required.items() if field in values)


def _is_set() -> exp.Lambda:
    number = exp.to_identifier("n")
    return exp.Lambda(this=exp.NEQ(this=number, expression=exp.Literal.number(0)), expressions=[number.copy()])


def _range() -> exp.Expr:
    return parse_one(_RANGE, dialect="clickhouse")


def _from(stream: str) -> exp.Select:
    return exp.Select().from_(exp.Table(this=exp.to_identifier(stream, quoted=True)))
