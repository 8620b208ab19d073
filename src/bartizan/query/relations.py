"""Makes a ClickHouse SELECT from a relation of the IR: which stream, which rows, which columns, in which order."""

from dataclasses import dataclass

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.clickhouse import condition
from bartizan.query.ir import Filter, Limit, Project, Relation, Scan, Sort, SortKey, Union
from bartizan.query.schema import CONFLICT, Schema, base_type, is_array
from bartizan.query.sql import call, column, named, text, union


@dataclass(frozen=True, slots=True)
class Target:
    """What a relation is compiled for: the schema of all streams, the binder, the database (None: the current one)."""

    schema: Schema
    binder: Binder
    database: str | None = None


def select(relation: Relation, target: Target) -> exp.Select:
    """`relation` as a SELECT."""
    match relation:
        case Scan(stream):
            table = exp.table_(exp.to_identifier(stream, quoted=True), db=_quoted(target.database))
            return exp.Select(expressions=[exp.Star()]).from_(table)
        case Filter(source, predicate):
            tree = condition(predicate, target.schema.narrow(_stream(source)), target.binder)
            return _open(source, target, ("limit", "order")).where(tree, copy=False)
        case Sort(source, keys):
            return _open(source, target, ("limit", "order")).order_by(*map(_ordered, keys), copy=False)
        case Limit(source, count):
            return _open(source, target, ("limit",)).limit(count, copy=False)
        case Project(source, columns):
            own = target.schema.streams[_stream(source)]
            shown = [_shown(name, own, target.schema) for name in columns]
            return _as_source(select(source, target)).select(*shown, append=False, copy=False)
        case Union(sources):
            return _union([select(source, target) for source in sources])


def _open(source: Relation, target: Target, closed_by: tuple[str, ...]) -> exp.Select:
    """The SELECT of `source`, as a subquery if it already has a clause that another one would change."""
    inner = select(source, target)
    return _as_source(inner) if any(inner.args.get(clause) for clause in closed_by) else inner


def _as_source(inner: exp.Select | exp.Query) -> exp.Select:
    return exp.Select(expressions=[exp.Star()]).from_(inner.subquery(copy=False))


def _union(selects: list[exp.Select]) -> exp.Select:
    if len(selects) == 1:
        return selects[0]
    return _as_source(union(selects))


def _stream(relation: Relation) -> str:
    match relation:
        case Scan(stream):
            return stream
        case Union():
            raise ValueError("a union has no single stream")
        case _:
            return _stream(relation.source)


def _shown(name: str, own: object, schema: Schema) -> exp.Expression:
    merged = schema.columns[name]
    if name not in own:  # type: ignore[operator]
        return named(_without_value(merged), name)
    if merged == CONFLICT:
        as_text = call("ifNull", call("toString", column(name)), text(""))
        return named(as_text, name)
    return column(name)


def _without_value(clickhouse_type: str) -> exp.Expression:
    if is_array(clickhouse_type):
        return exp.array(dialect="clickhouse")
    base = base_type(clickhouse_type)
    return text("") if base in ("String", CONFLICT) or base.startswith("FixedString") else exp.Null()


def _ordered(key: SortKey) -> exp.Expression:
    return exp.Ordered(this=column(key.column), desc=key.descending, nulls_first=False)


def _quoted(name: str | None) -> exp.Identifier | None:
    return exp.to_identifier(name, quoted=True) if name else None
