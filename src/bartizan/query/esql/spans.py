"""A pipeline over many spans of time at once, each as if it were asked about alone: the span is a key of every group,
and a limit is one of each span."""

from dataclasses import replace

from bartizan.query.esql.plan import Aggregate, Column, Defined, Limit, Plan, Stage, Window
from bartizan.query.sql import column

NAME = "_span"
"""The column that is added: the span's number since 1970."""


def by_span(plan: Plan, span: Column) -> Plan:
    """`plan` with the column `span`, which its scan reads, kept through all stages and given as the last."""
    stages = tuple(_within(stage, span.id) for stage in plan.stages)
    return replace(plan, stages=stages, columns=(*plan.columns, span))


def _within(stage: Stage, span: str) -> Stage:
    match stage:
        case Aggregate(keys, aggregates):
            return Aggregate((Defined(span, column(span), NAME), *keys), aggregates)
        case Window(keys, aggregates):
            return Window((span, *keys), aggregates)
        case Limit(count):
            return Limit(count, by=span)
        case _:
            return stage
