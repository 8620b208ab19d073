"""Aggregate functions (elastic.co, ES|QL "Aggregate functions"): what has no value counts nothing, several values count
each. A condition (`COUNT(*) WHERE x > 1`) takes the values of other rows away."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from sqlglot import exp

from bartizan.query.esql.functions.signature import ANY, INTEGER, NUMBER, ORDERED, TEXT, Types, check_count, check_type
from bartizan.query.esql.operators import finite
from bartizan.query.esql.typed import (
    CLICKHOUSE,
    MISSING,
    Env,
    Mistake,
    Tree,
    Type,
    Typed,
    all_values,
    cast,
    null,
    number,
    one,
)
from bartizan.query.sql import call, each, text

MAX_TOP = 10_000
"""Most values that `TOP` and `SAMPLE` give."""


@dataclass(frozen=True, slots=True)
class Aggregated:
    """A call being built: its arguments, the rows that count, and what binds."""

    name: str
    arguments: Sequence[Typed]
    condition: Tree | None
    env: Env

    def of(
        self, function: str, index: int = 0, *parameters: Tree, change: Callable[[Tree], Tree] | None = None
    ) -> Tree:
        """A ClickHouse aggregate over the values of an argument, each changed first; NULL where there are none."""
        typed = self.arguments[index]
        if typed.many:
            values = typed.tree.copy() if change is None else call("arrayMap", each("_a", change), typed.tree.copy())
            return _applied(f"{function}OrNullArray", parameters, [self._counted(values, many=True)])
        value = typed.tree.copy() if change is None else change(typed.tree.copy())
        return _applied(function, parameters, [self._counted(value)])

    def values(self, index: int = 0) -> Tree:
        """All values of an argument in one array."""
        listed = all_values(self.arguments[index])
        return call("arrayFlatten", call("groupArray", self._counted(listed, many=True)))

    def single(self, index: int) -> Tree:
        """An argument as a single value, NULL in rows that don't count."""
        return self._counted(one(self.arguments[index]))

    def constant_number(self, index: int) -> int | float:
        """An argument that must be a constant number. Raises `Mistake`."""
        value = self.arguments[index].constant
        if isinstance(value, bool) or not isinstance(value, int | float):
            raise Mistake(f"this argument of `{self.name.upper()}` must be a constant number", "", index)
        return value

    def _counted(self, tree: Tree, *, many: bool = False) -> Tree:
        if self.condition is None:
            return tree
        holds = call("ifNull", self.condition.copy(), exp.false())
        nothing = call("arraySlice", tree.copy(), number(1), number(0)) if many else exp.Null()
        return call("if", holds, tree, nothing)


def _applied(function: str, parameters: Sequence[Tree], arguments: Sequence[Tree]) -> Tree:
    if not parameters:
        return call(function, *arguments)
    return exp.ParameterizedAgg(this=function, expressions=list(parameters), params=list(arguments))


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An aggregate function: what it takes and how it is built."""

    parameters: tuple[Types, ...]
    build: Callable[[Aggregated], Typed]
    optional: int = 0


def aggregate_of(name: str, function: Aggregate, arguments: Sequence[Typed], condition: Tree | None, env: Env) -> Typed:
    """The call of an aggregate function. Raises `Mistake` for arguments that it doesn't take."""
    check_count(name, len(arguments), len(function.parameters), function.optional, False)
    for index, argument in enumerate(arguments):
        check_type(name, argument, function.parameters[index], index)
    known = [_without_null(argument) for argument in arguments]
    return function.build(Aggregated(name, known, condition, env))


def _without_null(argument: Typed) -> Typed:
    return null(Type.KEYWORD) if argument.type is Type.NULL and argument.constant is MISSING else argument


def _kept(type: Type) -> Type:
    return Type.KEYWORD if type is Type.TEXT else type


def _count(call_: Aggregated) -> Typed:
    if not call_.arguments:
        counted = (
            call("countIf", call("ifNull", call_.condition.copy(), exp.false())) if call_.condition else call("count")
        )
        return Typed(call("toInt64", counted), Type.LONG)
    return Typed(call("toInt64", call("ifNull", call_.of("count"), number(0))), Type.LONG)


def _count_distinct(call_: Aggregated) -> Typed:
    return Typed(call("toInt64", call("ifNull", call_.of("uniqExact"), number(0))), Type.LONG)


def _extreme(function: str, by_version: str) -> Callable[[Aggregated], Typed]:
    def build(call_: Aggregated) -> Typed:
        type = _kept(call_.arguments[0].type)
        if type is Type.VERSION:
            value = call_.single(0)
            return Typed(call(f"{by_version}OrNull", value, call("naturalSortKey", value.copy())), type)
        return Typed(call_.of(function), type)

    return build


def _sum(call_: Aggregated) -> Typed:
    if call_.arguments[0].type is Type.DOUBLE:
        return Typed(finite(call_.of("sum")), Type.DOUBLE)
    wide = call_.of("sum", change=lambda value: call("toInt128", value))
    type = Type.UNSIGNED_LONG if call_.arguments[0].type is Type.UNSIGNED_LONG else Type.LONG
    return Typed(call("accurateCastOrNull", wide, text(CLICKHOUSE[type])), type)


def _double(function: str, *parameters: Tree) -> Callable[[Aggregated], Typed]:
    """A double of numbers."""

    def build(call_: Aggregated) -> Typed:
        found = call_.of(
            function, 0, *(one_.copy() for one_ in parameters), change=lambda value: call("toFloat64", value)
        )
        return Typed(finite(call("toFloat64", found)), Type.DOUBLE)

    return build


def _percentile(call_: Aggregated) -> Typed:
    level = call_.constant_number(1)
    if not 0 <= level <= 100:
        raise Mistake("a percentile is a number from 0 to 100", "", 1)
    return _double("quantileExactInclusive", exp.Literal.number(repr(level / 100)))(call_)


def _deviation(call_: Aggregated) -> Typed:
    """The median of the distances from the median."""
    values = cast(call_.values(), "Array(Float64)")
    middle = call("arrayReduce", text("quantileExactInclusive(0.5)"), values)
    apart = call("arrayMap", each("_d", lambda value: call("abs", call("minus", value, middle))), values.copy())
    found = call("arrayReduce", text("quantileExactInclusive(0.5)"), apart)
    return Typed(call("if", call("empty", values.copy()), exp.Null(), finite(found)), Type.DOUBLE)


def _weighted(call_: Aggregated) -> Typed:
    if any(argument.type is Type.NULL for argument in call_.arguments):
        return Typed(call("any", null(Type.DOUBLE).tree), Type.DOUBLE)
    value, weight = (call("toFloat64", call_.single(index)) for index in (0, 1))
    total = call("sum", call("multiply", value, weight))
    weights = call("sum", call("if", call("isNull", value.copy()), exp.Null(), weight.copy()))
    return Typed(finite(call("divideOrNull", total, weights)), Type.DOUBLE)


def _values(call_: Aggregated) -> Typed:
    """Each value once; in order, since Elasticsearch promises none."""
    type = _kept(call_.arguments[0].type)
    found = call("arraySort", call("arrayDistinct", call_.values()))
    return Typed(cast(found, f"Array({CLICKHOUSE[type]})"), type, True)


def _top(call_: Aggregated) -> Typed:
    """The first values in an order, or what stands beside them in another field."""
    limit = _limit(call_, 1)
    order = call_.arguments[2].constant if len(call_.arguments) > 2 else "asc"
    if order not in ("asc", "desc"):
        raise Mistake('the order of `TOP` is "asc" or "desc"', "", 2)
    sort = "arraySort" if order == "asc" else "arrayReverseSort"
    type = _kept(call_.arguments[-1].type if len(call_.arguments) > 3 else call_.arguments[0].type)
    if len(call_.arguments) > 3:
        pairs = call("groupArray", call("tuple", call("assumeNotNull", call_.single(0)), call_.single(3)))
        if call_.condition is not None:
            pairs = call(
                "groupArrayIf",
                call("tuple", call("assumeNotNull", one(call_.arguments[0])), one(call_.arguments[3])),
                call("ifNull", call_.condition.copy(), exp.false()),
            )
        ordered = call(sort, each("_t", lambda pair: call("tupleElement", pair, number(1))), pairs)
        found = call("arrayMap", each("_t", lambda pair: call("tupleElement", pair, number(2))), ordered)
        found = call(
            "arrayFilter",
            each("_t", lambda value: call("isNotNull", value)),
            call("arraySlice", found, number(1), number(limit)),
        )
    else:
        found = call("arraySlice", call(sort, call_.values()), number(1), number(limit))
    return Typed(cast(found, f"Array({CLICKHOUSE[type]})"), type, True)


def _limit(call_: Aggregated, index: int) -> int:
    limit = call_.constant_number(index)
    if not isinstance(limit, int) or not 1 <= limit <= MAX_TOP:
        raise Mistake(f"a limit is a whole number from 1 to {MAX_TOP}", "", index)
    return limit


def _sample(call_: Aggregated) -> Typed:
    type = _kept(call_.arguments[0].type)
    found = call("arraySlice", call_.values(), number(1), number(_limit(call_, 1)))
    return Typed(cast(found, f"Array({CLICKHOUSE[type]})"), type, True)


def _by_time(function: str) -> Callable[[Aggregated], Typed]:
    """The value of the row that comes first or last by another field."""

    def build(call_: Aggregated) -> Typed:
        type = _kept(call_.arguments[0].type)
        value, order = call_.single(0), call_.single(1)
        return Typed(call(function, value, order), type)

    return build


def _present(is_present: bool) -> Callable[[Aggregated], Typed]:
    def build(call_: Aggregated) -> Typed:
        counted = _count(call_).tree
        tree: Tree = (
            exp.GT(this=counted, expression=number(0)) if is_present else exp.EQ(this=counted, expression=number(0))
        )
        return Typed(tree, Type.BOOLEAN)

    return build


AGGREGATES: Mapping[str, Aggregate] = {
    "absent": Aggregate((ANY,), _present(False)),
    "avg": Aggregate((NUMBER,), _double("avg")),
    "count": Aggregate((ANY,), _count, optional=1),
    "count_distinct": Aggregate((ANY, INTEGER), _count_distinct, optional=1),
    "first": Aggregate((ANY, ORDERED), _by_time("argMin")),
    "last": Aggregate((ANY, ORDERED), _by_time("argMax")),
    "max": Aggregate((ORDERED,), _extreme("max", "argMax")),
    "median": Aggregate((NUMBER,), _double("quantileExactInclusive", exp.Literal.number("0.5"))),
    "median_absolute_deviation": Aggregate((NUMBER,), _deviation),
    "min": Aggregate((ORDERED,), _extreme("min", "argMin")),
    "percentile": Aggregate((NUMBER, NUMBER), _percentile),
    "present": Aggregate((ANY,), _present(True)),
    "sample": Aggregate((ANY, INTEGER), _sample),
    "std_dev": Aggregate((NUMBER,), _double("stddevPopStable")),
    "sum": Aggregate((NUMBER,), _sum),
    "top": Aggregate((ORDERED, INTEGER, TEXT, ANY), _top, optional=2),
    "values": Aggregate((ANY,), _values),
    "variance": Aggregate((NUMBER,), _double("varPopStable")),
    "weighted_avg": Aggregate((NUMBER, NUMBER), _weighted),
}
"""What each takes and gives."""
