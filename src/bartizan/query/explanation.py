"""How a query is understood and run, stage by stage: its AST, its IR, its SQL and the engine's plan."""

from collections.abc import Mapping
from dataclasses import dataclass

from bartizan.engine.base import READ_ONLY, Engine, Value, rows
from bartizan.engine.statements import Explained
from bartizan.query.binder import Parameter
from bartizan.query.compile import Compiled
from bartizan.query.explain import explain
from bartizan.query.language import language_of
from bartizan.query.tree import printed


@dataclass(frozen=True, slots=True)
class Explanation:
    """The four stages of a query."""

    ast: str
    """What was read: an indented tree, one node a line."""
    ir: str
    """What it means: nested lists, as `explain` prints them."""
    sql: str
    """The statement, with `{name:Type}` for what is bound."""
    parameters: Mapping[str, Parameter]
    """What is bound, by name."""
    plan: str
    """ClickHouse's plan, with the indexes it uses; nothing was run."""


def explanation(engine: Engine, text: str, language: str, compiled: Compiled) -> Explanation:
    """The stages of `text`, which `compiled` was made of."""
    return Explanation(
        printed(language_of(language).parse(text)),
        explain(compiled.expr),
        sql_text(compiled),
        compiled.params,
        _plan(engine, compiled),
    )


def sql_text(compiled: Compiled) -> str:
    """The SELECT on as many lines as it is easy to read on."""
    return compiled.tree.sql(dialect="clickhouse", pretty=True)


def values(compiled: Compiled) -> dict[str, Value]:
    """The parameters as an engine takes them."""
    return {name: parameter.value for name, parameter in compiled.params.items()}


def _plan(engine: Engine, compiled: Compiled) -> str:
    lines = rows(engine, Explained(compiled.tree), values(compiled), settings=READ_ONLY)
    return "\n".join(line["explain"] for line in lines)
