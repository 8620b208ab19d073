"""The shared scan of a preview: for each rule how many events match, when, and whom they are about; rows stay in the
engine but for a few samples."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlglot import exp

from bartizan.detect.arrivals import TIMESTAMP, Window
from bartizan.detect.choosing import choose
from bartizan.detect.executors.found import event_hit
from bartizan.detect.halves import in_halves
from bartizan.detect.plan import Planned
from bartizan.detect.preview.tally import ENTITY_FIELDS, KEPT_VALUES, SAMPLES, RuleTally
from bartizan.detect.scan import MATCHED, matched
from bartizan.detect.window_sql import conditions, together
from bartizan.engine.base import Engine, rows
from bartizan.engine.statements import fixed
from bartizan.errors import BartizanError
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.budget import Budget, kept
from bartizan.query.schema import Schema
from bartizan.query.sql import call, column, named
from bartizan.query.storage import read

_SAMPLES = """
SELECT * FROM {table: Identifier} WHERE `event.id` IN {ids: Array(String)}
    AND `@timestamp` >= fromUnixTimestamp64Milli({start_ms: Int64}, 'UTC')
    AND `@timestamp` < fromUnixTimestamp64Milli({end_ms: Int64}, 'UTC')
"""


def count_shared(
    engine: Engine,
    window: Window,
    planned: Sequence[Planned],
    tallies: Mapping[str, RuleTally],
    schema: Schema,
    bucket_ms: int,
    budget: Budget,
) -> None:
    """Add what a window has for each rule to its tally; a rule at fault gets its error there, the others go on.

    Raises `SearchCancelled`.
    """
    due = [plan for plan in planned if not tallies[plan.rule.id].error]

    def ask(part: Sequence[Planned]) -> list[None]:
        with kept(budget):
            _count(engine, window, choose(engine, window, part, schema), tallies, schema, bucket_ms, budget)
        return []

    def note(plan: Planned, error: BartizanError) -> None:
        tallies[plan.rule.id].error = str(error)

    in_halves(due, ask, note)


def _count(
    engine: Engine,
    window: Window,
    planned: Sequence[Planned],
    tallies: Mapping[str, RuleTally],
    schema: Schema,
    bucket_ms: int,
    budget: Budget,
) -> None:
    """All or nothing: tallies change once the engine has answered."""
    shown, binder = _entities(schema.narrow(window.stream))
    counted: list[tuple[RuleTally, Planned, dict[str, Any]]] = []
    for part in together(planned):
        asked = conditions(window, part, schema)
        query = _counting(asked.matching(matched(asked)), shown, bucket_ms)
        bound = asked.parameters | {name: parameter.value for name, parameter in binder.params.items()}
        for row in rows(engine, query, bound, settings=budget.settings()):
            plan = part[int(row[MATCHED]) - 1]
            counted.append((tallies[plan.rule.id], plan, row))
    samples = _samples(engine, window, [id for _, _, row in counted for _, id in row["samples"]], budget)
    for tally, plan, row in counted:
        _add_counts(tally, row, shown)
        tally.add_samples(event_hit(plan.rule, samples[id]) for _, id in row["samples"] if id in samples)


def _add_counts(tally: RuleTally, row: Mapping[str, Any], entities: Iterable[str]) -> None:
    numbers, counts = row["buckets"]
    buckets = {int(number): int(count) for number, count in zip(numbers, counts, strict=True)}
    tops = {name: {str(one["item"]): int(one["count"]) for one in row[f"top {name}"]} for name in entities}
    tally.add_counts(int(row["matches"]), buckets, tops)


def _entities(schema: Schema) -> tuple[dict[str, exp.Expression], Binder]:
    """The texts of the fields that the stream has, one value each."""
    binder, shown = Binder("e"), {}
    for name in ENTITY_FIELDS:
        field = schema.resolve(name)
        if name in schema.columns and field is not None and not field.is_array:
            text = read(field, binder, kind=ir.Kind.KEYWORD).tree
            shown[name] = call("ifNull", call("toString", text), exp.Literal.string(""))
    return shown, binder


def _counting(matched: exp.Select, entities: Mapping[str, exp.Expression], bucket_ms: int) -> exp.Select:
    time_ms = call("toUnixTimestamp64Milli", column(TIMESTAMP))
    own: dict[str, exp.Expression] = {"_ms": time_ms, "_id": column("event.id")}
    own |= {f"_entity {name}": tree for name, tree in entities.items()}
    inner = matched.select(*(named(tree, name) for name, tree in own.items()))
    bucket = call("intDiv", column("_ms"), exp.Literal.number(bucket_ms))
    one = call("toUInt64", exp.Literal.number(1))
    newest = call("tuple", exp.Neg(this=column("_ms")), column("_id"))
    shown = {
        "matches": call("count"),
        "buckets": call("sumMap", exp.array(bucket, dialect="clickhouse"), exp.array(one, dialect="clickhouse")),
        "samples": _bounded("groupArraySorted", SAMPLES, newest),
    }
    shown |= {f"top {name}": _bounded("approx_top_k", KEPT_VALUES, column(f"_entity {name}")) for name in entities}
    counted = [column(MATCHED), *(named(tree, name) for name, tree in shown.items())]
    return exp.select(*counted).from_(inner.subquery(alias="_matched", copy=False)).group_by(column(MATCHED))


def _bounded(function: str, most: int, value: exp.Expression) -> exp.Expression:
    """An aggregate function with a parameter, `function(most)(value)`."""
    return exp.ParameterizedAgg(this=function, expressions=[exp.Literal.number(most)], params=[value])


def _samples(engine: Engine, window: Window, ids: Sequence[str], budget: Budget) -> dict[str, dict[str, Any]]:
    if not ids:
        return {}
    parameters = {**window.parameters(), "table": window.stream, "ids": list(dict.fromkeys(ids))}
    query = fixed(_SAMPLES)
    return {row["event.id"]: row for row in rows(engine, query, parameters, settings=budget.settings())}
