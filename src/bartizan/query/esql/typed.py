"""Values of an ES|QL expression: a ClickHouse tree with its type, one value or many.

One value is NULL where there is none; a text that is stored as '' has been made NULL before it gets here. Many values
are an array without NULLs, empty where there is none.
"""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import Enum, StrEnum
from itertools import islice

from sqlglot import exp

from bartizan.query.binder import Binder
from bartizan.query.sql import call, each, text

Tree = exp.Expression

MAX_REPEATED = 30
"""Nodes of the largest tree that is written several times."""


class Type(StrEnum):
    """What values are (elastic.co, "ES|QL data types"); `null` is what the literal has."""

    KEYWORD = "keyword"
    TEXT = "text"
    INTEGER = "integer"
    LONG = "long"
    UNSIGNED_LONG = "unsigned_long"
    DOUBLE = "double"
    BOOLEAN = "boolean"
    DATETIME = "datetime"
    IP = "ip"
    VERSION = "version"
    GEO_POINT = "geo_point"
    DATE_PERIOD = "date_period"
    TIME_DURATION = "time_duration"
    NULL = "null"


TEXTS = frozenset({Type.KEYWORD, Type.TEXT})
WHOLE = frozenset({Type.INTEGER, Type.LONG, Type.UNSIGNED_LONG})
NUMBERS = WHOLE | {Type.DOUBLE}
SPANS = frozenset({Type.DATE_PERIOD, Type.TIME_DURATION})
VALUES = frozenset(Type) - SPANS - {Type.NULL}

CLICKHOUSE: dict[Type, str] = {
    **dict.fromkeys((Type.KEYWORD, Type.TEXT, Type.VERSION, Type.GEO_POINT, Type.NULL), "String"),
    Type.INTEGER: "Int32",
    Type.LONG: "Int64",
    Type.UNSIGNED_LONG: "UInt64",
    Type.DOUBLE: "Float64",
    Type.BOOLEAN: "Bool",
    Type.DATETIME: "DateTime64(3, 'UTC')",
    Type.IP: "IPv6",
}
"""How one value of a type is kept in ClickHouse; a point is its text, `POINT (1.0 2.0)`."""


class Missing(Enum):
    """Says that a value is no constant: None is one, `null`."""

    MISSING = "missing"


MISSING = Missing.MISSING


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """A constant span: whole months, or milliseconds."""

    months: int = 0
    milliseconds: int = 0
    unit: str = "millisecond"
    """ClickHouse's name of the unit that it was written in: second, minute, hour, day, week, month, quarter, year."""
    count: int = 0


Constant = str | int | float | bool | datetime | TimeSpan | tuple["Constant", ...] | None


@dataclass(frozen=True, slots=True)
class Typed:
    """The values of an expression."""

    tree: Tree
    type: Type
    many: bool = False
    """Whether `tree` is an array."""
    constant: Constant | Missing = MISSING

    @property
    def is_text(self) -> bool:
        """Whether its values are texts."""
        return self.type in TEXTS

    @property
    def is_number(self) -> bool:
        """Whether its values are numbers."""
        return self.type in NUMBERS


class Mistake(Exception):
    """What is wrong with a call, for who knows its place in the query to tell: in which argument (None: the whole)."""

    def __init__(self, message: str, hint: str = "", argument: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.argument = argument


@dataclass(frozen=True, slots=True)
class Env:
    """What calls are built with: where values are bound, and the present."""

    binder: Binder
    now: datetime


def null(type: Type = Type.NULL, *, many: bool = False) -> Typed:
    """No value of a type."""
    if many:
        return Typed(cast(exp.array(dialect="clickhouse"), f"Array({CLICKHOUSE[type]})"), type, True)
    return Typed(cast(exp.Null(), f"Nullable({CLICKHOUSE.get(type, 'String')})"), type, False, None)


def cast(tree: Tree, clickhouse_type: str) -> Tree:
    """`CAST(tree, 'type')`."""
    return call("CAST", tree, text(clickhouse_type))


def as_bool(typed: Typed) -> Typed:
    """A condition as a value: ClickHouse's comparisons give 0 and 1, which look like numbers."""
    if typed.type is not Type.BOOLEAN or typed.many or isinstance(typed.tree, exp.Column | exp.Placeholder):
        return typed
    if isinstance(typed.tree, exp.Anonymous) and typed.tree.this == "CAST":
        return typed
    return Typed(cast(typed.tree, "Nullable(Bool)"), Type.BOOLEAN, False, typed.constant)


def one(typed: Typed) -> Tree:
    """What a function of single values sees: null where there are several (elastic.co, "Multivalued fields")."""
    if not typed.many:
        return typed.tree.copy()
    is_single = exp.EQ(this=call("length", typed.tree.copy()), expression=number(1))
    return call("if", is_single, call("toNullable", element(typed.tree, 1)), exp.Null())


def all_values(typed: Typed) -> Tree:
    """Its values as an array without NULLs."""
    if typed.many:
        return typed.tree.copy()
    listed = exp.array(typed.tree.copy(), dialect="clickhouse")
    return cast(
        call("arrayFilter", each("_n", lambda value: call("isNotNull", value)), listed),
        f"Array({CLICKHOUSE.get(typed.type, 'String')})",
    )


def element(array: Tree, position: int) -> Tree:
    """One element, counted from 1, from the end if negative."""
    return call("arrayElement", array.copy(), number(position))


def once(tree: Tree, variable: str, build: Callable[[Tree], Tree]) -> Tree:
    """What `build` makes of a tree that it uses several times. A large one is computed once, as the `variable` of a
    lambda: repeated, it would be larger still in each expression around it."""
    if not is_larger(tree, MAX_REPEATED):
        return build(tree)
    several = call("arrayMap", each(variable, build), exp.array(tree, dialect="clickhouse"))
    return call("arrayElement", several, number(1))


def is_larger(tree: Tree, most: int) -> bool:
    """Whether a tree has more nodes than that; looks at no more of them."""
    return sum(1 for _ in islice(tree.walk(), most + 1)) > most


def number(value: int) -> Tree:
    """A literal of this code's own."""
    return exp.Literal.number(value) if value >= 0 else exp.Neg(this=exp.Literal.number(-value))
