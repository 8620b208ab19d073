"""What a KQL query says, before fields are known: a tree of immutable nodes with their place in the text."""

import dataclasses
from dataclasses import dataclass

from bartizan.query.span import Span


@dataclass(frozen=True, slots=True)
class Literal:
    """A field name or a value. `pieces` are the texts around `*`; a quoted literal has no wildcards, so one piece."""

    pieces: tuple[str, ...]
    quoted: bool = False
    span: Span = dataclasses.field(default=Span(0, 0), compare=False, repr=False)

    @property
    def has_wildcard(self) -> bool:
        """Whether `*` stands anywhere in it."""
        return len(self.pieces) > 1

    @property
    def is_any(self) -> bool:
        """Whether it is nothing but `*`."""
        return len(self.pieces) > 1 and not any(self.pieces)

    @property
    def text(self) -> str:
        """As people write it, without quotes and escapes."""
        return "*".join(self.pieces)


@dataclass(frozen=True, slots=True)
class Everything:
    """The empty query."""


@dataclass(frozen=True, slots=True)
class Is:
    """`field: value`; without a field, free text, or a value of the list it stands in."""

    field: Literal | None
    value: Literal


@dataclass(frozen=True, slots=True)
class ValueList:
    """`field: (a or not b)`; the leaves of `item` are `Is` without a field."""

    field: Literal
    item: "Query"


@dataclass(frozen=True, slots=True)
class Comparison:
    """`field >= value` and the like."""

    field: Literal
    operator: str
    value: Literal


@dataclass(frozen=True, slots=True)
class And:
    """All of `items`."""

    items: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Or:
    """One of `items`."""

    items: tuple["Query", ...]


@dataclass(frozen=True, slots=True)
class Not:
    """Not `item`."""

    item: "Query"


@dataclass(frozen=True, slots=True)
class Nested:
    """`field: { item }`: one object below `field` fulfils all of `item`."""

    field: Literal
    item: "Query"


Query = Everything | Is | ValueList | Comparison | And | Or | Not | Nested


def depth(query: Query) -> int:
    """How many nodes lie above the deepest leaf; doesn't recurse, so it can guard what does."""
    deepest, pending = 0, [(query, 0)]
    while pending:
        node, level = pending.pop()
        deepest = max(deepest, level)
        match node:
            case And(items) | Or(items):
                pending.extend((item, level + 1) for item in items)
            case Not(item) | Nested(_, item) | ValueList(_, item):
                pending.append((item, level + 1))
            case _:
                pass
    return deepest
