"""What an ES|QL query says, before columns are known: commands and expressions with their place in the text."""

import dataclasses
from collections.abc import Iterator
from dataclasses import dataclass

from bartizan.query.span import Span

NOWHERE = Span(0, 0)

Plain = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Column:
    """A column's name; `dynamic` while it holds parameters (`??name`), which `parameters.py` puts in."""

    name: str
    dynamic: bool = False
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Pattern:
    """A name with `*` outside backticks for any characters: `parts` are the texts between the wildcards."""

    parts: tuple[str, ...]
    dynamic: bool = False
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Literal:
    """A text, number, boolean or `null`."""

    value: Plain
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Parameter:
    """`?name`, `?1` or `?`: a value that comes with the query."""

    name: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class TimeSpan:
    """`10 minutes`: a number (or the parameter of one) of a unit."""

    count: Literal | Parameter
    unit: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Many:
    """`[1, 2]`: a constant of several values."""

    items: tuple[Literal | Parameter, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Options:
    """`{"name": value}`: options of a function or command."""

    entries: tuple[tuple[str, "Expression"], ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Star:
    """The `*` of `COUNT(*)`."""

    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Function:
    """`name(arguments)`."""

    name: str
    arguments: tuple["Expression", ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Binary:
    """`left operator right`, the operator one of `+ - * / % == != < <= > >=`; `at` is its place."""

    operator: str
    left: "Expression"
    right: "Expression"
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Negative:
    """`-item`."""

    item: "Expression"
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class In:
    """`item IN (values)`."""

    item: "Expression"
    values: tuple["Expression", ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Like:
    """`item LIKE pattern` or `item RLIKE pattern`; several patterns: one of them is enough."""

    operator: str
    item: "Expression"
    patterns: tuple["Expression", ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class IsNull:
    """`item IS NULL`."""

    item: "Expression"
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Match:
    """`item : query`, the full-text match."""

    item: "Expression"
    query: "Expression"
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Cast:
    """`item::type`."""

    item: "Expression"
    type: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Not:
    """Not `item`."""

    item: "Expression"
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class And:
    """All of `items`."""

    items: tuple["Expression", ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Or:
    """One of `items`."""

    items: tuple["Expression", ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


Expression = (
    Column
    | Literal
    | Parameter
    | TimeSpan
    | Many
    | Options
    | Star
    | Function
    | Binary
    | Negative
    | In
    | Like
    | IsNull
    | Match
    | Cast
    | Not
    | And
    | Or
)


@dataclass(frozen=True, slots=True)
class Assignment:
    """`target = value`; without a target the column is called by the value's text, `text`."""

    target: Column | None
    value: Expression
    text: str = dataclasses.field(default="", compare=False)

    @property
    def name(self) -> str:
        """What the column is called."""
        if self.target is not None:
            return self.target.name
        return self.value.name if isinstance(self.value, Column) else self.text


@dataclass(frozen=True, slots=True)
class Aggregate:
    """An assignment of STATS and the condition on the rows that it counts."""

    assignment: Assignment
    condition: Expression | None = None


@dataclass(frozen=True, slots=True)
class From:
    """`FROM indices METADATA metadata`."""

    indices: tuple[str, ...]
    metadata: tuple[Column, ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Row:
    """`ROW a = 1`: one row made of constants."""

    assignments: tuple[Assignment, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Show:
    """`SHOW INFO`."""

    what: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Where:
    """Keeps the rows for which the condition is true."""

    condition: Expression
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Eval:
    """Adds columns, one after the other."""

    assignments: tuple[Assignment, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Stats:
    """Aggregates by groups; `inline` keeps the rows."""

    aggregates: tuple[Aggregate, ...]
    groups: tuple[Assignment, ...] = ()
    inline: bool = False
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Keep:
    """The columns that stay, in this order."""

    patterns: tuple[Pattern, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Drop:
    """The columns that go."""

    patterns: tuple[Pattern, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Rename:
    """Pairs of the old and the new name."""

    pairs: tuple[tuple[Column, Column], ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class SortKey:
    """What to sort by; nulls come last ascending and first descending unless said otherwise."""

    value: Expression
    descending: bool = False
    nulls_first: bool | None = None


@dataclass(frozen=True, slots=True)
class Sort:
    """The order of rows."""

    keys: tuple[SortKey, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Limit:
    """The first rows only."""

    count: Expression
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Dissect:
    """Columns cut out of a text at delimiters."""

    item: Expression
    pattern: Literal | Parameter
    options: tuple[tuple[str, Expression], ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Grok:
    """Columns cut out of a text by named regular expressions; the first pattern that fits counts."""

    item: Expression
    patterns: tuple[Literal | Parameter, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class MvExpand:
    """A row for each value of a column."""

    column: Column
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Enrich:
    """Columns of a policy's table, found by the value of `on`; `fields` pairs the new name with the table's."""

    policy: str
    on: Column | None = None
    fields: tuple[tuple[Column, Column], ...] = ()
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class LookupJoin:
    """Columns of a lookup table, found by columns of the same name."""

    table: str
    on: tuple[Expression, ...]
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Completion:
    """A prompt to a language model."""

    target: Column | None
    prompt: Expression
    options: Options | None = None
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


@dataclass(frozen=True, slots=True)
class Unsupported:
    """A command of the language that isn't one here; `rest` is the text from it on."""

    name: str
    rest: str
    span: Span = dataclasses.field(default=NOWHERE, compare=False, repr=False)


Command = (
    From
    | Row
    | Show
    | Where
    | Eval
    | Stats
    | Keep
    | Drop
    | Rename
    | Sort
    | Limit
    | Dissect
    | Grok
    | MvExpand
    | Enrich
    | LookupJoin
    | Completion
    | Unsupported
)


@dataclass(frozen=True, slots=True)
class Query:
    """A source command and what follows it."""

    commands: tuple[Command, ...]


def children(node: object) -> Iterator[object]:
    """The nodes directly below a node, through tuples."""
    if isinstance(node, tuple):
        yield from node
    elif dataclasses.is_dataclass(node) and not isinstance(node, Span):
        yield from (getattr(node, field.name) for field in dataclasses.fields(node) if field.name != "span")


def walk(node: object) -> Iterator[object]:
    """The node and all below it, a parent before its children; doesn't recurse."""
    pending = [node]
    while pending:
        one = pending.pop()
        if not isinstance(one, tuple):
            yield one
        pending.extend(reversed(tuple(children(one))))


def depth(node: object) -> int:
    """How many nodes lie above the deepest one; doesn't recurse, so it can guard what does."""
    deepest, pending = 0, [(node, 0)]
    while pending:
        one, level = pending.pop()
        deepest = max(deepest, level)
        pending.extend((child, level + (not isinstance(child, tuple))) for child in children(one))
    return deepest
