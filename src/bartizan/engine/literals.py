"""Parameter values as ClickHouse reads them: text for scalars, its literal form for arrays.

The rules are those of ClickHouse's HTTP interface: a scalar parameter is escaped as in a TSV field, strings inside an
array are quoted (clickhouse.com/docs/interfaces/http, "parameters").
"""

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta

from bartizan.engine.base import Value

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_TSV_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})
_QUOTED_ESCAPES = str.maketrans({"\\": "\\\\", "'": "\\'", "\t": "\\t", "\n": "\\n", "\r": "\\r", "\0": "\\0"})


def bound(parameters: Mapping[str, Value]) -> dict[str, str]:
    """Every parameter as the text that ClickHouse parses by the type the statement names."""
    return {name: _scalar(value) for name, value in parameters.items()}


def date_text_of(milliseconds: int) -> str:
    """Milliseconds since 1970 as the value of a `DateTime64(3, 'UTC')` parameter."""
    return date_text(_EPOCH + timedelta(milliseconds=milliseconds))


def date_text(at: datetime) -> str:
    """An aware instant as the value of a `DateTime64(3, 'UTC')` parameter, cut to milliseconds."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(" ", "milliseconds")


def _scalar(value: Value) -> str:
    if value is None:
        return "\\N"
    if isinstance(value, str):
        return value.translate(_TSV_ESCAPES)
    return _element(value)


def _element(value: Value) -> str:
    match value:
        case None:
            return "NULL"
        case bool():
            return "true" if value else "false"
        case str():
            return f"'{value.translate(_QUOTED_ESCAPES)}'"
        case int() | float():
            return repr(value)
        case _:
            return f"[{','.join(_element(element) for element in value)}]"
