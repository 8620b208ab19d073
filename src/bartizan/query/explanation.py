"""How a query is understood and run, stage by stage: its AST, its IR, its SQL and the engine's plan."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Protocol

from sqlglot import exp

from bartizan.engine.base import READ_ONLY, Engine, Value, rows
from bartizan.engine.statements import Explained
from bartizan.query import ir
from bartizan.query.binder import Parameter
from bartizan.query.explain import explain_wanted
from bartizan.query.language import language_of
from bartizan.query.table import CompiledTable
from bartizan.query.tree import printed


@dataclass(frozen=True, slots=True)
class Explanation:
    """The four stages of a query."""

    ast: str
    """What was read: an indented tree, one node a line."""
    ir: str
    """What it means: nested lists, as `explain` prints them; the stages of a query that gives a table."""
    sql: str
    """The statement, with `{name:Type}` for what is bound."""
    parameters: Mapping[str, Parameter]
    """What is bound, by name."""
    plan: str
    """ClickHouse's plan, with the indexes it uses; nothing was run."""


class Statement(Protocol):
    """The statement that is run for a search."""

    @property
    def tree(self) -> exp.Select | None:
        """None if nothing need be run to know that there is nothing."""

    @property
    def params(self) -> Mapping[str, Parameter]: ...


class Ready(Statement, Protocol):
    """A search made ready: what it asks for, and the statement that is run for it."""

    @property
    def wanted(self) -> ir.Wanted: ...


def explanation(engine: Engine, text: str, language: str, ready: Ready | CompiledTable) -> Explanation:
    """The stages of `text`, which `ready` was made of."""
    return Explanation(
        printed(language_of(language).parse(text)),
        ready.meaning if isinstance(ready, CompiledTable) else explain_wanted(ready.wanted),
        sql_text(ready),
        ready.params,
        _plan(engine, ready),
    )


def sql_text(ready: Statement) -> str:
    """The SELECT on as many lines as it is easy to read on; none if nothing is run."""
    return "" if ready.tree is None else ready.tree.sql(dialect="clickhouse", pretty=True)


def values(ready: Statement) -> dict[str, Value]:
    """The parameters as an engine takes them."""
    return {name: parameter.value for name, parameter in ready.params.items()}


def _plan(engine: Engine, ready: Statement) -> str:
    if ready.tree is None:
        return ""
    lines = rows(engine, Explained(ready.tree), values(ready), settings=READ_ONLY)
    return "\n".join(line["explain"] for line in lines)
