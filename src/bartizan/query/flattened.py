"""Values below a JSON column, as Elasticsearch's `flattened` type sees them: a path steps over arrays on its way.

Works on text: a set of raw JSON values (`Array(String)`) is narrowed key by key, each key is looked up once.
"""

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.sql import call, each, text


def elements(raw: exp.Expression) -> exp.Expression:
    """The raw elements of a JSON array, or the one value that `raw` is."""
    is_array = call("startsWith", raw, text("["))
    return call("if", is_array, call("JSONExtractArrayRaw", raw.copy()), exp.array(raw.copy(), dialect="clickhouse"))


def follow(raws: exp.Expression, keys: tuple[str, ...], binder: Binder) -> exp.Expression:
    """The raw values at the end of `keys`, starting from each of `raws`; '' where a key is absent."""
    for key in keys:
        bound = binder.scalar(key)
        found = call("arrayMap", each("_r", lambda raw, bound=bound: call("JSONExtractRaw", raw, bound)), raws)  # type: ignore[misc]
        raws = call("arrayFlatten", call("arrayMap", each("_a", elements), found))
    return raws


def leaf_texts(raws: exp.Expression) -> exp.Expression:
    """The values of `raws` as text, without objects, nulls and what is absent."""
    return call("arrayFilter", each("_t", _has_text), call("arrayMap", each("_l", _leaf_text), raws))


def _has_text(value: exp.Expression) -> exp.Expression:
    return exp.NEQ(this=value, expression=text(""))


def _leaf_text(raw: exp.Expression) -> exp.Expression:
    is_string = call("startsWith", raw, text('"'))
    is_object = call("startsWith", raw.copy(), text("{"))
    is_null = exp.EQ(this=raw.copy(), expression=text("null"))
    without = exp.Or(this=is_object, expression=is_null)
    return call("multiIf", is_string, call("JSONExtractString", raw.copy()), without, text(""), raw.copy())
