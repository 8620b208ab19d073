"""The functions of ES|QL by name. What a query calls comes from these tables, nothing else of ClickHouse is reached."""

from collections.abc import Mapping

from bartizan.query.esql.functions.addresses import ADDRESSES
from bartizan.query.esql.functions.aggregates import AGGREGATES, aggregate_of
from bartizan.query.esql.functions.casts import CASTS
from bartizan.query.esql.functions.conditionals import CONDITIONALS
from bartizan.query.esql.functions.dates import BUCKETS, DATES
from bartizan.query.esql.functions.hashes import HASHES
from bartizan.query.esql.functions.json_texts import JSON
from bartizan.query.esql.functions.multivalues import MULTIVALUES
from bartizan.query.esql.functions.numbers import NUMBERS_OF
from bartizan.query.esql.functions.points import POINTS
from bartizan.query.esql.functions.signature import Function
from bartizan.query.esql.functions.strings import STRINGS

SCALARS: Mapping[str, Function] = {
    **ADDRESSES,
    **BUCKETS,
    **CASTS,
    **CONDITIONALS,
    **DATES,
    **HASHES,
    **JSON,
    **MULTIVALUES,
    **NUMBERS_OF,
    **POINTS,
    **STRINGS,
}
"""Functions of the values of one row."""

__all__ = ["AGGREGATES", "SCALARS", "aggregate_of"]
