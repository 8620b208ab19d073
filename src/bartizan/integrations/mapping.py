"""A stream's mapping as a tree: `mapping.sql` in, one SELECT over `records` out, its shared functions expanded."""

from dataclasses import dataclass

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError

from bartizan.integrations.errors import IntegrationError
from bartizan.integrations.macros import Macros, expand
from bartizan.integrations.stream import Stream

RECORDS = "records"
"""The relation a mapping reads: `message String`, `meta Map(String, String)`, `id String`."""

PASSED = ("record.message", "record.id", "record.ordinal", "record.path")
"""Columns of `records` that reach the mapping's result whatever it selects: the raw record, its id, number, object."""

REQUIRED = ("@timestamp", "event.id", "error.message")
"""The columns every mapping gives, since the loader builds on them."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """The SELECT of a stream; its columns are the stream's schema."""

    stream: Stream
    select: exp.Select

    @property
    def columns(self) -> tuple[str, ...]:
        """The ECS names it gives, in order."""
        return tuple(projection.alias_or_name for projection in self.select.expressions)

    def over(self, records: exp.Query) -> exp.Select:
        """The SELECT reading `records`, a query with the columns of `RECORDS` and `PASSED`; these are passed on."""
        select = self.select.copy()
        _pass_on(select, frozenset({RECORDS}))
        for table in list(select.find_all(exp.Table)):
            if table.name == RECORDS:
                table.replace(records.subquery(RECORDS, copy=True))
        return select


def load_mapping(stream: Stream, macros: Macros) -> Mapping:
    """Read and check `mapping.sql`; raises `IntegrationError` with the file and position."""
    path = stream.folder / "mapping.sql"
    try:
        tree = sqlglot.parse_one(path.read_text(encoding="utf-8"), dialect="clickhouse")
    except ParseError as error:
        first = error.errors[0]
        raise IntegrationError(
            f"{first['description']} near `{first['highlight']}`", where=f"{path}:{first['line']}"
        ) from error
    except OSError as error:
        raise IntegrationError(f"cannot read it: {error}", where=str(path)) from error
    if not isinstance(tree, exp.Select):
        raise IntegrationError("a mapping is one SELECT", where=str(path))
    mapping = Mapping(stream, _select(expand(tree, macros)))
    if missing := [name for name in REQUIRED if name not in mapping.columns]:
        raise IntegrationError(f"the mapping gives no `{missing[0]}`", where=str(path))
    return mapping


def _select(tree: exp.Expression) -> exp.Select:
    assert isinstance(tree, exp.Select)
    return tree


def _pass_on(query: exp.Query, carrying: frozenset[str]) -> bool:
    """Add `PASSED` to a SELECT and to those it reads from, if they read `records` (one of `carrying`) in the end."""
    for table in query.ctes:
        if isinstance(table.this, exp.Query) and _pass_on(table.this, carrying):
            carrying = carrying | {table.alias}
    source = query.args.get("from_")
    if not isinstance(query, exp.Select) or source is None:
        return False
    read = source.this
    carries = _pass_on(read.this, carrying) if isinstance(read, exp.Subquery) else read.name in carrying
    if carries and not any(isinstance(projection, exp.Star) for projection in query.expressions):
        query.select(*(exp.column(exp.to_identifier(name, quoted=True)) for name in PASSED), copy=False)
    return carries
