"""Whether a statement only reads the store: what the engine's own `readonly = 1` lets through is refused here.

Under `readonly = 1` ClickHouse refuses writes, DDL and `file()`, `url()`, `s3()`, `remote()`, `executable()` as
sources; yet it runs `INTO OUTFILE`, `KILL`, the scalar `file()`, `eval()`, `cluster()`, functions that ask a language
model and, embedded, `Python()`.
"""

from sqlglot import exp

from bartizan.engine.base import Settings
from bartizan.engine.errors import StatementRefused

_SOURCES = {"merge", "null", "numbers", "values"}
"""Table functions that read nothing but the store."""

_REACHING_OUT = {"file", "getserversetting", "getclienthttpheader", "showcertificate"}
"""Functions of one value that read something else, in lower case."""

_MODEL_PREFIX = "ai"
"""`aiGenerate()` and its kind ask a language model."""


def check_read_only(statement: exp.Expr, settings: Settings | None) -> None:
    """Raise `StatementRefused` when the settings say read-only and the statement could do more."""
    if not (settings and settings.get("readonly")):
        return
    if not isinstance(statement, exp.Query | exp.Describe):
        raise StatementRefused(f"a read-only statement can't be `{statement.key.upper()}`")
    for node in statement.find_all(exp.Table, exp.Func, exp.Into):
        if isinstance(node, exp.Into):
            raise StatementRefused("a read-only statement can't write to a file")
        if isinstance(node, exp.Table):
            _check_source(node)
        elif isinstance(node, exp.Func) and ((name := _name(node)).lower() in _REACHING_OUT or _asks_model(name)):
            raise StatementRefused(f"a read-only statement can't call `{name}()`")


def _check_source(table: exp.Table) -> None:
    if isinstance(table.this, exp.Func) and (name := _name(table.this)).lower() not in _SOURCES:
        raise StatementRefused(f"a read-only statement can't read from `{name}()`")


def _name(function: exp.Func) -> str:
    return function.name if isinstance(function, exp.Anonymous) else function.sql_name()


def _asks_model(name: str) -> bool:
    return name.lower().startswith(_MODEL_PREFIX) and name[len(_MODEL_PREFIX) : len(_MODEL_PREFIX) + 1].isupper()
