"""Functions of several values (elastic.co, ES|QL "Multivalue functions"); an empty list is null."""

from collections.abc import Callable, Mapping

from sqlglot import exp

from bartizan.query.esql.functions.conditionals import as_common, common_type
from bartizan.query.esql.functions.signature import ANY, INTEGER, NUMBER, ORDERED, TEXT, Built, Function
from bartizan.query.esql.operators import finite
from bartizan.query.esql.typed import CLICKHOUSE, Mistake, Tree, Type, Typed, all_values, cast, element, number
from bartizan.query.sql import call, each, text


def _list(built: Built, index: int = 0) -> Tree:
    return all_values(built.arguments[index])


def _unless_empty(values: Tree, found: Tree) -> Tree:
    return call("if", call("empty", values.copy()), exp.Null(), call("toNullable", found))


def _single(pick: Callable[[Tree], Tree]) -> Callable[[Built], Typed]:
    """One value of the type of the values."""

    def build(built: Built) -> Typed:
        values, type = _list(built), built.arguments[0].type
        return Typed(_unless_empty(values, pick(values.copy())), Type.KEYWORD if type is Type.TEXT else type)

    return build


def _double(pick: Callable[[Tree], Tree]) -> Callable[[Built], Typed]:
    """A double of numbers."""

    def build(built: Built) -> Typed:
        values = cast(_list(built), "Array(Float64)")
        return Typed(finite(_unless_empty(values, pick(values.copy()))), Type.DOUBLE)

    return build


def _listed(pick: Callable[[Built], Tree]) -> Callable[[Built], Typed]:
    """Several values of the type of the values."""

    def build(built: Built) -> Typed:
        type = built.arguments[0].type
        return Typed(pick(built), Type.KEYWORD if type is Type.TEXT else type, True)

    return build


def _joined(pick: Callable[[Built], Tree]) -> Callable[[Built], Typed]:
    """Several values of the type that both arguments have in common."""

    def build(built: Built) -> Typed:
        type = common_type(built.arguments[:2], built.name)
        return Typed(pick(built), type, True)

    return build


def _kept(pick: Callable[[Tree], Tree]) -> Callable[[Built], Typed]:
    """A number of the type of the values; for whole numbers rounded down."""

    def build(built: Built) -> Typed:
        values, type = _list(built), built.arguments[0].type
        if type is Type.DOUBLE:
            return _double(pick)(built)
        found = call("floor", pick(values.copy()))
        return Typed(call("accurateCastOrNull", _unless_empty(values, found), text(CLICKHOUSE[type])), type)

    return build


def _sum(built: Built) -> Typed:
    type = built.arguments[0].type
    values = _list(built)
    if type is Type.DOUBLE:
        return Typed(finite(_unless_empty(values, call("arraySum", values.copy()))), type)
    wide = call("arraySum", each("_w", lambda value: call("toInt128", value)), values.copy())
    return Typed(call("accurateCastOrNull", _unless_empty(values, wide), text(CLICKHOUSE[type])), type)


def _count(built: Built) -> Typed:
    values = _list(built)
    return Typed(call("toInt32", _unless_empty(values, call("length", values.copy()))), Type.INTEGER)


def _concat(built: Built) -> Typed:
    """The values with a text between them."""
    values = _list(built)
    joined = call("arrayStringConcat", values.copy(), built.env.binder.scalar(built.text(1)))
    return Typed(_unless_empty(values, joined), Type.KEYWORD)


def _slice(built: Built) -> Tree:
    """From a place to a place, both counted from 0 and included, from the end if negative."""
    values = _list(built)
    size = call("toInt64", call("length", values.copy()))
    start = _place(built, 1, size)
    end = _place(built, 2, size) if built.has(2) else start.copy()
    wanted = call("plus", call("minus", end, start.copy()), number(1))
    first = call("greatest", start.copy(), number(0))
    cut = call("minus", wanted, call("minus", first.copy(), start))
    return call("arraySlice", values, call("plus", first, number(1)), call("greatest", cut, number(0)))


def _place(built: Built, index: int, size: Tree) -> Tree:
    given = call("ifNull", call("toInt64", built[index]), number(0))
    return call("if", exp.LT(this=given, expression=number(0)), call("plus", size.copy(), given.copy()), given.copy())


def _sort(built: Built) -> Tree:
    order = built.text(1).lower() if built.has(1) else "asc"
    if order not in ("asc", "desc"):
        raise Mistake(f"`{order[:20]}` is no order", 'take "asc" or "desc"', 1)
    return call("arraySort" if order == "asc" else "arrayReverseSort", _list(built))


def _zip(built: Built) -> Typed:
    """Pairs of texts; the longer list goes on alone."""
    left, right = _list(built, 0), _list(built, 1)
    between = built.text(2) if built.has(2) else ","
    size = call("greatest", call("length", left.copy()), call("length", right.copy()))
    sizes = call("length", left.copy()), call("length", right.copy())

    def pair(place: Tree) -> Tree:
        one, other = call("arrayElement", left.copy(), place), call("arrayElement", right.copy(), place.copy())
        both = call("concat", one.copy(), built.env.binder.scalar(between), other.copy())
        alone = (
            exp.GT(this=place.copy(), expression=sizes[1].copy()),
            exp.GT(this=place.copy(), expression=sizes[0].copy()),
        )
        return call("multiIf", alone[0], one, alone[1], other, both)

    places = call("range", number(1), call("plus", size, number(1)))
    return Typed(call("arrayMap", each("_z", pair), places), Type.KEYWORD, True)


def _alike(built: Built) -> tuple[Tree, Tree]:
    """The values of both arguments, as arrays of one type. Raises `Mistake` if they have none in common."""
    left, right = built.arguments[0], built.arguments[1]
    type = common_type((left, right), built.name)
    first, second = as_common((left, right), type, built.env, many=True)
    return first, second


def _intersection(built: Built) -> Tree:
    left, right = _alike(built)
    kept = call("arrayFilter", each("_i", lambda value: call("has", right, value)), left)
    return call("arrayDistinct", kept)


def _union(built: Built) -> Tree:
    return call("arrayDistinct", call("arrayConcat", *_alike(built)))


def _difference(built: Built) -> Tree:
    left, right = _alike(built)
    return call(
        "arrayDistinct", call("arrayFilter", each("_i", lambda value: exp.Not(this=call("has", right, value))), left)
    )


def _contains(built: Built) -> Typed:
    """Whether all values of the second are among the first; never null: no value is in everything."""
    left, right = _alike(built)
    return Typed(call("toNullable", call("hasAll", left, right)), Type.BOOLEAN)


def _intersects(built: Built) -> Typed:
    left, right = _alike(built)
    return Typed(call("toNullable", call("hasAny", left, right)), Type.BOOLEAN)


def _appended(built: Built) -> Tree:
    """Null if one of them is."""
    left, right = _alike(built)
    either = call("or", call("empty", left.copy()), call("empty", right.copy()))
    joined = call("arrayConcat", left, right)
    return call("if", either, call("arraySlice", left.copy(), number(1), number(0)), joined)


def _median(values: Tree) -> Tree:
    return call("arrayReduce", text("quantileExactInclusive(0.5)"), values)


def _percentile(built: Built) -> Typed:
    level = built.constant(1)
    if isinstance(level, bool) or not isinstance(level, int | float) or not 0 <= level <= 100:
        raise Mistake("a percentile is a number from 0 to 100", "", 1)
    function = text(f"quantileExactInclusive({level / 100!r})")
    return _kept(lambda values: call("arrayReduce", function.copy(), values))(built)


def _deviation(values: Tree) -> Tree:
    """The median of the distances from the median."""
    middle = _median(values.copy())
    return _median(call("arrayMap", each("_d", lambda value: call("abs", call("minus", value, middle))), values))


def _series(built: Built) -> Typed:
    """The values from the largest on, each divided by a power of its place, together."""
    power = call("ifNull", call("toFloat64", built[1]), number(1))
    values = cast(_list(built), "Array(Float64)")
    places = call("arrayEnumerate", values.copy())
    weights = exp.Lambda(
        this=call("divide", exp.column("_x"), call("pow", exp.column("_y"), power)),
        expressions=[exp.to_identifier("_x"), exp.to_identifier("_y")],
    )
    ordered = call("arrayReverseSort", values.copy())
    return Typed(finite(_unless_empty(values, call("arraySum", weights, ordered, places))), Type.DOUBLE)


_ANY = (ANY,)
MULTIVALUES: Mapping[str, Function] = {
    "mv_append": Function((ANY, ANY), _joined(_appended)),
    "mv_avg": Function((NUMBER,), _double(lambda values: call("arrayAvg", values))),
    "mv_concat": Function((TEXT, TEXT), _concat),
    "mv_contains": Function((ANY, ANY), _contains, takes_null=True),
    "mv_count": Function(_ANY, _count),
    "mv_dedupe": Function(_ANY, _listed(lambda built: call("arrayDistinct", _list(built)))),
    "mv_difference": Function((ANY, ANY), _joined(_difference)),
    "mv_first": Function(_ANY, _single(lambda values: element(values, 1))),
    "mv_intersection": Function((ANY, ANY), _joined(_intersection)),
    "mv_intersects": Function((ANY, ANY), _intersects, takes_null=True),
    "mv_last": Function(_ANY, _single(lambda values: element(values, -1))),
    "mv_max": Function((ORDERED,), _single(lambda values: element(call("arraySort", values), -1))),
    "mv_median": Function((NUMBER,), _kept(_median)),
    "mv_median_absolute_deviation": Function((NUMBER,), _kept(_deviation)),
    "mv_min": Function((ORDERED,), _single(lambda values: element(call("arraySort", values), 1))),
    "mv_percentile": Function((NUMBER, NUMBER), _percentile),
    "mv_pseries_weighted_sum": Function((NUMBER, NUMBER), _series),
    "mv_slice": Function((ANY, INTEGER, INTEGER), _listed(_slice), optional=1),
    "mv_sort": Function((ORDERED, TEXT), _listed(_sort), optional=1),
    "mv_sum": Function((NUMBER,), _sum),
    "mv_union": Function((ANY, ANY), _joined(_union), takes_null=True),
    "mv_zip": Function((TEXT, TEXT, TEXT), _zip, optional=1),
}
"""What each takes and gives."""
