"""ENRICH and LOOKUP JOIN: columns of a lookup table beside the rows, where the values of columns are equal."""

from difflib import get_close_matches
from typing import Any

from bartizan.query.esql import ast
from bartizan.query.esql.pipeline import Pipeline
from bartizan.query.esql.plan import Column, Defined, Join
from bartizan.query.esql.tables import MAX_ROWS, LookupTable, bound_rows, cell
from bartizan.query.esql.typed import MISSING, TEXTS, WHOLE, Type, Typed, one
from bartizan.query.span import Span
from bartizan.query.sql import call, column


def enrich(command: Any, pipeline: Pipeline) -> None:
    """Add the stage of an `Enrich`. Where several rows of the table match, their values are several."""
    table = _table(command.policy.rpartition(":")[2], "enrich policy", command.span, pipeline)
    own = ast.Column(table.key, span=command.span) if command.on is None else command.on
    wanted = [(new.name, _field(table, named, pipeline)) for new, named in command.fields]
    wanted = wanted or [(name, name) for name in table.columns if name != table.key]
    _join(command.policy, table, [(own, table.key)], wanted, pipeline, grouped=table.repeats(table.key))


def lookup_join(command: Any, pipeline: Pipeline) -> None:
    """Add the stage of a `LookupJoin`. Where several rows of the table match, there is a row for each."""
    table = _table(command.table, "lookup table", command.span, pipeline)
    on = [_condition(item, table, pipeline) for item in command.on]
    keys = {key for left, key in on if left.name == key}
    wanted = [(name, name) for name in table.columns if name not in keys]
    _join(command.table, table, on, wanted, pipeline, grouped=False)


def _condition(item: ast.Expression, table: LookupTable, pipeline: Pipeline) -> tuple[ast.Column, str]:
    match item:
        case ast.Column():
            return item, _field(table, item, pipeline)
        case ast.Binary("==", ast.Column() as left, ast.Column() as right):
            return left, _field(table, right, pipeline)
    hint = "write `ON column`, or `ON column == column_of_the_table`"
    raise pipeline.context.faults.unsupported(item.span, "rows are joined where columns are equal", hint)


def _table(name: str, what: str, span: Span, pipeline: Pipeline) -> LookupTable:
    lookups = pipeline.context.lookups
    found = lookups.find(name)
    if found is None:
        names = lookups.names()
        alike = get_close_matches(name, names, 1) if len(name) < 100 else []
        hint = f"did you mean `{alike[0]}`?" if alike else f"there are {', '.join(names[:10]) or 'none'}"
        raise pipeline.context.faults.at(span, f"there is no {what} `{name}`", hint)
    if not 0 < len(found.rows) <= MAX_ROWS:
        raise pipeline.context.faults.at(span, f"a lookup table has 1 to {MAX_ROWS} rows, `{name}` {len(found.rows)}")
    return found


def _field(table: LookupTable, named: ast.Column, pipeline: Pipeline) -> str:
    if named.name not in table.columns:
        nearest = next(iter(get_close_matches(named.name, table.columns, 1)), None)
        raise pipeline.context.faults.unknown(named.span, named.name, nearest)
    return named.name


def _join(
    name: str,
    table: LookupTable,
    on: list[tuple[ast.Column, str]],
    wanted: list[tuple[str, str]],
    pipeline: Pipeline,
    *,
    grouped: bool,
) -> None:
    ids, binder = pipeline.context.ids, pipeline.context.binder
    keys = {key: Defined(ids.new(), cell(table, key), key) for _, key in on}
    pairs = tuple((_compared(left, table.columns[key], pipeline), keys[key].id) for left, key in on)
    added = [Column(ids.new(), new, table.columns[own], grouped) for new, own in wanted]
    values = tuple(
        Defined(made.id, call("groupArray", cell(table, own)) if grouped else cell(table, own), own)
        for made, (_, own) in zip(added, wanted, strict=True)
    )
    pipeline.add(Join(name, pairs, bound_rows(table, binder), tuple(keys.values()), values, grouped))
    pipeline.scope = pipeline.scope.put(added)


def _compared(named: ast.Column, type_: Type, pipeline: Pipeline) -> str:
    """The id of what is compared with the table: nothing where a column has several values."""
    found = pipeline.column(named)
    alike = found.type is type_ or {found.type, type_} <= TEXTS or {found.type, type_} <= WHOLE
    if not alike:
        message = f"`{named.name}` holds {found.type} values, the table {type_} ones"
        raise pipeline.context.faults.at(named.span, message, "convert it in an `EVAL` before")
    if not found.many:
        return found.id
    value = Typed(column(found.id), found.type, True, MISSING)
    return pipeline.define(Typed(one(value), found.type, False, MISSING), named.name, named.name).id
