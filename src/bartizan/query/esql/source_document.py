"""`_source`: an event as one JSON text, nested by the dots of its columns' names, without what has no value."""

import json
from dataclasses import dataclass
from typing import Any

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.ir import Kind
from bartizan.query.schema import Schema, base_type, is_array, kind_of
from bartizan.query.sql import call, column, each, text

_ADDRESS = r"^::ffff:(\d+\.\d+\.\d+\.\d+)$"
_NOTHING = "{}"


def source_document(schema: Schema, stream: str, binder: Binder, member: str | None = None) -> exp.Expression:
    """The JSON of the events of `stream`, whose schema `schema` is; with nothing but `member`, if one is given. Where a
    name is a value and a group of others, the group keeps it as `value`."""
    tree: dict[str, Any] = {}
    names = (name for name in sorted(schema.streams[stream]) if member is None or name.split(".")[0] == member)
    for name in names:
        below = tree
        *groups, last = name.split(".")
        for group in groups:
            inner = below.setdefault(group, {})
            if not isinstance(inner, dict):
                inner = below[group] = {"value": inner}
            below = inner
        below[last] = name
    return _Source(schema, stream, binder).of(tree) if tree else text(_NOTHING)


@dataclass(frozen=True, slots=True)
class _Source:
    schema: Schema
    stream: str
    binder: Binder

    def of(self, tree: dict[str, Any]) -> exp.Expression:
        """An object."""
        members = exp.array(*(self.member(key, value) for key, value in tree.items()), dialect="clickhouse")
        filled = call("arrayFilter", each("_m", lambda member: call("notEmpty", member)), members)
        return call("concat", text("{"), call("arrayStringConcat", filled, text(",")), text("}"))

    def member(self, key: str, value: Any) -> exp.Expression:
        """`"key":value`, or nothing for what has no value."""
        name = self.binder.scalar(f"{json.dumps(key)}:")
        if isinstance(value, dict):
            inner = self.of(value)
            is_empty = exp.EQ(this=inner, expression=text(_NOTHING))
            return call("if", is_empty, text(""), call("concat", name, inner.copy()))
        shown = call("concat", name, call("ifNull", self.value(value), text("null")))
        return call("if", self.has_value(value), shown, text(""))

    def value(self, name: str) -> exp.Expression:
        """A column as JSON; objects are kept as JSON and stay as they are."""
        own, kind = column(name), self.kind(name)
        base, many = base_type(self.schema.streams[self.stream][name]), is_array(self.schema.streams[self.stream][name])
        if kind is Kind.JSON and base == "String" and not many:
            return call("if", call("isValidJSON", own), own.copy(), call("toJSONString", own.copy()))
        if not base.startswith(("IPv", "DateTime")):
            return call("toJSONString", own)
        shown = _address if base.startswith("IPv") else _date
        return call("toJSONString", call("arrayMap", each("_v", shown), own) if many else shown(own))

    def has_value(self, name: str) -> exp.Expression:
        """Whether an event has a value in a column."""
        clickhouse_type = self.schema.streams[self.stream][name]
        if is_array(clickhouse_type) or base_type(clickhouse_type) == "String":
            return call("ifNull", call("notEmpty", column(name)), exp.false())
        return call("isNotNull", column(name))

    def kind(self, name: str) -> Kind:
        """What the registry says about a column."""
        known = self.schema.registry.get(name)
        return kind_of(known.type) if known else Kind.KEYWORD


def _address(value: exp.Expression) -> exp.Expression:
    return call("replaceRegexpOne", call("toString", value), text(_ADDRESS), text(r"\1"))


def _date(value: exp.Expression) -> exp.Expression:
    return call("concat", call("replaceOne", call("toString", value), text(" "), text("T")), text("Z"))
