"""An ES|QL tree and the fields of the streams to a plan: names become columns, types are checked, commands stages."""

import dataclasses
from collections.abc import Callable, Mapping, Sequence
from typing import Any

from bartizan.query.esql import ast
from bartizan.query.esql.context import Context
from bartizan.query.esql.expressions import Expressions
from bartizan.query.esql.extraction import dissect, grok
from bartizan.query.esql.lookups import enrich, lookup_join
from bartizan.query.esql.necessary import necessary
from bartizan.query.esql.pipeline import Pipeline
from bartizan.query.esql.plan import (
    Column,
    Defined,
    Expand,
    Extend,
    Filter,
    Key,
    Limit,
    Plan,
    Sort,
    Stage,
    Values,
    Window,
)
from bartizan.query.esql.printer import expression
from bartizan.query.esql.scanning import METADATA
from bartizan.query.esql.scope import Scope
from bartizan.query.esql.stats import stats
from bartizan.query.esql.typed import Type
from bartizan.query.esql.unsupported import refusal
from bartizan.query.span import Span

DEFAULT_LIMIT = 1_000
"""Rows of a query that has no LIMIT (Elasticsearch's own default)."""

MAX_LIMIT = 10_000
"""Most rows that come out (Elasticsearch's own default)."""


def lower(query: ast.Query, context: Context, limit: int = MAX_LIMIT) -> Plan:
    """The plan of `query`, which gives at most `limit` rows."""
    source, *commands = query.commands
    pipeline = _source(source, context)
    for command in commands:
        _COMMANDS[type(command)](command, pipeline)
    most = min(limit, MAX_LIMIT if any(isinstance(one, ast.Limit) for one in commands) else DEFAULT_LIMIT)
    if not _is_limited(pipeline.stages, most):
        pipeline.add(Limit(most))
    return pipeline.plan(necessary(commands, context))


def _is_limited(stages: Sequence[Stage], most: int) -> bool:
    """Whether the last stage that decides how many rows there are gives `most` at the most."""
    deciding = (stage for stage in reversed(stages) if not isinstance(stage, Extend | Filter | Sort | Window))
    last = next(deciding, None)
    return isinstance(last, Limit) and last.count <= most


def _source(command: ast.Command, context: Context) -> Pipeline:
    match command:
        case ast.From(_, metadata):
            return _from(metadata, context)
        case ast.Row(assignments):
            return _row(assignments, context)
        case ast.Show(what, span):
            return _show(what, span, context)
        case _:
            raise refusal(command, context.faults)


def _from(metadata: tuple[ast.Column, ...], context: Context) -> Pipeline:
    streams = context.streams
    assert streams is not None
    shown = [name for name in streams.schema.columns if name not in streams.hidden]
    for one in metadata:
        if one.name not in METADATA:
            known = ", ".join(METADATA)
            raise context.faults.at(one.span, f"there is no metadata field `{one.name}`", f"there are {known}")
        streams.named.add(one.name)
    names = dict.fromkeys((*shown, *(one.name for one in metadata)))
    return Pipeline(context, Scope(dict(names), streams, streams))


def _row(assignments: tuple[ast.Assignment, ...], context: Context) -> Pipeline:
    expressions = Expressions(context, Scope({}))
    defined, columns = [], []
    for one in assignments:
        value = expressions.value(one.value)
        name, id_ = one.name, context.ids.new()
        defined.append(Defined(id_, value.tree, f"{name} = {expression(one.value)}"))
        columns.append(Column(id_, name, value.type, value.many))
    return Pipeline(context, Scope({}).put(columns), Values(tuple(defined)))


def _show(what: str, span: Span, context: Context) -> Pipeline:
    if what.lower() != "info":
        raise context.faults.at(span, f"there is nothing called `{what}` to show", "write `SHOW INFO`")
    parts = (("version", context.version), ("date", ""), ("hash", ""))
    columns = tuple(Column(context.ids.new(), name, Type.KEYWORD, False) for name, _ in parts)
    values = tuple(
        Defined(own.id, context.binder.scalar(value), f'{name} = "{value}"')
        for own, (name, value) in zip(columns, parts, strict=True)
    )
    return Pipeline(context, Scope({}).put(columns), Values(values))


def _where(command: Any, pipeline: Pipeline) -> None:
    condition = pipeline.expressions().condition(command.condition)
    pipeline.add(Filter(condition, expression(command.condition)))


def _eval(command: Any, pipeline: Pipeline) -> None:
    for one in command.assignments:
        value = pipeline.expressions().value(one.value)
        column = pipeline.define(value, one.name, expression(one.value))
        pipeline.scope = pipeline.scope.put([column])


def _keep(command: Any, pipeline: Pipeline) -> None:
    chosen: dict[str, int] = {}
    for place, pattern in enumerate(command.patterns):
        for name in pipeline.names(pattern, missing_is_error=True):
            if name not in chosen or _vagueness(pattern) <= _vagueness(command.patterns[chosen[name]]):
                chosen[name] = place
    ordered = [
        name
        for place, pattern in enumerate(command.patterns)
        for name in pipeline.names(pattern, missing_is_error=False)
        if chosen.get(name) == place
    ]
    pipeline.scope = pipeline.scope.only(ordered, tuple(one.parts for one in command.patterns if len(one.parts) > 1))


def _vagueness(pattern: ast.Pattern) -> int:
    """A name counts more than a pattern, any pattern more than `*`; of equals the later one."""
    return 2 if pattern.parts == ("", "") else int(len(pattern.parts) > 1)


def _drop(command: Any, pipeline: Pipeline) -> None:
    for pattern in command.patterns:
        pipeline.scope = pipeline.scope.without(pipeline.names(pattern, missing_is_error=True))


def _rename(command: Any, pipeline: Pipeline) -> None:
    for old, new in command.pairs:
        pipeline.column(old)
        if old.name != new.name:
            pipeline.scope = pipeline.scope.renamed(old.name, new.name)


def _sort(command: Any, pipeline: Pipeline) -> None:
    keys = []
    for key in command.keys:
        id_ = pipeline.sortable(key.value, descending=key.descending)
        nulls_first = key.descending if key.nulls_first is None else key.nulls_first
        keys.append(Key(id_, key.descending, nulls_first))
    pipeline.add(Sort(tuple(keys)))


def _limit(command: Any, pipeline: Pipeline) -> None:
    count = command.count
    if not isinstance(count, ast.Literal) or type(count.value) is not int or count.value < 0:
        raise pipeline.context.faults.at(count.span, "`LIMIT` needs a whole number", "write `LIMIT 100`")
    pipeline.add(Limit(min(count.value, MAX_LIMIT)))


def _mv_expand(command: Any, pipeline: Pipeline) -> None:
    column = pipeline.column(command.column)
    if not column.many:
        return
    expanded = dataclasses.replace(column, id=pipeline.context.ids.new(), name=command.column.name, many=False)
    pipeline.add(Expand(Defined(expanded.id, pipeline.each_value(column, distinct=False), column.name)))
    pipeline.scope = pipeline.scope.put_in_place(expanded)


def _unsupported(command: Any, pipeline: Pipeline) -> None:
    raise refusal(command, pipeline.context.faults)


_COMMANDS: Mapping[type[ast.Command], Callable[[Any, Pipeline], None]] = {
    ast.Where: _where,
    ast.Eval: _eval,
    ast.Stats: stats,
    ast.Keep: _keep,
    ast.Drop: _drop,
    ast.Rename: _rename,
    ast.Sort: _sort,
    ast.Limit: _limit,
    ast.MvExpand: _mv_expand,
    ast.Dissect: dissect,
    ast.Grok: grok,
    ast.Enrich: enrich,
    ast.LookupJoin: lookup_join,
    ast.Completion: _unsupported,
    ast.Unsupported: _unsupported,
}
