"""Asks the engine what exceptions hold for: events of a period, and alerts that are stored."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlglot import exp, parse_one

from bartizan.detect.exceptions import RuleException, excepted
from bartizan.detect.plan import RulePlan
from bartizan.detect.preview.period import Period
from bartizan.detect.runner import Evaluator
from bartizan.engine.base import Value, rows
from bartizan.errors import BartizanError
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.budget import SearchCancelled, kept
from bartizan.query.compile import predicate
from bartizan.query.passes import run_passes
from bartizan.query.schema import Schema
from bartizan.query.sql import call, column

_COVERED = """
SELECT count() AS events FROM {stream: Identifier}
WHERE `@timestamp` >= fromUnixTimestamp64Milli({start_ms: Int64}, 'UTC')
    AND `@timestamp` < fromUnixTimestamp64Milli({end_ms: Int64}, 'UTC')
"""
_HELD = """
SELECT groupUniqArray(`event.id`) FROM {stream: Identifier}
WHERE `@timestamp` >= fromUnixTimestamp64Milli({start_ms: Int64}, 'UTC')
    AND `@timestamp` < fromUnixTimestamp64Milli({end_ms: Int64}, 'UTC')
    AND `event.id` IN (
        SELECT arrayJoin(`alert.events`) FROM {alerts: Identifier}
        WHERE `rule.id` IN {rules: Array(String)}
            AND `@timestamp` >= fromUnixTimestamp64Milli({start_ms: Int64}, 'UTC')
            AND `@timestamp` < fromUnixTimestamp64Milli({end_ms: Int64}, 'UTC')
    )
"""
_ALERTS = """
SELECT `rule.id` AS rule, count() AS stored, countIf(`alert.status` = 'open') AS open FROM {alerts: Identifier}
WHERE `rule.id` IN {rules: Array(String)}
    AND `@timestamp` >= fromUnixTimestamp64Milli({start_ms: Int64}, 'UTC')
    AND `@timestamp` < fromUnixTimestamp64Milli({end_ms: Int64}, 'UTC')
GROUP BY rule
"""
_BY_ID = """
SELECT `rule.id` AS rule, count() AS stored, countIf(`alert.status` = 'open') AS open FROM {alerts: Identifier}
WHERE `alert.id` IN {ids: Array(String)} GROUP BY rule
"""


@dataclass(frozen=True, slots=True)
class Held:
    """Rules of a stream that are tried with the same exceptions."""

    stream: str
    exceptions: tuple[RuleException, ...]
    schema: Schema
    rules: frozenset[str]
    """Their ids."""


@dataclass(frozen=True, slots=True)
class Counted:
    """Alerts of a rule."""

    stored: int = 0
    open: int = 0

    def __add__(self, other: "Counted") -> "Counted":
        return Counted(self.stored + other.stored, self.open + other.open)


def held_of(plans: Iterable[RulePlan], own: Mapping[str, tuple[RuleException, ...]]) -> Iterator[Held]:
    """The rules by stream and exceptions."""
    found: dict[tuple[str, tuple[RuleException, ...], str], list[RulePlan]] = defaultdict(list)
    for plan in plans:
        for stream in plan.chosen.schema.streams:
            found[stream, own[plan.rule.id], plan.rule.unknown_fields].append(plan)
    for (stream, exceptions, _), some in found.items():
        yield Held(stream, exceptions, some[0].chosen.schema, frozenset(plan.rule.id for plan in some))


def condition_of(evaluator: Evaluator, schema: Schema, exceptions: Sequence[RuleException], stream: str) -> ir.Expr:
    """That one of the exceptions holds for an event of a stream. Raises `RuleError` for one that can't be."""
    known = evaluator.known
    found = excepted(exceptions, schema, known.lists, known.now)
    return ir.Constant(False) if found is None else run_passes(found, schema.narrow(stream))


def covered(evaluator: Evaluator, held: Iterable[Held], period: Period) -> int:
    """How many events the exceptions hold for; those of a stream are counted once, by what covers most of them."""
    most: dict[str, int] = defaultdict(int)
    for one in held:
        try:
            condition = condition_of(evaluator, one.schema, one.exceptions, one.stream)
            found = _rows(evaluator, _COVERED, condition, one, {"stream": one.stream, **_bounds(period)})
            most[one.stream] = max(most[one.stream], int(found[0]["events"]))
        except SearchCancelled:
            raise
        except BartizanError:
            continue  # each of its rules has this error
    return sum(most.values())


def stored_on_events(evaluator: Evaluator, held: Held, period: Period) -> dict[str, Counted]:
    """The alerts that stand on events which the exceptions hold for, by rule."""
    found: dict[str, Counted] = defaultdict(Counted)
    condition = condition_of(evaluator, held.schema, held.exceptions, held.stream)
    for alerts in _alert_streams(evaluator.schema):
        bound = {"stream": held.stream, "alerts": alerts, "rules": sorted(held.rules), **_bounds(period)}
        for row in _rows(evaluator, _ALERTS, condition, held, bound, inner=_HELD):
            found[row["rule"]] += _counted(row)
    return found


def stored_by_id(evaluator: Evaluator, ids: Collection[str]) -> dict[str, Counted]:
    """Of the alerts with these ids, those that are stored, by rule."""
    found: dict[str, Counted] = defaultdict(Counted)
    for alerts in _alert_streams(evaluator.schema) if ids else ():
        bound: dict[str, Value] = {"alerts": alerts, "ids": sorted(ids)}
        with kept(evaluator.budget):
            query = parse_one(_BY_ID, dialect="clickhouse")
            for row in rows(evaluator.engine, query, bound, settings=evaluator.budget.settings()):
                found[row["rule"]] += _counted(row)
    return found


def _rows(
    evaluator: Evaluator, text: str, condition: ir.Expr, held: Held, bound: Mapping[str, Value], inner: str = ""
) -> list[dict[str, Any]]:
    """What a statement gives of the events that fulfil the condition, or of the alerts on those that `inner` reads."""
    binder = Binder("h")
    holds = predicate(condition, held.schema.narrow(held.stream), binder)
    tree = _parsed(text)
    if inner:
        events = _parsed(inner).where(holds, copy=False).subquery(copy=False)
        tree = tree.where(call("hasAny", column("alert.events"), events), copy=False)
    else:
        tree = tree.where(holds, copy=False)
    parameters = {**bound, **{name: parameter.value for name, parameter in binder.params.items()}}
    with kept(evaluator.budget):
        return rows(evaluator.engine, tree, parameters, settings=evaluator.budget.settings())


def _counted(row: Mapping[str, Any]) -> Counted:
    return Counted(int(row["stored"]), int(row["open"]))


def _parsed(text: str) -> exp.Select:
    tree: exp.Expr = parse_one(text, dialect="clickhouse")
    assert isinstance(tree, exp.Select)
    return tree


def _bounds(period: Period) -> dict[str, Value]:
    return {"start_ms": period.start_ms, "end_ms": period.end_ms}


def _alert_streams(schema: Schema) -> list[str]:
    return [stream for stream in schema.streams if stream.startswith("alerts-")]
