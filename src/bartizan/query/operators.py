"""The comparisons that languages share, from a field and a literal's text to the IR, by the kind of the field."""

from collections.abc import Callable, Mapping
from datetime import datetime

from bartizan.query import ir
from bartizan.query.dates import Interval, read_date
from bartizan.query.ir import Bound, Kind
from bartizan.query.patterns import split_words
from bartizan.query.values import read_address, read_boolean, read_network, read_number

_NUMBER_HINT = "write digits, such as `443` or `0.5`"
_DATE_HINT = "write `2024-01-31`, `2024-01-31T08:00:00Z` (a quoted one if it has colons) or `now-1d/d`"
_ADDRESS_HINT = 'write an address or a network, such as `10.0.0.1`, `10.0.0.0/8` or a quoted `"2001:db8::/32"`'


MAX_WILDCARDS = 100
"""Most wildcards in one value; RE2 needs memory for each."""

MAX_PATTERN_CHARS = 10_000
"""Longest value with wildcards."""

MAX_WORDS = 100
"""Most words of a value that is looked for in text; each costs RE2 thousands of instructions."""


class UnfitValue(ValueError):
    """A literal that can't be compared with the field, and the way out."""

    def __init__(self, message: str, hint: str) -> None:
        super().__init__(message)
        self.hint = hint


def _mistyped(value: str, field: ir.FieldRef, what: str, hint: str) -> UnfitValue:
    shown = value if len(value) <= 60 else value[:57] + "..."
    return UnfitValue(f"`{shown}` is no {what}, which `{field.name}` holds", hint)


def equal_or_like(
    field: ir.FieldRef, pattern: ir.Pattern, quoted: bool, now: datetime, ignore_case: bool = False
) -> ir.Expr:
    """`field` has a value that equals `pattern`, fits it if it has wildcards, or holds its words if it is text.

    A quoted text is a phrase: its words in order. Raises `UnfitValue`.
    """
    if field.kind is Kind.TEXT:
        return match(field, pattern, phrase=quoted)
    if any(isinstance(part, ir.Wild) for part in pattern):
        return wildcard(field, pattern, ignore_case)
    value = "".join(part for part in pattern if isinstance(part, str))
    return _equal(field, value, now, ignore_case)


def wildcard(field: ir.FieldRef, pattern: ir.Pattern, ignore_case: bool = False) -> ir.Expr:
    """`field` has a value that fits `pattern`. Raises `UnfitValue` beyond the limits above."""
    _check_size(pattern)
    return ir.Wildcard(field, pattern, ignore_case)


def match(field: ir.FieldRef, pattern: ir.Pattern, *, phrase: bool) -> ir.Expr:
    """`field` holds the words of `pattern` in order, or unless `phrase` those of one part between spaces."""
    parts = [pattern] if phrase else _split_at_spaces(pattern)
    phrases = tuple(words for words in map(split_words, parts) if words)
    _check_size(pattern)
    if sum(map(len, phrases)) > MAX_WORDS:
        raise UnfitValue(f"the value has more than {MAX_WORDS} words", "write a shorter part of it")
    return ir.Match(field, phrases) if phrases else ir.Constant(False)


def _check_size(pattern: ir.Pattern) -> None:
    wilds = sum(isinstance(part, ir.Wild) for part in pattern)
    if wilds > MAX_WILDCARDS or sum(len(part) for part in pattern if isinstance(part, str)) > MAX_PATTERN_CHARS:
        limits = f"at most {MAX_WILDCARDS} wildcards and {MAX_PATTERN_CHARS} characters"
        raise UnfitValue(f"the value is too long a pattern, {limits} are matched", "write a shorter part of it")


def compare(field: ir.FieldRef, operator: str, value: str, now: datetime) -> ir.Expr:
    """`field` has a value that is `operator` (one of `<`, `<=`, `>`, `>=`) `value`. Raises `UnfitValue`."""
    if field.kind is Kind.DATE:
        return _date_range(field, operator, _date(field, value, now))
    bound = Bound(_READERS.get(field.kind, _text)(field, value), operator.endswith("="))
    return ir.Range(field, low=bound) if operator.startswith(">") else ir.Range(field, high=bound)


def _equal(field: ir.FieldRef, value: str, now: datetime, ignore_case: bool) -> ir.Expr:
    if field.kind is Kind.DATE:
        whole = _date(field, value, now)
        return ir.Range(field, Bound(whole.start, True), Bound(whole.end, True))
    if field.kind is Kind.IP and (network := read_network(value)) is not None:
        return ir.CidrMatch(field, network)
    scalar = _READERS.get(field.kind, _text)(field, value)
    return ir.Constant(False) if scalar == "" else ir.Equals(field, scalar, ignore_case)


def _date_range(field: ir.FieldRef, operator: str, whole: Interval) -> ir.Expr:
    match operator:
        case ">":
            return ir.Range(field, low=Bound(whole.end, False))
        case ">=":
            return ir.Range(field, low=Bound(whole.start, True))
        case "<":
            return ir.Range(field, high=Bound(whole.start, False))
        case _:
            return ir.Range(field, high=Bound(whole.end, True))


def _split_at_spaces(pattern: ir.Pattern) -> list[ir.Pattern]:
    parts: list[list[str | ir.Wild]] = [[]]
    for part in pattern:
        if isinstance(part, ir.Wild):
            parts[-1].append(part)
            continue
        first, *rest = part.split(" ")
        parts[-1].append(first)
        parts.extend([[word] for word in rest])
    return [tuple(part) for part in parts]


def _date(field: ir.FieldRef, value: str, now: datetime) -> Interval:
    interval = read_date(value, now)
    if interval is None:
        raise _mistyped(value, field, "date", _DATE_HINT)
    return interval


def _text(field: ir.FieldRef, value: str) -> ir.Scalar:
    return value


def _number(field: ir.FieldRef, value: str) -> ir.Scalar:
    number = read_number(value)
    if number is None:
        raise _mistyped(value, field, "number", _NUMBER_HINT)
    return number


def _boolean(field: ir.FieldRef, value: str) -> ir.Scalar:
    boolean = read_boolean(value)
    if boolean is None:
        raise _mistyped(value, field, "boolean", "write `true` or `false`")
    return boolean


def _address(field: ir.FieldRef, value: str) -> ir.Scalar:
    address = read_address(value)
    if address is None:
        raise _mistyped(value, field, "IP address", _ADDRESS_HINT)
    return address


_READERS: Mapping[Kind, Callable[[ir.FieldRef, str], ir.Scalar]] = {
    Kind.NUMBER: _number,
    Kind.BOOLEAN: _boolean,
    Kind.IP: _address,
}
