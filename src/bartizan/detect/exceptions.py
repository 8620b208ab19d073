"""Exceptions: conditions under which an event never counts for a rule, as expressions of the IR.

An exception has entries that all hold; one that has expired is none. They are made part of the rule's own condition, so
that every type of rule has them and none is counted, joined or grouped before they apply.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from ipaddress import IPv6Network

from bartizan.detect.errors import RuleError
from bartizan.query import ir
from bartizan.query.schema import Schema
from bartizan.query.values import read_address, read_boolean, read_network, read_number

OPERATORS = ("is", "is_one_of", "exists", "matches", "in_cidr", "in_list", "nested")
MAX_VALUES = 10_000
"""Values of one entry; more belong in a value list."""

MAX_NETWORKS = 1_000
"""Networks of a value list: each is a condition of its own."""

Lists = Mapping[str, Sequence[str]]
"""Value lists by name."""


@dataclass(frozen=True, slots=True)
class Entry:
    """One condition of an exception."""

    field: str
    operator: str
    values: tuple[str, ...] = ()
    """For `in_list`, the list's name."""
    negate: bool = False
    entries: tuple["Entry", ...] = ()
    """For `nested`: what one object below `field` fulfils, its fields named from there."""


@dataclass(frozen=True, slots=True)
class RuleException:
    """What is left out, until when, and why."""

    name: str
    entries: tuple[Entry, ...]
    expires_at: datetime | None = None

    def is_valid(self, now: datetime) -> bool:
        """Whether it has not expired."""
        return self.expires_at is None or now < self.expires_at


def excepted(exceptions: Iterable[RuleException], schema: Schema, lists: Lists, now: datetime) -> ir.Expr | None:
    """What the exceptions leave out; None if that is nothing. Raises `RuleError` for an entry that can't be."""
    items: list[ir.Expr] = [_all(one.entries, schema, lists, "") for one in exceptions if one.is_valid(now)]
    return ir.any_of(items) if items else None


def _all(entries: Sequence[Entry], schema: Schema, lists: Lists, below: str) -> ir.Expr:
    if not entries:
        raise RuleError("an exception needs an entry", hint="without one it would hide every alert")
    items = tuple(_entry(entry, schema, lists, below) for entry in entries)
    return items[0] if len(items) == 1 else ir.And(items)


def _entry(entry: Entry, schema: Schema, lists: Lists, below: str) -> ir.Expr:
    make = _MAKERS.get(entry.operator)
    if make is None:
        raise RuleError(f"an exception has no operator `{entry.operator}`", hint=f"known are {', '.join(OPERATORS)}")
    if len(entry.values) > MAX_VALUES:
        raise RuleError(f"an exception's entry has at most {MAX_VALUES:,} values", hint="use a value list")
    found = make(entry, schema, lists, f"{below}{entry.field}")
    return ir.Not(found) if entry.negate else found


def _is(entry: Entry, schema: Schema, lists: Lists, name: str) -> ir.Expr:
    return _equal(_ref(name, schema), entry.values)


def _exists(entry: Entry, schema: Schema, lists: Lists, name: str) -> ir.Expr:
    return ir.Exists(_ref(name, schema))


def _matches(entry: Entry, schema: Schema, lists: Lists, name: str) -> ir.Expr:
    """Whatever the case: paths and names of Windows have none."""
    ref = ir.FieldRef(name, ir.Kind.KEYWORD)
    return ir.any_of([ir.Wildcard(ref, _pattern(value), ignore_case=True) for value in entry.values])


def _in_cidr(entry: Entry, schema: Schema, lists: Lists, name: str) -> ir.Expr:
    ref = ir.FieldRef(name, ir.Kind.IP)
    return ir.any_of([ir.CidrMatch(ref, _network(value)) for value in entry.values])


def _in_list(entry: Entry, schema: Schema, lists: Lists, name: str) -> ir.Expr:
    found: list[ir.Expr] = []
    for listed in entry.values:
        if listed not in lists:
            raise RuleError(f"there is no value list `{listed}`", hint="import it with `bartizan lists import`")
        found.append(_listed(name, tuple(lists[listed]), schema))
    return ir.any_of(found)


def _listed(name: str, values: Sequence[str], schema: Schema) -> ir.Expr:
    """One of a list's values; of a list of networks, an address within one of them."""
    networks = [network for value in values if (network := read_network(value)) is not None]
    if len(networks) > MAX_NETWORKS:
        raise RuleError(f"a list for exceptions has at most {MAX_NETWORKS:,} networks, not {len(networks):,}")
    found: list[ir.Expr] = [ir.CidrMatch(ir.FieldRef(name, ir.Kind.IP), network) for network in networks]
    return ir.any_of([_equal(_ref(name, schema), values), *found])


def _nested(entry: Entry, schema: Schema, lists: Lists, name: str) -> ir.Expr:
    return ir.Nested(ir.FieldRef(name, ir.Kind.JSON), _all(entry.entries, schema, lists, f"{name}."))


_MAKERS: Mapping[str, Callable[[Entry, Schema, Lists, str], ir.Expr]] = {
    "is": _is,
    "is_one_of": _is,
    "exists": _exists,
    "matches": _matches,
    "in_cidr": _in_cidr,
    "in_list": _in_list,
    "nested": _nested,
}


def _ref(name: str, schema: Schema) -> ir.FieldRef:
    field = schema.resolve(name)
    kind = field.kind if field else ir.Kind.KEYWORD
    return ir.FieldRef(name, ir.Kind.KEYWORD if kind in (ir.Kind.TEXT, ir.Kind.JSON) else kind)


def _equal(ref: ir.FieldRef, values: Sequence[str]) -> ir.Expr:
    """One of `values`, read as the field's kind; what is no value of that kind equals nothing."""
    read = [value for text in values if (value := _value(text, ref.kind)) is not None]
    return ir.In(ref, tuple(read)) if read else ir.Constant(False)


def _value(text: str, kind: ir.Kind) -> ir.Scalar | None:
    match kind:
        case ir.Kind.NUMBER:
            return read_number(text)
        case ir.Kind.BOOLEAN:
            return read_boolean(text)
        case ir.Kind.IP:
            return read_address(text)
        case ir.Kind.DATE:
            return _date(text)
        case _:
            return text


def _date(text: str) -> datetime | None:
    try:
        read = datetime.fromisoformat(text)
    except ValueError:
        return None
    return read if read.tzinfo else read.replace(tzinfo=UTC)


def _network(text: str) -> IPv6Network:
    found = read_network(text)
    if found is None:
        raise RuleError(f"`{text}` is no network", hint="write 10.0.0.0/8 or 2001:db8::/32")
    return found


def _pattern(text: str) -> ir.Pattern:
    """`*` is any characters, `?` one; `\\*` and `\\?` are themselves (Elastic, exceptions, "matches")."""
    parts: list[str | ir.Wild] = []
    characters = iter(text)
    for character in characters:
        literal = next(characters, "\\") if character == "\\" else character
        if character in "*?":
            parts.append(ir.Wild(character))
        elif parts and isinstance(parts[-1], str):
            parts[-1] += literal
        else:
            parts.append(literal)
    return tuple(parts)
