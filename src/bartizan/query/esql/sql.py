"""Makes a ClickHouse SELECT from a plan. Stages share a SELECT as long as its clauses keep their meaning; where one has
to see what another computed, that one becomes a named subquery, so nothing nests in the text."""

import re
from collections.abc import Iterable
from dataclasses import dataclass, field

from sqlglot import exp

from bartizan.query.esql.plan import (
    Aggregate,
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
    Stage,
    StreamScan,
    Values,
    Window,
)
from bartizan.query.esql.tables import ROW
from bartizan.query.sql import all_of, call, column, named, union

_AGGREGATE = re.compile(
    r"(?:any|anyLast|arg(?:Min|Max)|avg|count|groupArray|groupUniqArray|max|min|quantile[A-Za-z]*|stddev[A-Za-z]*|sum"
    r"|topK|uniq[A-Za-z]*|var[A-Za-z]*)(?:If|OrNull|Array|Distinct)*"
)
"""Names of ClickHouse's aggregate functions, of those that trees are made with."""

MAX_DEPTH = 100
"""Most nodes around each other: text is made of a statement by recursion."""

MAX_LEVELS = 90
"""Most subqueries around each other (ClickHouse's own bound is 100)."""


def select(plan: Plan, database: str | None = None) -> exp.Select:
    """The statement of `plan`: its columns by their ids."""
    builder = _Builder()
    builder.source(plan, database)
    for stage in plan.stages:
        builder.stage(stage)
    return builder.finish([one.id for one in plan.columns])


def levels(tree: exp.Select) -> int:
    """How many subqueries lie around each other."""
    return len(tree.ctes)


def depth(tree: exp.Expression) -> int:
    """How many nodes of the statement lie around the innermost one; doesn't recurse, so it can guard what does."""
    deepest, pending = 0, [(tree, 0)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        pending.extend((child, level + 1) for child in node.iter_expressions())
    return deepest


@dataclass(slots=True)
class _Builder:
    """The SELECT that grows, and the named ones that it reads."""

    current: exp.Select = field(default_factory=lambda: exp.Select())
    own: set[str] = field(default_factory=set)
    """Ids that the current SELECT computes, which its other clauses must not use."""
    closed: bool = True
    """Whether further clauses would change the meaning of those that the current SELECT has."""
    fixed: bool = True
    """Whether the columns of the current SELECT decide which rows there are."""
    order: tuple[Key, ...] = ()
    conditions: list[exp.Expression] = field(default_factory=list)
    """What the rows of the current SELECT fulfil."""
    named: list[tuple[str, exp.Expression]] = field(default_factory=list)

    def source(self, plan: Plan, database: str | None) -> None:
        match plan.source:
            case Scan() as scan:
                self.current = _scan(scan, database)
            case Values(columns):
                self.current = exp.Select(expressions=[_defined(one) for one in columns])

    def stage(self, stage: Stage) -> None:
        match stage:
            case Filter(condition):
                self._open([condition])
                self.conditions.append(condition)
            case Extend(columns):
                for one in columns:
                    self._extend(one)
            case Expand(one):
                self._extend(one)
                self.closed = self.fixed = True
            case Sort(keys):
                if self.closed:
                    self._nest()
                self.order = keys
            case Limit(count, by):
                self._limit(count, by)
            case Aggregate(keys, aggregates):
                self._aggregate(keys, aggregates)
            case Window(keys, aggregates):
                self._window(keys, aggregates)
            case Join():
                self._join(stage)

    def finish(self, ids: list[str]) -> exp.Select:
        if self.fixed or not self.own.isdisjoint(key.id for key in self.order if key.id not in ids):
            self._nest()
        own = {one.alias: one for one in self.current.expressions if one.alias in self.own}
        columns = [own.get(one) or column(one) for one in ids] or [named(exp.Literal.number(1), "_none")]
        self.current.select(*columns, append=False, copy=False)
        self._where()
        self._order()
        if self.named:
            ctes = [exp.CTE(this=tree, alias=exp.TableAlias(this=exp.to_identifier(name))) for name, tree in self.named]
            self.current.set("with_", exp.With(expressions=ctes))
        return self.current

    def _extend(self, one: Defined) -> None:
        self._open([one.tree])
        self.current.select(_defined(one), copy=False)
        self.own.add(one.id)

    def _limit(self, count: int, by: str) -> None:
        if self.closed:
            self._nest()
        self._order()
        limit = exp.Limit(expression=exp.Literal.number(count), expressions=[column(by)] if by else None)
        self.current.set("limit", limit)
        self.closed = True

    def _aggregate(self, keys: tuple[Defined, ...], aggregates: tuple[Defined, ...]) -> None:
        if self.closed or self.own:
            self._nest()
        self.current.select(*(_defined(one) for one in (*keys, *aggregates)), append=False, copy=False)
        if keys:
            self.current.group_by(*(column(one.id) for one in keys), copy=False)
        self.closed, self.fixed, self.order = True, True, ()

    def _window(self, keys: tuple[str, ...], aggregates: tuple[Defined, ...]) -> None:
        self._open([*(column(key) for key in keys), *(one.tree for one in aggregates)])
        for one in aggregates:
            self.current.select(named(_over(one.tree, keys), one.id), copy=False)
        self.closed = self.fixed = True

    def _join(self, join: Join) -> None:
        self._nest()
        rows = exp.Select(expressions=[named(call("arrayJoin", join.rows), ROW)]).subquery(copy=False)
        table = exp.Select(expressions=[_defined(one) for one in (*join.keys, *join.columns)]).from_(rows)
        if join.grouped:
            table.group_by(*(column(one.id) for one in join.keys), copy=False)
        right = exp.Subquery(this=table, alias=exp.TableAlias(this=exp.to_identifier("_t")))
        on = exp.and_(*(exp.EQ(this=column(left), expression=column(own)) for left, own in join.on))
        self.current.join(right, on=on, join_type="LEFT", copy=False)
        self.closed = self.fixed = True

    def _order(self) -> None:
        if self.order:
            keys = [
                exp.Ordered(this=column(key.id), desc=key.descending, nulls_first=key.nulls_first) for key in self.order
            ]
            self.current.order_by(*keys, append=False, copy=False)

    def _open(self, trees: Iterable[exp.Expression]) -> None:
        """Start another SELECT if the current one can't have a clause that uses `trees`."""
        if self.closed or (self.own and any(used in self.own for tree in trees for used in _ids(tree))):
            self._nest()

    def _where(self) -> None:
        if self.conditions:
            self.current.where(all_of([exp.Paren(this=one) for one in self.conditions]), copy=False)
        self.conditions = []

    def _nest(self) -> None:
        self._where()
        name = f"stage{len(self.named) + 1}"
        self.named.append((name, self.current))
        self.current = exp.Select(expressions=[exp.Star()]).from_(exp.Table(this=exp.to_identifier(name)))
        self.own, self.closed, self.fixed = set(), False, False


def _scan(scan: Scan, database: str | None) -> exp.Select:
    selects = [_stream(one, scan, database) for one in scan.streams]
    if len(selects) == 1:
        return selects[0]
    return exp.Select(expressions=[exp.Star()]).from_(union(selects).subquery(copy=False))


def _stream(one: StreamScan, scan: Scan, database: str | None) -> exp.Select:
    ids = (own.id for own in scan.columns)
    columns = [named(tree, id_) for id_, tree in zip(ids, one.trees, strict=True)]
    table = exp.table_(exp.to_identifier(one.stream, quoted=True), db=_quoted(database))
    tree = exp.Select(expressions=columns or [named(exp.Literal.number(1), "_none")]).from_(table)
    return tree if one.condition is None else tree.where(one.condition, copy=False)


def _defined(one: Defined) -> exp.Expression:
    return named(one.tree, one.id)


def _ids(tree: exp.Expression) -> set[str]:
    return {found.name for found in tree.find_all(exp.Column)}


def _over(tree: exp.Expression, keys: tuple[str, ...]) -> exp.Expression:
    """`tree` with its aggregate functions over the rows of equal `keys`."""
    whole = exp.Paren(this=tree)
    found = whole.find_all(exp.Anonymous, exp.ParameterizedAgg)
    for node in [one for one in found if _AGGREGATE.fullmatch(str(one.this))]:
        node.replace(exp.Window(this=node.copy(), partition_by=[column(key) for key in keys]))
    inner: exp.Expression = whole.this
    return inner


def _quoted(name: str | None) -> exp.Identifier | None:
    return exp.to_identifier(name, quoted=True) if name else None
