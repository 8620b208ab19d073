"""A plan while it grows: the stages so far and the columns that the next command sees."""

import dataclasses
from dataclasses import dataclass, field

from sqlglot import exp

from bartizan.query import ir
from bartizan.query.esql import ast
from bartizan.query.esql.context import Context
from bartizan.query.esql.expressions import Expressions
from bartizan.query.esql.plan import Column, Defined, Extend, Plan, Stage, Values
from bartizan.query.esql.printer import expression
from bartizan.query.esql.scope import MAX_COLUMNS, Scope
from bartizan.query.esql.typed import Type, Typed, null
from bartizan.query.sql import call, column


@dataclass(slots=True)
class Pipeline:
    """Commands add to it one after the other."""

    context: Context
    scope: Scope
    values: Values | None = None
    """The row that it begins with; None if it begins with streams."""
    stages: list[Stage] = field(default_factory=list)

    def add(self, stage: Stage) -> None:
        """What happens to the rows next."""
        self.stages.append(stage)

    def expressions(self) -> Expressions:
        """What turns expressions into trees here."""
        return Expressions(self.context, self.scope)

    def define(self, value: Typed, name: str, shown: str) -> Column:
        """The column `name` of a value; the scope doesn't change."""
        if len(self.scope.columns) >= MAX_COLUMNS:
            raise self.context.faults.at(ast.NOWHERE, f"a query has at most {MAX_COLUMNS} columns")
        if isinstance(value.tree, exp.Column):
            return Column(value.tree.name, name, value.type, value.many)
        own = Column(self.context.ids.new(), name, value.type, value.many)
        self.add(Extend((Defined(own.id, value.tree, f"{name} = {shown}"),)))
        return own

    def column(self, named: ast.Column) -> Column:
        """The column that a query names. Raises `UnknownField`."""
        found = self.scope.find(named.name)
        if found is None:
            raise self.context.faults.unknown(named.span, named.name, self.scope.nearest(named.name))
        return found

    def names(self, pattern: ast.Pattern, *, missing_is_error: bool) -> tuple[str, ...]:
        """The names that a pattern of `KEEP` or `DROP` stands for."""
        if len(pattern.parts) == 1:
            name = pattern.parts[0]
            if self.scope.find(name) is None and missing_is_error:
                raise self.context.faults.unknown(pattern.span, name, self.scope.nearest(name))
            return (name,)
        found = self.scope.matching(pattern.parts)
        if not found and missing_is_error and not self._may_lack(pattern):
            raise self.context.faults.at(pattern.span, f"no column fits `{'*'.join(pattern.parts)}`")
        return found

    def sortable(self, value: ast.Expression, *, descending: bool) -> str:
        """The id of a column with what to sort by: of several values the least, or the greatest if descending."""
        typed = self.expressions().value(value)
        if typed.type in (Type.GEO_POINT,):
            raise self.context.faults.at(value.span, f"{typed.type} values have no order")
        tree = typed.tree
        if typed.many:
            least = call("arrayMax" if descending else "arrayMin", tree.copy())
            tree = call("if", call("empty", tree), exp.Null(), least)
        shown = expression(value)
        return self.define(dataclasses.replace(typed, tree=tree, many=False), shown, shown).id

    def each_value(self, own: Column, *, distinct: bool) -> exp.Expression:
        """What makes a row of each value of a column; NULL is the value of one without any."""
        values = call("arrayDistinct", column(own.id)) if distinct else column(own.id)
        none = exp.array(null(own.type).tree, dialect="clickhouse")
        return call("arrayJoin", call("if", call("empty", values), none, values.copy()))

    def plan(self, necessary: ir.Expr | None = None) -> Plan:
        """All of it; `necessary` is what is known of every event that gets through."""
        columns = self.scope.all()
        if self.values is not None:
            return Plan(self.values, tuple(self.stages), columns)
        assert self.context.streams is not None
        return Plan(self.context.streams.scan(necessary), tuple(self.stages), columns, necessary)

    def _may_lack(self, pattern: ast.Pattern) -> bool:
        """Whether the registry has fields that fit, though no stream does."""
        streams = self.scope.streams
        if streams is None:
            return False
        text = "*".join(pattern.parts)
        return streams.schema.unknown_fields == "missing" or streams.schema.knows_pattern(text)
