"""Collects the literals of a query as typed parameters, so that no text of a query ever becomes SQL."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from ipaddress import IPv6Address

from sqlglot import exp

from bartizan.engine.literals import date_text
from bartizan.query.ir import Scalar

Plain = str | int | float | bool
ParameterValue = Plain | list[Plain]

DATE_TYPE = "DateTime64(3, 'UTC')"
_INT64_MAX = 2**63 - 1
_INT64_MIN = -(2**63)
_UINT64_MAX = 2**64 - 1


@dataclass(frozen=True, slots=True)
class Parameter:
    """A ClickHouse type and a plain Python value; dates and addresses are text, `Array(...)` values are lists."""

    type: str
    value: ParameterValue


class Binder:
    """Hands out `{p0:String}` placeholders; equal values share one. `prefix` keeps the names of many queries apart."""

    def __init__(self, prefix: str = "p") -> None:
        if not prefix.isidentifier():
            raise ValueError(f"`{prefix}` can't begin a parameter's name")
        self.prefix = prefix
        self.params: dict[str, Parameter] = {}
        self._names: dict[tuple[str, object], str] = {}

    def scalar(self, value: Scalar) -> exp.Placeholder:
        """The placeholder of one value, typed by what it is."""
        return self._bind(_type_of([value]), _plain(value), _plain(value))

    def array(self, values: Sequence[Scalar]) -> exp.Placeholder:
        """The placeholder of a list of values of one type."""
        element_type = _type_of(values)
        plain = list(map(_as_float if element_type == "Float64" else _plain, values))
        return self._bind(f"Array({element_type})", plain, tuple(plain))

    def _bind(self, clickhouse_type: str, value: ParameterValue, key: object) -> exp.Placeholder:
        name = self._names.setdefault((clickhouse_type, key), f"{self.prefix}{len(self._names)}")
        self.params.setdefault(name, Parameter(clickhouse_type, value))
        return exp.Placeholder(this=name, kind=clickhouse_type)


def _type_of(values: Sequence[Scalar]) -> str:
    match values[0]:
        case bool():
            return "Bool"
        case int() | float():
            return _number_type(values)
        case datetime():
            return DATE_TYPE
        case IPv6Address():
            return "IPv6"
        case _:
            return "String"


def _number_type(values: Sequence[Scalar]) -> str:
    if any(isinstance(value, float) for value in values):
        return "Float64"
    integers = [value for value in values if isinstance(value, int)]
    if min(integers) >= _INT64_MIN and max(integers) <= _INT64_MAX:
        return "Int64"
    return "UInt64" if min(integers) >= 0 and max(integers) <= _UINT64_MAX else "Float64"


def _as_float(value: Scalar) -> float:
    assert isinstance(value, int | float)
    return float(value)


def _plain(value: Scalar) -> Plain:
    if isinstance(value, datetime):
        return date_text(value)
    return str(value) if isinstance(value, IPv6Address) else value
