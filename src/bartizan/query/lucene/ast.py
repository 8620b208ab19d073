"""What a Lucene query says, before fields are known: a tree of immutable nodes with their place in the text."""

import dataclasses
from dataclasses import dataclass
from enum import Enum

from bartizan.query.ir import Pattern, Wild
from bartizan.query.span import Span

NOWHERE = Span(0, 0)


class Occur(Enum):
    """What a clause means for its query: it must hold, may hold, must not hold."""

    MUST = "+"
    SHOULD = ""
    MUST_NOT = "-"


@dataclass(frozen=True, slots=True)
class Literal:
    """A field name or a value: text and wildcards in order; within quotes `*` and `?` are text."""

    parts: Pattern
    quoted: bool = False
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)

    @property
    def is_any(self) -> bool:
        """Whether it is nothing but `*`."""
        return self.parts == (Wild.MANY,)

    @property
    def has_wildcard(self) -> bool:
        """Whether a wildcard stands anywhere in it."""
        return any(isinstance(part, Wild) for part in self.parts)

    @property
    def text(self) -> str:
        """As people write it, without quotes and escapes."""
        return "".join(part.value if isinstance(part, Wild) else part for part in self.parts)


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty query, which Kibana reads as every event."""


@dataclass(frozen=True, slots=True)
class Term:
    """A word, several plain words between which no operator stands, or a phrase in quotes."""

    value: Literal


@dataclass(frozen=True, slots=True)
class Fuzzy:
    """`word~1`; `edits` None is `~` alone, which depends on the word's length."""

    value: Literal
    edits: int | None


@dataclass(frozen=True, slots=True)
class Proximity:
    """`"two words"~3`."""

    value: Literal
    slop: int


@dataclass(frozen=True, slots=True)
class Regex:
    """`/pattern/`, without the slashes and their escapes."""

    pattern: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class End:
    """One end of a range."""

    text: str
    inclusive: bool
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Range:
    """`[a TO b}`, `>=a`; None is open."""

    low: End | None
    high: End | None
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Fielded:
    """`field:item`; within `item`, what has no field of its own is about this one."""

    field: Literal
    item: "Query"


@dataclass(frozen=True, slots=True)
class Clause:
    """A query and what it means for the one that it stands in."""

    occur: Occur
    item: "Query"


@dataclass(frozen=True, slots=True)
class Clauses:
    """Several clauses, or one that must not hold."""

    items: tuple[Clause, ...]


Query = Everything | Term | Fuzzy | Proximity | Regex | Range | Fielded | Clauses


def depth(query: Query) -> int:
    """How many nodes lie above the deepest leaf; doesn't recurse, so it can guard what does."""
    deepest, pending = 0, [(query, 0)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        if isinstance(node, Clauses):
            pending.extend((clause.item, level + 1) for clause in node.items)
        elif isinstance(node, Fielded):
            pending.append((node.item, level + 1))
    return deepest
