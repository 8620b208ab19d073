"""A small evaluator of the IR over plain events: slow, plain, and without ClickHouse; what the SQL must agree with."""

import json
import re
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime
from ipaddress import IPv6Address
from itertools import product
from pathlib import Path
from typing import Any

from bartizan.query.ir import (
    And,
    Call,
    CidrMatch,
    Compare,
    Constant,
    Equals,
    Exists,
    Expr,
    FieldRef,
    In,
    Literal,
    Match,
    Not,
    Or,
    Pattern,
    Range,
    Regex,
    Value,
    Wild,
    Wildcard,
)
from bartizan.query.values import read_address

Event = Mapping[str, list[Any]]
"""The values of each field; a field without one has none."""


def load(file: Path, columns: Mapping[str, str]) -> Iterator[tuple[str, Event]]:
    """Each event's id, and its values as the columns' types."""
    for line in file.read_text(encoding="utf-8").splitlines():
        record = json.loads(line)
        yield record["event.id"], {name: _values(record.get(name), columns[name]) for name in columns}


def holds(expr: Expr, event: Event) -> bool:
    """Whether an event fulfils an expression."""
    match expr:
        case Constant(value):
            return value
        case And(items):
            return all(holds(item, event) for item in items)
        case Or(items):
            return any(holds(item, event) for item in items)
        case Not(item):
            return not holds(item, event)
        case Compare():
            return _compares(expr, event)
        case _:
            return any(_fits(expr, value) for value in event[expr.field.name])


def _values(given: Any, column: str) -> list[Any]:
    values = given if isinstance(given, list) else [] if given is None or given == "" else [given]
    if "IPv6" in column:
        return [read_address(value) for value in values]
    if "DateTime" in column:
        return [datetime.fromisoformat(value).astimezone(UTC) for value in values]
    return values


def _fits(leaf: Expr, value: Any) -> bool:
    match leaf:
        case Exists():
            return True
        case Equals(_, wanted, ignore_case):
            return bool(_cased(value, ignore_case) == _cased(wanted, ignore_case))
        case In(_, wanted, ignore_case):
            return _cased(value, ignore_case) in [_cased(one, ignore_case) for one in wanted]
        case Wildcard(_, pattern, ignore_case):
            return _matches_pattern(pattern, value, ignore_case)
        case Regex(_, pattern, ignore_case):
            return re.search(pattern, value, re.IGNORECASE if ignore_case else 0) is not None
        case CidrMatch(_, network):
            return value in network
        case Match(_, phrases):
            words = re.findall(r"\w+", value)
            return any(_has_phrase(phrase, words) for phrase in phrases)
        case Range(_, low, high):
            above = low is None or _order(value) > _order(low.value) or (low.inclusive and value == low.value)
            below = high is None or _order(value) < _order(high.value) or (high.inclusive and value == high.value)
            return above and below
    raise TypeError(f"no leaf: {leaf!r}")


def _cased(value: Any, ignore_case: bool) -> Any:
    return value.lower() if ignore_case and isinstance(value, str) else value


def _order(value: Any) -> Any:
    return value.encode() if isinstance(value, str) else int(value) if isinstance(value, IPv6Address) else value


def _matches_pattern(pattern: Pattern, value: str, ignore_case: bool = False) -> bool:
    wild = {Wild.MANY: ".*", Wild.ONE: "."}
    text = "".join(wild[part] if isinstance(part, Wild) else re.escape(_cased(part, ignore_case)) for part in pattern)
    return re.fullmatch(text, _cased(value, ignore_case), re.DOTALL) is not None


def _has_phrase(phrase: tuple[Pattern, ...], words: list[str]) -> bool:
    starts = range(len(words) - len(phrase) + 1)
    return any(all(_matches_pattern(p, words[start + n], True) for n, p in enumerate(phrase)) for start in starts)


def _compares(compare: Compare, event: Event) -> bool:
    """True if one choice of a value for each field makes it true."""
    names = sorted(set(_names(compare.left)) | set(_names(compare.right)))
    return any(
        _compare(compare.operator, _read(compare.left, chosen), _read(compare.right, chosen))
        for values in product(*(event[name] or [None] for name in names))
        for chosen in [dict(zip(names, values, strict=True))]
    )


def _names(value: Value) -> Iterator[str]:
    match value:
        case FieldRef(name):
            yield name
        case Call(_, arguments):
            for argument in arguments:
                yield from _names(argument)


def _compare(operator: str, left: Any, right: Any) -> bool:
    if left is None or right is None:
        return False
    left, right = _order(left), _order(right)
    return bool(
        {
            "=": left == right,
            "!=": left != right,
            "<": left < right,
            "<=": left <= right,
            ">": left > right,
            ">=": left >= right,
        }[operator]
    )


def _read(value: Value, chosen: Mapping[str, Any]) -> Any:
    match value:
        case FieldRef(name):
            return chosen[name]
        case Literal(scalar):
            return scalar
        case Call(function, arguments, ignore_case):
            given = [_read(argument, chosen) for argument in arguments]
            return None if None in given else _FUNCTIONS[function](*(_cased(one, ignore_case) for one in given))


def _substring(text: str, start: int, end: int | None = None) -> str:
    return text[start:end] if start >= -len(text) else text[0:end]


def _index_of(text: str, searched: str, start: int = 0) -> int | None:
    start = max(start, 0)
    if start > len(text):
        return None
    found = text.find(searched, start)
    return found if found >= 0 else None


def _between(source: str, left: str, right: str) -> str:
    begin = source.find(left)
    end = source.find(right, begin + len(left)) if begin >= 0 else -1
    return source[begin + len(left) : end] if end >= 0 else ""


_FUNCTIONS: Mapping[str, Any] = {
    "add": lambda a, b: a + b,
    "subtract": lambda a, b: a - b,
    "multiply": lambda a, b: a * b,
    "divide": lambda a, b: int(a / b) if b else None,
    "modulo": lambda a, b: a - b * int(a / b) if b else None,
    "length": len,
    "concat": lambda *given: "".join(map(str, given)),
    "starts_with": str.startswith,
    "ends_with": str.endswith,
    "contains": lambda source, searched: searched != "" and searched in source,
    "index_of": _index_of,
    "substring": _substring,
    "between": _between,
    "lower": str.lower,
    "string": str,
}
