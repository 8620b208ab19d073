"""DISSECT's patterns: `%{a} %{+b->},%{?c}` as one RE2 expression with a group for each key.

Source: elastic.co, ES|QL "Process data with DISSECT and GROK". The whole text must fit, else every column is null.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass

from sqlglot import exp

from bartizan.query.esql.typed import Env, Mistake, Tree, Type, Typed, number
from bartizan.query.sql import call, text

MAX_KEYS = 100
"""Most keys of a pattern."""

_KEY = re.compile(r"%\{([+?*&]?)((?:(?!%\{)[^}])*?)(/\d{1,3})?(->)?\}")


@dataclass(frozen=True, slots=True)
class Extracted:
    """A column that a pattern makes of a text."""

    name: str
    build: Callable[[Tree, Env], Typed]


@dataclass(frozen=True, slots=True)
class _Key:
    modifier: str
    name: str
    order: int
    group: int


def dissected(pattern: str, separator: str = "") -> tuple[Extracted, ...]:
    """The columns of `pattern`; values of `+key` are joined by `separator`. Raises `Mistake` for what is no pattern."""
    keys, expression = _read(pattern)
    parts: dict[str, list[_Key]] = defaultdict(list)
    for key in keys:
        if key.modifier != "?" and key.name:
            parts[key.name].append(key)
    if not parts:
        raise Mistake("the pattern names no column", "write `%{name}` where a value stands")
    for name, own in parts.items():
        if len(own) > 1 and not any(key.modifier == "+" for key in own):
            raise Mistake(f"the pattern names `{name}` twice", f"write `%{{+{name}}}` to join both")
    return tuple(Extracted(name, _joined(expression, own, separator)) for name, own in parts.items())


def _read(pattern: str) -> tuple[list[_Key], str]:
    keys: list[_Key] = []
    out, position = [], 0
    pads = False
    for found in _KEY.finditer(pattern):
        modifier, name, order, pad = found.groups()
        if modifier in ("*", "&"):
            raise Mistake("keys with `*` and `&` are not supported", "name the columns")
        between = pattern[position : found.start()]
        if keys and not between:
            raise Mistake("two keys stand side by side", "put a delimiter between them")
        out.append(_delimiter(between, pads and bool(keys)))
        out.append("(.*?)")
        keys.append(_Key(modifier, name.strip(), int(order[1:]) if order else 0, len(keys) + 1))
        position, pads = found.end(), bool(pad)
    if len(keys) > MAX_KEYS:
        raise Mistake(f"a pattern has at most {MAX_KEYS} keys")
    rest = pattern[position:]
    if "%{" in rest or "%{" in _KEY.sub("", pattern):
        raise Mistake("a `%{` is never closed", "write `%{name}`")
    return keys, "(?s)^" + "".join(out) + _delimiter(rest, pads) + "$"


def _delimiter(written: str, pads: bool) -> str:
    quoted = re.sub(r"[\\.+*?()|\[\]{}^$]", r"\\\g<0>", written)
    return f"(?:{quoted})+" if pads and quoted else quoted


def groups_of(value: Tree, expression: str, env: Env) -> Tree:
    """What each group found, in an array; empty where nothing fits."""
    return call("extractGroups", call("ifNull", value, text("")), env.binder.scalar(expression))


def _joined(expression: str, keys: list[_Key], separator: str) -> Callable[[Tree, Env], Typed]:
    ordered = sorted(keys, key=lambda key: key.order)

    def build(value: Tree, env: Env) -> Typed:
        groups = groups_of(value.copy(), expression, env)
        parts: list[Tree] = []
        for key in ordered:
            parts += [env.binder.scalar(separator)] if parts and separator else []
            parts.append(call("arrayElement", groups.copy(), number(key.group)))
        joined = call("concat", *parts) if len(parts) > 1 else parts[0]
        nothing = call("or", call("isNull", value), call("empty", groups.copy()))
        return Typed(call("if", nothing, exp.Null(), call("toNullable", joined)), Type.KEYWORD)

    return build
