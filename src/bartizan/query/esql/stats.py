"""STATS and INLINE STATS: groups become keys, calls of aggregate functions columns, and what is around them follows."""

import dataclasses
from typing import Any

from bartizan.query.esql import ast
from bartizan.query.esql.expressions import Expressions
from bartizan.query.esql.pipeline import Pipeline
from bartizan.query.esql.plan import Aggregate, Column, Defined, Expand, Window
from bartizan.query.esql.printer import expression
from bartizan.query.esql.scope import Scope
from bartizan.query.esql.typed import MISSING, Typed, as_bool, one
from bartizan.query.sql import column


def stats(command: Any, pipeline: Pipeline) -> None:
    """Add the stages of a `Stats`."""
    groups = [_group(item, pipeline, inline=command.inline) for item in command.groups]
    pipeline.scope = pipeline.scope.put(groups) if groups else pipeline.scope
    before = pipeline.scope
    if command.inline:
        ids = tuple(_single(own, pipeline) for own in groups)
        collected = _Collected(pipeline, before, {own.name: own for own in groups})
        outer = [collected.lowered(item) for item in command.aggregates]
        pipeline.add(Window(ids, tuple(collected.defined)))
        _finish(command, pipeline, before, outer, groups)
        return
    keys = [dataclasses.replace(own, id=pipeline.context.ids.new()) for own in groups]
    collected = _Collected(pipeline, before, {own.name: own for own in keys})
    outer = [collected.lowered(item) for item in command.aggregates]
    defined = tuple(Defined(new.id, column(old.id), old.name) for old, new in zip(groups, keys, strict=True))
    pipeline.add(Aggregate(defined, tuple(collected.defined)))
    _finish(command, pipeline, Scope({}), outer, keys)


def _finish(command: ast.Stats, pipeline: Pipeline, scope: Scope, outer: list[Typed], groups: list[Column]) -> None:
    columns = []
    for item, value in zip(command.aggregates, outer, strict=True):
        assignment = item.assignment
        columns.append(pipeline.define(value, assignment.name, expression(assignment.value)))
    pipeline.scope = scope.put(columns).put(groups)


def _single(own: Column, pipeline: Pipeline) -> str:
    """The id of a key: rows stay as they are, so several values are no key."""
    if not own.many:
        return own.id
    value = Typed(column(own.id), own.type, True, MISSING)
    return pipeline.define(Typed(one(value), own.type, False, MISSING), own.name, own.name).id


def _group(assignment: ast.Assignment, pipeline: Pipeline, *, inline: bool) -> Column:
    """The column to group by: a row for each of its values, since an event counts in the group of each."""
    name = assignment.name
    value = pipeline.expressions().value(assignment.value)
    if isinstance(assignment.value, ast.Column):
        own = dataclasses.replace(pipeline.column(assignment.value), name=name)
    else:
        own = pipeline.define(value, name, expression(assignment.value))
    if not own.many or inline:
        return own
    expanded = dataclasses.replace(own, id=pipeline.context.ids.new(), many=False)
    pipeline.add(Expand(Defined(expanded.id, pipeline.each_value(own, distinct=True), name)))
    return expanded


class _Collected:
    """The aggregates of one command, each computed once."""

    def __init__(self, pipeline: Pipeline, rows: Scope, keys: dict[str, Column]) -> None:
        self.defined: list[Defined] = []
        self._context = pipeline.context
        self._rows = Expressions(pipeline.context, rows)
        self._outer = Expressions(pipeline.context, Scope(dict(keys)), self._aggregate, rows)
        self._condition: ast.Expression | None = None

    def lowered(self, item: ast.Aggregate) -> Typed:
        """The value of an aggregate with what is around it, after grouping."""
        self._condition = item.condition
        before = len(self.defined)
        value = self._outer.value(item.assignment.value)
        if len(self.defined) == before and item.condition is not None:
            raise self._context.faults.at(item.condition.span, "the condition belongs to no aggregate function")
        return value

    def _aggregate(self, call: ast.Function) -> Typed:
        condition = None if self._condition is None else self._rows.condition(self._condition)
        value = as_bool(self._rows.aggregate(call, condition))
        id_ = self._context.ids.new()
        where = f" WHERE {expression(self._condition)}" if self._condition else ""
        self.defined.append(Defined(id_, value.tree, expression(call) + where))
        return Typed(column(id_), value.type, value.many, MISSING)
