"""What an EQL query says, before fields are known: a tree of immutable nodes with their place in the text."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from bartizan.query.span import Span

_NOWHERE = Span(0, 0)


@dataclass(frozen=True, slots=True)
class Field:
    """A field's name; `optional` (`?name`) if nobody need know it."""

    name: str
    optional: bool = False
    span: Span = dataclasses.field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number, boolean or `null`."""

    value: str | int | float | bool | None
    span: Span = dataclasses.field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Function:
    """`name(arguments)`, or `name~(arguments)` that ignores case."""

    name: str
    arguments: tuple["Operand", ...]
    ignore_case: bool = False
    span: Span = dataclasses.field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Arithmetic:
    """`left operator right`, the operator one of `+ - * / %`; `-x` is `0 - x`."""

    operator: str
    left: "Operand"
    right: "Operand"
    span: Span = dataclasses.field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Comparison:
    """`left operator right`, the operator one of `== != < <= > >= :`."""

    operator: str
    left: "Operand"
    right: "Operand"
    span: Span = dataclasses.field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Lookup:
    """`left operator (values)`, the operator one of `in in~ : like like~ regex regex~`."""

    operator: str
    left: "Operand"
    values: tuple["Operand", ...]
    span: Span = dataclasses.field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Not `item`."""

    item: "Operand"


@dataclass(frozen=True, slots=True)
class And:
    """All of `items`."""

    items: tuple["Operand", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of `items`."""

    items: tuple["Operand", ...]


Operand = Field | Literal | Function | Arithmetic | Comparison | Lookup | Not | And | Or


@dataclass(frozen=True, slots=True)
class Event:
    """`category where condition`; None is `any`."""

    category: str | None
    condition: Operand


@dataclass(frozen=True, slots=True)
class Step:
    """An event of a sequence or sample: its own join keys, how often it comes, whether it must not come."""

    event: Event
    keys: tuple[Field, ...] = ()
    runs: int = 1
    is_missing: bool = False
    span: Span = dataclasses.field(default=_NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Sequence:
    """Events in order; `keys` are shared by all steps."""

    steps: tuple[Step, ...]
    keys: tuple[Field, ...] = ()
    maxspan_ms: int | None = None
    until: Step | None = None


@dataclass(frozen=True, slots=True)
class Sample:
    """Events in any order that share their keys."""

    steps: tuple[Step, ...]
    keys: tuple[Field, ...] = ()


@dataclass(frozen=True, slots=True)
class Pipe:
    """`| head 5` or `| tail 5`."""

    name: str
    count: int


@dataclass(frozen=True, slots=True)
class Query:
    """A whole query."""

    body: Event | Sequence | Sample
    pipes: tuple[Pipe, ...] = ()


def children(operand: Operand) -> tuple[Operand, ...]:
    """What an operand directly holds."""
    match operand:
        case And(items) | Or(items):
            return items
        case Not(item):
            return (item,)
        case Function(_, arguments):
            return arguments
        case Arithmetic(_, left, right) | Comparison(_, left, right):
            return left, right
        case Lookup(_, left, values):
            return left, *values
        case _:
            return ()


def events(query: Query) -> Iterator[Event]:
    """Every event that the query names."""
    match query.body:
        case Event() as event:
            yield event
        case Sequence(steps, _, _, until):
            yield from (step.event for step in (*steps, *([until] if until else [])))
        case Sample(steps):
            yield from (step.event for step in steps)


def depth(operand: Operand) -> int:
    """How many nodes lie above the deepest one; doesn't recurse, so it can guard what does."""
    deepest, pending = 0, [(operand, 0)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        pending.extend((child, level + 1) for child in children(node))
    return deepest
