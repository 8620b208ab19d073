"""A stream's mapping as a tree: `mapping.sql` in, one SELECT over `records` out, its shared functions expanded."""

from dataclasses import dataclass
from pathlib import Path

import sqlglot
from sqlglot import exp
from sqlglot.errors import ParseError, TokenError

from bartizan.integrations.errors import IntegrationError, WrongCall
from bartizan.integrations.macros import Macros, expand
from bartizan.integrations.stream import Stream

RECORDS = "records"
"""The relation a mapping reads: `message String`, `meta Map(String, String)`, `id String`."""

PASSED = ("record.message", "record.origin", "record.ordinal", "record.path")
"""Columns of `records` that reach the mapping's result whatever it selects: the raw record, its object's
identity, its number in it, the object's name."""

REQUIRED = ("@timestamp", "event.id", "error.message")
"""The columns every mapping gives, since the loader builds on them."""


@dataclass(frozen=True, slots=True)
class Mapping:
    """The SELECT of a stream; its columns are the stream's schema."""

    stream: Stream
    select: exp.Select
    derived: tuple[exp.Alias, ...] = ()
    """Columns of `derived.sql`: expressions over the stream's own columns, computed when they are read."""

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
    """Read and check `mapping.sql` and, where there is one, `derived.sql`.

    Raises `IntegrationError` with the file and position.
    """
    path = stream.folder / "mapping.sql"
    mapping = Mapping(stream, _parsed(path, macros), _derived(stream.folder / "derived.sql", macros))
    if missing := [name for name in REQUIRED if name not in mapping.columns]:
        raise IntegrationError(f"the mapping gives no `{missing[0]}`", where=str(path))
    return mapping


def _derived(path: Path, macros: Macros) -> tuple[exp.Alias, ...]:
    if not path.exists():
        return ()
    select = _parsed(path, macros)
    names: dict[str, exp.Expr] = {}
    for named in select.ctes:
        names[named.alias] = _named_put_in(named.this, names)
    projections = [_named_put_in(projection, names) for projection in select.expressions]
    return tuple(_with_name(projection, path) for projection in projections)


def _named_put_in(tree: exp.Expr, names: dict[str, exp.Expr]) -> exp.Expr:
    """`WITH expression AS name` put in the place of `name`: a column's expression can't have a WITH of its own."""

    def replaced(node: exp.Expr) -> exp.Expr:
        is_name = isinstance(node, exp.Column) and not node.table and node.name in names
        return exp.paren(names[node.name].copy()) if is_name else node

    return tree.transform(replaced)


def _with_name(projection: exp.Expr, path: Path) -> exp.Alias:
    if not isinstance(projection, exp.Alias):
        raise IntegrationError(f"`{projection.sql(dialect='clickhouse')}` has no name", where=str(path))
    return projection


def _parsed(path: Path, macros: Macros) -> exp.Select:
    try:
        text = path.read_text(encoding="utf-8")
        expanded = expand(sqlglot.parse_one(text, dialect="clickhouse"), macros)
    except (OSError, UnicodeDecodeError) as error:
        raise IntegrationError(f"cannot read it: {error}", where=str(path)) from error
    except ParseError as error:
        raise _unparsed(error, path) from error
    except TokenError as error:
        line = text.count("\n", 0, error.end) + 1
        raise IntegrationError(
            "a quote is not closed, or a character has no meaning", where=f"{path}:{line}"
        ) from error
    except WrongCall as error:
        raise IntegrationError(error.message, where=f"{path}:{error.line}") from error
    if not isinstance(expanded, exp.Select):
        raise IntegrationError("one SELECT is expected", where=str(path))
    return expanded


def _unparsed(error: ParseError, path: Path) -> IntegrationError:
    if not error.errors:
        return IntegrationError("one SELECT is expected, it is empty", where=str(path))
    first = error.errors[0]
    return IntegrationError(f"{first['description']} near `{first['highlight']}`", where=f"{path}:{first['line']}")


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
