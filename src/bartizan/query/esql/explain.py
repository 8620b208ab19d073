"""Prints a plan, one stage a line, for people who want to see what a query means and for tests."""

from collections.abc import Iterable

from bartizan.query.esql.plan import (
    Aggregate,
    Column,
    Defined,
    Expand,
    Extend,
    Filter,
    Join,
    Key,
    Limit,
    Plan,
    Scan,
    Sort,
    Source,
    Stage,
    Values,
    Window,
)


def explain_plan(plan: Plan) -> str:
    """`scan c1 event.action keyword`, `filter (event.action == "x")` and so on; what comes out is last."""
    return "\n".join([_source(plan.source), *map(_stage, plan.stages), f"columns {_columns(plan.columns)}"])


def type_text(column: Column) -> str:
    """`keyword`, or `keyword[]` for what can be several values."""
    return f"{column.type}{'[]' if column.many else ''}"


def _source(source: Source) -> str:
    match source:
        case Scan(columns, streams):
            names = " ".join(one.stream for one in streams)
            read = ", ".join(f"{one.id} {one.name} {type_text(one)}" for one in columns)
            return f"scan {names}: {read}" if read else f"scan {names}"
        case Values(columns):
            return f"row {_defined(columns)}"


def _stage(stage: Stage) -> str:
    match stage:
        case Filter(_, shown):
            return f"filter {shown}"
        case Extend(columns):
            return f"extend {_defined(columns)}"
        case Expand(column):
            return f"expand {_defined([column])}"
        case Aggregate(keys, aggregates):
            return f"aggregate {_defined(aggregates)}{' by ' if keys else ''}{_defined(keys)}"
        case Window(keys, aggregates):
            return f"window {_defined(aggregates)}{' by ' if keys else ''}{', '.join(keys)}"
        case Sort(keys):
            return f"sort {', '.join(map(_key, keys))}"
        case Limit(count):
            return f"limit {count}"
        case Join(table, on, _, keys, columns):
            pairs = ", ".join(f"{left} = {right}" for left, right in on)
            return f"join {table} on {pairs}: {_defined((*keys, *columns))}"


def _defined(columns: Iterable[Defined]) -> str:
    return ", ".join(f"{one.id} {one.shown}" for one in columns)


def _columns(columns: Iterable[Column]) -> str:
    return ", ".join(f"{one.id} {one.name} {type_text(one)}" for one in columns)


def _key(key: Key) -> str:
    return f"{key.id} {'desc' if key.descending else 'asc'} nulls {'first' if key.nulls_first else 'last'}"
