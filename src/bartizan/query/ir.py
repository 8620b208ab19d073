"""The typed intermediate representation that every query language is lowered to, and that SQL is made from.

Expressions decide one event; relations say which events are read and what becomes of them. All nodes are immutable and
compare by meaning: positions in the text don't count. A new language needs no new node unless it can say something new.
"""

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum, StrEnum
from ipaddress import IPv6Address, IPv6Network

from bartizan.query.span import Span


class Kind(StrEnum):
    """How a field's values compare: its ECS type reduced to what an operation needs to know."""

    KEYWORD = "keyword"
    TEXT = "text"
    NUMBER = "number"
    BOOLEAN = "boolean"
    DATE = "date"
    IP = "ip"
    JSON = "json"
    GEO = "geo"


Scalar = str | int | float | bool | datetime | IPv6Address
"""A literal. IPv4 addresses are v4-mapped IPv6 ones, dates are aware UTC."""


class Wild(Enum):
    """What stands for other characters in a pattern: any number of them, or exactly one."""

    MANY = "*"
    ONE = "?"


Pattern = tuple[str | Wild, ...]
"""Literal text and wildcards in order; `("a", Wild.MANY)` is `a*`."""


@dataclass(frozen=True, slots=True)
class FieldRef:
    """A field by its full name, with the kind its values compare as: a field of another kind is read as this one."""

    name: str
    kind: Kind
    span: Span | None = field(default=None, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Constant:
    """True or false for every event."""

    value: bool


@dataclass(frozen=True, slots=True)
class And:
    """All of `items` hold."""

    items: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """At least one of `items` holds."""

    items: tuple["Expr", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """`item` doesn't hold; a missing field makes a leaf false, so its negation true (two-valued logic)."""

    item: "Expr"


@dataclass(frozen=True, slots=True)
class Exists:
    """The field has a value."""

    field: FieldRef


@dataclass(frozen=True, slots=True)
class Equals:
    """A value of the field equals `value`."""

    field: FieldRef
    value: Scalar
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class In:
    """A value of the field equals one of `values`."""

    field: FieldRef
    values: tuple[Scalar, ...]
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Wildcard:
    """A whole value of the field fits `pattern`."""

    field: FieldRef
    pattern: Pattern
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Regex:
    """A value of the field fits `pattern`, an RE2 expression made by `query/regex/`; `^` and `$` are in it where the
    whole value is meant."""

    field: FieldRef
    pattern: str
    ignore_case: bool = False
    words: bool = False
    """Whether each word of a text is matched instead of the whole value."""


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """A value of the field (a word, if it is text) becomes `value` by at most `edits` changes of one character: one
    more, one less, another one, or two neighbours that change places."""

    field: FieldRef
    value: str
    edits: int
    ignore_case: bool = False


@dataclass(frozen=True, slots=True)
class Bound:
    """One end of a range."""

    value: Scalar
    inclusive: bool


@dataclass(frozen=True, slots=True)
class Range:
    """A value of the field lies between `low` and `high`; None is open."""

    field: FieldRef
    low: Bound | None = None
    high: Bound | None = None


@dataclass(frozen=True, slots=True)
class CidrMatch:
    """An address of the field lies in `network`."""

    field: FieldRef
    network: IPv6Network


@dataclass(frozen=True, slots=True)
class Match:
    """The field's text holds one of `phrases`: words in order, ignoring case and what stands between them."""

    field: FieldRef
    phrases: tuple[tuple[Pattern, ...], ...]


@dataclass(frozen=True, slots=True)
class Near:
    """The field's text holds all of `words`, ignoring case, moved from their places in a phrase by at most `slop`
    places in all; no word stands in it twice."""

    field: FieldRef
    words: tuple[str, ...]
    slop: int


@dataclass(frozen=True, slots=True)
class Literal:
    """A constant value within an expression over values; None is no value."""

    value: Scalar | None


@dataclass(frozen=True, slots=True)
class Call:
    """A function of `functions.py` over values. Without a value for one of its arguments it has none itself, unless the
    function says otherwise."""

    function: str
    arguments: tuple["Value", ...]
    ignore_case: bool = False


Value = FieldRef | Literal | Call


@dataclass(frozen=True, slots=True)
class Compare:
    """`left operator right` holds, the operator one of `=` `!=` `<` `<=` `>` `>=`; false where a side has no value.

    A field with many values is asked for each of them: one that makes it true is enough.
    """

    operator: str
    left: Value
    right: Value


@dataclass(frozen=True, slots=True)
class Nested:
    """One object below the JSON field `field` fulfils the whole of `item`, whose fields carry full names."""

    field: FieldRef
    item: "Expr"


Leaf = Exists | Equals | In | Wildcard | Regex | Fuzzy | Range | CidrMatch | Match | Near
LEAVES = (Exists, Equals, In, Wildcard, Regex, Fuzzy, Range, CidrMatch, Match, Near)
Expr = Constant | And | Or | Not | Nested | Compare | Leaf


@dataclass(frozen=True, slots=True)
class Scan:
    """All events of one stream."""

    stream: str


@dataclass(frozen=True, slots=True)
class Filter:
    """The events of `source` for which `predicate` holds."""

    source: "Relation"
    predicate: Expr


@dataclass(frozen=True, slots=True)
class SortKey:
    """One column to order by."""

    column: str
    descending: bool = False


@dataclass(frozen=True, slots=True)
class Sort:
    """`source` in order."""

    source: "Relation"
    keys: tuple[SortKey, ...]


@dataclass(frozen=True, slots=True)
class Limit:
    """The first `count` rows of `source`."""

    source: "Relation"
    count: int


@dataclass(frozen=True, slots=True)
class Project:
    """`source` with exactly `columns`; one that it lacks is there without a value."""

    source: "Relation"
    columns: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Union:
    """The rows of all `sources`, which have the same columns."""

    sources: tuple["Relation", ...]


@dataclass(frozen=True, slots=True)
class Step:
    """One event of a sequence: it fulfils `predicate`, and its values of `keys` are those of the other steps' events.

    `keys` are the shared ones first, then the step's own; every step has as many. An event without a value of a key
    takes no part, unless `optional_keys` says of the key that no value is a value of its own (empty: none is optional).
    `runs` events in a row fill the step. `is_missing` turns it around: no such event lies at this place.
    """

    predicate: Expr
    keys: tuple[FieldRef, ...] = ()
    runs: int = 1
    is_missing: bool = False
    optional_keys: tuple[bool, ...] = ()


@dataclass(frozen=True, slots=True)
class Sequence:
    """Events that follow each other in the order of `steps`, the last at most `maxspan_ms` after the first; an event of
    `until` ends what is pending for its keys. Missing steps need `maxspan_ms`."""

    steps: tuple[Step, ...]
    maxspan_ms: int | None = None
    until: Step | None = None


@dataclass(frozen=True, slots=True)
class Keep:
    """Of what was found in order of time, the first `count` or the last."""

    count: int
    newest: bool


@dataclass(frozen=True, slots=True)
class Sample:
    """One event for each of `steps`, all different, with the same keys, in any order of time."""

    steps: tuple[Step, ...]


@dataclass(frozen=True, slots=True)
class Seen:
    """An event of the step with this number is among those of the window."""

    step: int


@dataclass(frozen=True, slots=True)
class Together:
    """Which steps have events in a window: all of `items`, one of them, or not the only one."""

    operator: str
    """`and`, `or` or `not`."""
    items: tuple["Seen | Together", ...]


@dataclass(frozen=True, slots=True)
class Measured:
    """An aggregate of a window's events compared with a number."""

    function: str
    """`count`, `distinct`, `sum`, `avg`, `percentile` over `fields`, or `steps`: how many of the steps have events."""
    operator: str
    """One of `=` `!=` `<` `<=` `>` `>=`."""
    value: int | float
    fields: tuple[FieldRef, ...] = ()
    percentile: float = 50.0


@dataclass(frozen=True, slots=True)
class Correlation:
    """Events of `steps` that share their keys, in a window of `window_ms` that ends with one of them, where `holds`."""

    steps: tuple[Step, ...]
    window_ms: int
    holds: Measured | Seen | Together


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a query asks for, events or groups of them, and which of it is kept: by each of `keeps` in turn."""

    what: "Expr | Sequence | Sample | Correlation"
    keeps: tuple[Keep, ...] = ()


Relation = Scan | Filter | Sort | Limit | Project | Union


def map_items(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """`expr` with `change` applied to what it directly holds; a leaf stays as it is."""
    match expr:
        case And(items):
            return And(tuple(map(change, items)))
        case Or(items):
            return Or(tuple(map(change, items)))
        case Not(item):
            return Not(change(item))
        case Nested(outer, item):
            return Nested(outer, change(item))
        case _:
            return expr


def leaves(expr: Expr) -> Iterator[Leaf]:
    """Every leaf of `expr`, from left to right."""
    pending = [expr]
    while pending:
        current = pending.pop()
        match current:
            case And(items) | Or(items):
                pending.extend(reversed(items))
            case Not(item) | Nested(_, item):
                pending.append(item)
            case Constant() | Compare():
                pass
            case leaf:
                yield leaf


def conditions(wanted: Wanted) -> Iterator[Expr]:
    """The conditions on single events of what is wanted."""
    match wanted.what:
        case Sequence(steps, _, until):
            yield from (step.predicate for step in (*steps, *([until] if until else [])))
        case Sample(steps) | Correlation(steps):
            yield from (step.predicate for step in steps)
        case expr:
            yield expr


def any_of(items: list[Expr]) -> Expr:
    """The shortest expression for "one of `items`"."""
    return items[0] if len(items) == 1 else Or(tuple(items)) if items else Constant(False)
