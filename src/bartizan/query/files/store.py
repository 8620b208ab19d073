"""Files as a table that a query of any language can ask, for as long as it is open; nothing is stored."""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from difflib import get_close_matches
from pathlib import Path
from uuid import uuid4

from sqlglot import exp

from bartizan.ecs.registry import Field, Registry
from bartizan.engine.base import Engine, rows
from bartizan.engine.errors import EngineError
from bartizan.ingest.codecs import Bounds
from bartizan.query import ir
from bartizan.query.binder import Binder
from bartizan.query.budget import Budget
from bartizan.query.errors import QueryError, UnreadableFile
from bartizan.query.explanation import Explanation, explanation
from bartizan.query.files.columns import FileColumn, Seen, column_of, seen, statistics_query, value
from bartizan.query.files.flatten import FIELDS_STRUCTURE, POSITION, POSITION_TYPE, flattened
from bartizan.query.files.reading import RECORDS_STRUCTURE, Reader, out_of_memory
from bartizan.query.language import language_of
from bartizan.query.query_fields import ECS_FIELDS, QueryFields
from bartizan.query.schema import Schema, kind_of
from bartizan.query.search import Found, Prepared, Search, prepared, reading, run
from bartizan.query.sql import call, column, named
from bartizan.query.table import CompiledTable

MAX_COLUMNS = 2_000
"""Fields that the files may have together."""

SHOWN_COLUMNS = 8
"""Most columns of a table for people."""

_TABLE_SETTINGS = {"share_nested_offsets": 0, "min_bytes_for_wide_part": 1024**3}


@dataclass(frozen=True, slots=True)
class FileStore:
    """The open files."""

    engine: Engine
    schema: Schema
    """Their fields, in the order of appearance."""
    fields: QueryFields
    plain_records: int
    """Records that are no JSON object: lines of text, kept as `message`."""

    def prepare(self, asked: Search, now: datetime) -> Prepared:
        """The statement for a search; its `index` is not looked at. Raises a `QueryError` with position."""
        self._check_time(asked)
        table = language_of(asked.language).table
        if table is not None:
            own_streams = replace(reading(asked), streams=tuple(self.schema.streams), hidden=frozenset({POSITION}))
            return table(asked.query, self.schema, now, replace(own_streams, fields=self.fields))
        order = ir.SortKey(self.fields.timestamp, descending=True), ir.SortKey(POSITION)
        own = replace(asked, index=tuple(self.schema.streams), fields=self.fields, order=order, arrival=POSITION)
        return prepared(self.schema, own, now)

    def run(self, ready: Prepared, budget: Budget) -> Found:
        """The documents, newest first; in the order of the files if no field tells a time."""
        found = run(self.engine, self.schema, ready, budget)
        in_groups = (event for group in found.groups or () for event in group.events)
        for document in (*found.documents, *in_groups):
            document.pop(POSITION, None)
        return found

    def explain(self, asked: Search, ready: Prepared) -> Explanation:
        """How the query is understood and would be run."""
        return explanation(self.engine, asked.query, asked.language, ready)

    def shown(self, ready: Prepared) -> tuple[str, ...]:
        """The fields to show in a table: the time, and those that the query names, or else the first ones."""
        own = [name for name in self.schema.columns if name != POSITION]
        if isinstance(ready, CompiledTable):
            return tuple(one.name for one in ready.columns)
        time = [self.fields.timestamp] if self.fields.timestamp in own else []
        named_ones = [name for condition in ir.conditions(ready.wanted) for name in _named(condition)]
        return tuple(dict.fromkeys([*time, *(named_ones or own)]))[:SHOWN_COLUMNS]

    def _check_time(self, asked: Search) -> None:
        name = self.fields.timestamp
        if (asked.time_from or asked.time_to) and name not in self.schema.columns:
            raise QueryError(
                f"the files have no field `{name}` to compare --from and --to with",
                hint="name the one that tells the time with --timestamp-field",
            )


def _named(condition: ir.Expr) -> list[str]:
    return [leaf.field.name for leaf in ir.leaves(condition) if leaf.field.span is not None]


@contextmanager
def opened_files(
    engine: Engine, paths: Sequence[Path], registry: Registry, bounds: Bounds, fields: QueryFields = ECS_FIELDS
) -> Iterator[FileStore]:
    """Read the files; their tables are gone at the end. Raises `UnreadableFile`, `BadObject` or `NoRecords` for a file,
    `QueryError` for a name in `fields` that the files don't have."""
    name = f"files-{uuid4().hex[:12]}"
    tables = _Tables(f"{name}-records", f"{name}-fields", name)
    try:
        with tempfile.TemporaryDirectory(prefix="bartizan-files-") as folder:
            _create(engine, tables.records, RECORDS_STRUCTURE)
            Reader(engine, tables.records, Path(folder), bounds).read(paths)
        yield _loaded(engine, tables, registry, fields)
    except EngineError as error:
        raise out_of_memory(error) or error from error
    finally:
        for table in (tables.records, tables.fields, tables.events):
            engine.query(exp.Drop(tables=[_table(table)], kind="TABLE", exists=True), format="Null")


@dataclass(frozen=True, slots=True)
class _Tables:
    records: str
    fields: str
    events: str


def _loaded(engine: Engine, tables: _Tables, registry: Registry, fields: QueryFields) -> FileStore:
    if fields.timestamp != ECS_FIELDS.timestamp:
        registry = registry.with_fields([Field(fields.timestamp, "date", False)])
    found = _flattened(engine, tables, registry)
    columns = [column_of(one, registry) for one in found]
    _insert_events(engine, tables, columns)
    types = {POSITION: POSITION_TYPE, **{one.name: one.type for one in columns}}
    schema = Schema({tables.events: types}, registry.with_fields(one.field for one in columns))
    _check_fields(fields, schema)
    plain = rows(engine, exp.select(call("count").as_("n")).from_(_table(tables.fields)).where("NOT is_object"))
    return FileStore(engine, schema, fields, int(plain[0]["n"]))


def _flattened(engine: Engine, tables: _Tables, registry: Registry) -> list[Seen]:
    """Fill the table of fields, and tell what values each name has. What is an array of objects in one record and an
    object in another stays whole in both, so that a path below it finds both."""
    kept = {name for name in registry.names if kind_of(_type(registry, name)) in (ir.Kind.JSON, ir.Kind.GEO)}
    _create(engine, tables.fields, FIELDS_STRUCTURE)
    found = _flatten_once(engine, tables, kept)
    names = [one.name for one in found]
    split = {one.name for one in found if one.composites and any(n.startswith(f"{one.name}.") for n in names)}
    if split - kept:
        engine.query(exp.TruncateTable(expressions=[_table(tables.fields)]), format="Null")
        found = _flatten_once(engine, tables, kept | split)
    return found


def _flatten_once(engine: Engine, tables: _Tables, kept: set[str]) -> list[Seen]:
    binder = Binder()
    insert = exp.Insert(this=_table(tables.fields), expression=flattened(tables.records, sorted(kept), binder))
    parameters = {name: parameter.value for name, parameter in binder.params.items()}
    engine.query(insert, parameters, format="Null", settings={"max_block_size": 4096})
    found = [seen(row) for row in rows(engine, statistics_query(tables.fields), {"limit": MAX_COLUMNS + 1})]
    if len(found) > MAX_COLUMNS:
        raise UnreadableFile(
            f"the files have more than {MAX_COLUMNS:,} fields, such as `{found[-1].name}`",
            hint="search fewer of them at once, or turn keys that are data into values",
        )
    return found


def _insert_events(engine: Engine, tables: _Tables, columns: Sequence[FileColumn]) -> None:
    binder = Binder()
    shown = [named(column("position"), POSITION), *(named(_read(one, binder), one.name) for one in columns)]
    _create(engine, tables.events, {POSITION: POSITION_TYPE, **{one.name: one.type for one in columns}})
    select = exp.Select(expressions=shown).from_(_table(tables.fields))
    insert = exp.Insert(this=_table(tables.events), expression=select)
    parameters = {name: parameter.value for name, parameter in binder.params.items()}
    engine.query(insert, parameters, format="Null", settings={"max_block_size": 4096})


def _read(one: FileColumn, binder: Binder) -> exp.Expression:
    place = call("indexOf", column("names"), binder.scalar(one.name))
    return value(one, call("arrayElement", column("raws"), place))


def _check_fields(fields: QueryFields, schema: Schema) -> None:
    """A field that was named by an option must be there; the time must be one."""
    for name, default in zip(_names(fields), _names(ECS_FIELDS), strict=True):
        if name != default and name not in schema.columns:
            nearest = next(iter(get_close_matches(name, schema.columns, 1)), "")
            raise QueryError(f"the files have no field `{name}`", hint=f"did you mean `{nearest}`?" if nearest else "")
    time = schema.columns.get(fields.timestamp, "")
    if fields.timestamp != ECS_FIELDS.timestamp and "DateTime64" not in time:
        raise QueryError(f"`{fields.timestamp}` holds values that are no dates", hint="ISO 8601 or epoch numbers are")


def _names(fields: QueryFields) -> tuple[str, ...]:
    return fields.timestamp, fields.event_category, fields.tiebreaker


def _type(registry: Registry, name: str) -> str:
    field = registry.get(name)
    return field.type if field else ""


def _create(engine: Engine, name: str, structure: Mapping[str, str]) -> None:
    """A table in the order of its first column."""
    definitions = [
        exp.ColumnDef(
            this=exp.to_identifier(one, quoted=True), kind=exp.DataType.build(type, dialect="clickhouse", udt=True)
        )
        for one, type in structure.items()
    ]
    settings = [exp.EQ(this=exp.to_identifier(key), expression=exp.convert(v)) for key, v in _TABLE_SETTINGS.items()]
    properties = [
        exp.EngineProperty(this=exp.Anonymous(this="MergeTree")),
        exp.Order(expressions=[exp.Ordered(this=column(next(iter(structure))), nulls_first=False)]),
        exp.SettingsProperty(expressions=settings),
    ]
    create = exp.Create(
        this=exp.Schema(this=_table(name), expressions=definitions),
        kind="TABLE",
        properties=exp.Properties(expressions=properties),
    )
    engine.query(create, format="Null")


def _table(name: str) -> exp.Table:
    return exp.Table(this=exp.to_identifier(name, quoted=True))
