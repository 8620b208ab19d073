"""What type each name of the files has, by all its values, and how a value is read as that type.

A name that the ECS registry knows has the registry's type; any other is told by its values. A column whose values don't
all fit stays text, so nothing is lost: comparisons then read each text as the type, and show the text.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

from sqlglot import exp, parse_one

from bartizan.ecs.registry import Field, Registry
from bartizan.query.flattened import elements
from bartizan.query.ir import Kind
from bartizan.query.schema import kind_of
from bartizan.query.sql import call, each, text

_STATISTICS = r"""
SELECT
    name, min(first_seen) AS seen, max(is_array) AS many, countIf(composite) AS composites, count() AS values,
    countIf(quoted AND NOT is_text) AS texts,
    countIf(integer) AS integers, countIf(unsigned) AS unsigneds, countIf(number) AS numbers,
    countIf(value IN ('true', 'false')) AS booleans, countIf(iso) AS dates, countIf(address) AS addresses
FROM (
    SELECT
        name, is_text, is_array, first_seen, startsWith(element, '"') AS quoted,
        startsWith(element, '{') OR startsWith(element, '[') AS composite,
        if(quoted, JSONExtractString(element), element) AS value,
        match(value, '^-?(0|[1-9][0-9]*)(\\.[0-9]+)?([eE][-+]?[0-9]{1,3})?$') AS number,
        number AND toInt64OrNull(value) IS NOT NULL AS integer,
        number AND toUInt64OrNull(value) IS NOT NULL AS unsigned,
        match(value, concat(
            '^(19|2[0-2])[0-9]{2}-[0-9]{2}-[0-9]{2}',
            '([T ][0-9]{2}:[0-9]{2}(:[0-9]{2}([.][0-9]{1,9})?)?(Z|[+-][0-9]{2}:?[0-9]{2})?)?$'
        ))
            AND parseDateTime64BestEffortOrNull(value, 3, 'UTC') IS NOT NULL AS iso,
        match(value, '[.:]') AND toIPv6OrNull(value) IS NOT NULL AS address
    FROM (
        SELECT
            name, is_text, startsWith(raw, '[') AS is_array, tuple(position, place) AS first_seen,
            arrayJoin(if(is_array, JSONExtractArrayRaw(raw), [raw])) AS element
        FROM source ARRAY JOIN names AS name, raws AS raw, arrayEnumerate(names) AS place
    )
    WHERE element NOT IN ('null', '""')
)
GROUP BY name ORDER BY seen LIMIT {limit: UInt64}
"""

_DATE = "DateTime64(3, 'UTC')"
_EPOCH_MS_FROM = 100_000_000_000
"""Whole numbers from here on (the year 1973 in milliseconds) are milliseconds, below they are seconds."""

Reading = Callable[[exp.Expression], exp.Expression]


@dataclass(frozen=True, slots=True)
class Seen:
    """What the values of one name are: `values` of them, of which so many are of each sort."""

    name: str
    many: bool
    """Whether any stands in an array."""
    composites: int
    """Objects, and arrays in arrays."""
    values: int
    texts: int
    """In quotes, where a number would have none."""
    integers: int
    unsigneds: int
    numbers: int
    booleans: int
    dates: int
    addresses: int

    def all_are(self, count: int) -> bool:
        """Whether `count` is all of the values."""
        return count == self.values


@dataclass(frozen=True, slots=True)
class FileColumn:
    """A column of the files' table."""

    field: Field
    type: str
    """ClickHouse type."""

    @property
    def name(self) -> str:
        """The field's name."""
        return self.field.name


def statistics_query(fields: str) -> exp.Expr:
    """Rows of `Seen`, in the order of appearance, over a table of `FIELDS_STRUCTURE`; at most `{limit:UInt64}`."""
    tree = parse_one(_STATISTICS, dialect="clickhouse")
    for table in list(tree.find_all(exp.Table)):
        if table.name == "source":
            table.set("this", exp.to_identifier(fields, quoted=True))
    return tree


def seen(row: Mapping[str, Any]) -> Seen:
    """A row of `statistics_query`."""
    counts = {name: int(row[name]) for name in Seen.__slots__ if name not in ("name", "many")}
    return Seen(row["name"], bool(row["many"]), **counts)


def column_of(values: Seen, registry: Registry) -> FileColumn:
    """The column for a name."""
    known = registry.get(values.name)
    field = known or Field(values.name, _inferred(values), values.many)
    kind = kind_of(field.type)
    if kind is Kind.JSON:
        return FileColumn(field, "String")
    if kind is Kind.GEO:
        return FileColumn(field, "Nullable(String)")
    element = _element_type(kind, values)
    if values.many:
        return FileColumn(field, f"Array({element})")
    return FileColumn(field, element if element == "String" else f"Nullable({element})")


def value(column: FileColumn, raw: exp.Expression) -> exp.Expression:
    """The column's value from the JSON of it."""
    if kind_of(column.field.type) is Kind.JSON:
        return raw
    if column.type.startswith("Array("):
        read = _READINGS[column.type.removeprefix("Array(").removesuffix(")")]
        found = call("arrayFilter", each("_f", _has_value), elements(raw))
        return call("arrayMap", each("_m", lambda one: read(_text(one))), found)
    plain = column.type.removeprefix("Nullable(").removesuffix(")") if column.type != "String" else column.type
    if plain == "String" and column.type != "String":
        return call("nullIf", raw, text(""))
    return _READINGS[plain](_text(raw))


def _inferred(values: Seen) -> str:
    if values.composites:
        return "flattened"
    if values.all_are(values.booleans) and not values.texts:
        return "boolean"
    if values.all_are(values.numbers) and not values.texts:
        return "long" if values.all_are(values.integers) or values.all_are(values.unsigneds) else "double"
    if values.all_are(values.dates):
        return "date"
    return "ip" if values.all_are(values.addresses) else "keyword"


def _element_type(kind: Kind, values: Seen) -> str:
    match kind:
        case Kind.NUMBER if values.all_are(values.integers):
            return "Int64"
        case Kind.NUMBER if values.all_are(values.unsigneds):
            return "UInt64"
        case Kind.NUMBER if values.all_are(values.numbers):
            return "Float64"
        case Kind.BOOLEAN if values.all_are(values.booleans):
            return "Bool"
        case Kind.DATE if values.all_are(values.dates) or values.all_are(values.integers):
            return _DATE
        case Kind.IP if values.all_are(values.addresses):
            return "IPv6"
        case _:
            return "String"


def _text(raw: exp.Expression) -> exp.Expression:
    quoted = call("startsWith", raw, text('"'))
    return call("if", quoted, call("JSONExtractString", raw.copy()), raw.copy())


def _has_value(raw: exp.Expression) -> exp.Expression:
    return exp.Not(this=exp.In(this=raw, expressions=[text("null"), text('""')]))


def _instant(value: exp.Expression) -> exp.Expression:
    number = call("toInt64OrZero", value)
    is_ms = exp.GTE(this=call("abs", number), expression=exp.Literal.number(_EPOCH_MS_FROM))
    ms = call("if", is_ms, number.copy(), exp.Mul(this=number.copy(), expression=exp.Literal.number(1000)))
    from_epoch = call("fromUnixTimestamp64Milli", ms, text("UTC"))
    parsed = call("parseDateTime64BestEffortOrNull", value.copy(), exp.Literal.number(3), text("UTC"))
    return call("if", call("match", value.copy(), text("^-?[0-9]+$")), from_epoch, parsed)


_READINGS: Mapping[str, Reading] = {
    "String": lambda value: value,
    "Int64": lambda value: call("toInt64OrNull", value),
    "UInt64": lambda value: call("toUInt64OrNull", value),
    "Float64": lambda value: call("toFloat64OrNull", value),
    "Bool": lambda value: call("accurateCastOrNull", value, text("Bool")),
    "IPv6": lambda value: call("toIPv6OrNull", value),
    _DATE: _instant,
}
"""How a text is read as a type."""
