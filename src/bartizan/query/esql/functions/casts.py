"""Functions that convert (elastic.co, ES|QL "Type conversion functions")."""

from collections.abc import Mapping

from bartizan.query.esql.conversions import convert
from bartizan.query.esql.functions.signature import ANY, SPAN, TEXT, Built, Function
from bartizan.query.esql.typed import Type, Typed

_TARGETS: Mapping[str, Type] = {
    "to_boolean": Type.BOOLEAN,
    "to_bool": Type.BOOLEAN,
    "to_dateperiod": Type.DATE_PERIOD,
    "to_datetime": Type.DATETIME,
    "to_date_nanos": Type.DATETIME,
    "to_dt": Type.DATETIME,
    "to_double": Type.DOUBLE,
    "to_dbl": Type.DOUBLE,
    "to_geopoint": Type.GEO_POINT,
    "to_integer": Type.INTEGER,
    "to_int": Type.INTEGER,
    "to_ip": Type.IP,
    "to_long": Type.LONG,
    "to_string": Type.KEYWORD,
    "to_str": Type.KEYWORD,
    "to_timeduration": Type.TIME_DURATION,
    "to_unsigned_long": Type.UNSIGNED_LONG,
    "to_ul": Type.UNSIGNED_LONG,
    "to_ulong": Type.UNSIGNED_LONG,
    "to_version": Type.VERSION,
    "to_ver": Type.VERSION,
}


def _converting(to: Type) -> Function:
    def build(built: Built) -> Typed:
        return convert(built.arguments[0], to, built.env)

    return Function((ANY | SPAN if to in SPAN else ANY | TEXT,), build)


CASTS: Mapping[str, Function] = {name: _converting(to) for name, to in _TARGETS.items()}
"""`TO_TYPE(x)` for each type."""
