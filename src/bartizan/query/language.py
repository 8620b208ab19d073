"""The query languages by name. A front-end is loaded when its language is asked for: nobody waits for the others."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from importlib import import_module

from bartizan.query import ir
from bartizan.query.errors import QueryError
from bartizan.query.query_fields import QueryFields
from bartizan.query.schema import Schema
from bartizan.query.table import CompiledTable, Reading


@dataclass(frozen=True, slots=True)
class Language:
    """A query language's front-end: the `LANGUAGE` of a module `front_end`."""

    parse: Callable[[str], object]
    """The text's AST, for people to look at: a tree of dataclasses. Raises `QuerySyntaxError`."""
    to_ir: Callable[[str, Schema, datetime, QueryFields], ir.Expr]
    """What the text means for the fields of a schema, with the present for date math. Raises `QuerySyntaxError`."""
    wanted: Callable[[str, Schema, datetime, QueryFields], ir.Wanted] | None = None
    """As `to_ir`, where a text can also ask for groups of events or for the first ones only."""
    table: Callable[[str, Schema, datetime, Reading], CompiledTable] | None = None
    """For a language whose queries give tables: the statement of a text. Its `to_ir` refuses."""


FRONT_ENDS: Mapping[str, str] = {
    "kql": "kql",
    "kuery": "kql",
    "lucene": "lucene",
    "eql": "eql",
    "esql": "esql",
    "sigma": "sigma",
    "dsl": "query_dsl",
}
"""The folder of each language; `kuery` is what Elastic's rules call KQL, `sigma` is a rule's YAML, `dsl` is JSON."""


def language_of(name: str) -> Language:
    """The front-end of a language. Raises `QueryError` with the names there are."""
    folder = FRONT_ENDS.get(name)
    if folder is None:
        raise QueryError(f"unknown query language `{name}`", hint=f"known are {', '.join(FRONT_ENDS)}")
    language: Language = import_module(f"bartizan.query.{folder}.front_end").LANGUAGE
    return language
