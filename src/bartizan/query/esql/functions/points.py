"""Functions of points on the earth, kept as `POINT (longitude latitude)` (elastic.co, ES|QL "Spatial functions")."""

from collections.abc import Mapping

from bartizan.query.esql.conversions import convert
from bartizan.query.esql.functions.signature import POINT, TEXT, Built, Function
from bartizan.query.esql.operators import finite
from bartizan.query.esql.typed import Tree, Type, Typed, number, one
from bartizan.query.sql import call, text

_POINTS = POINT | TEXT
_PARTS = r"POINT \((\S+) (\S+)\)"


def _coordinate(point: Tree, place: int) -> Tree:
    parts = call("extractGroups", call("ifNull", point, text("")), text(_PARTS))
    return call("toFloat64OrNull", call("arrayElement", parts, number(place)))


def _point(built: Built, index: int) -> Tree:
    return one(convert(built.arguments[index], Type.GEO_POINT, built.env))


def _axis(place: int) -> Function:
    return Function((_POINTS,), lambda built: Typed(_coordinate(_point(built, 0), place), Type.DOUBLE))


def _distance(built: Built) -> Typed:
    """Metres on a sphere, by the haversine formula."""
    ends = [_coordinate(_point(built, index), place) for index in (0, 1) for place in (1, 2)]
    return Typed(finite(call("toFloat64", call("greatCircleDistance", *ends))), Type.DOUBLE)


POINTS: Mapping[str, Function] = {
    "st_distance": Function((_POINTS, _POINTS), _distance),
    "st_x": _axis(1),
    "st_y": _axis(2),
}
"""What each takes and gives."""
