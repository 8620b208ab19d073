"""Loads sealed segments into their streams' tables, each exactly once, and says what came of its records."""

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlglot import exp, parse_one

from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine, Value, rows
from bartizan.engine.columns import stored
from bartizan.engine.errors import EngineError, StatementRefused
from bartizan.engine.inserts import UNOPTIMISED, prepare_insert
from bartizan.engine.literals import date_text
from bartizan.engine.statements import Prepared, put_source
from bartizan.engine.tables import Table, ensure_table
from bartizan.ingest.errors import DamagedSegment
from bartizan.ingest.ledger import Ledger
from bartizan.ingest.mend import mend
from bartizan.ingest.once import insert_checked
from bartizan.ingest.rows import load_select, whole_select
from bartizan.ingest.segment import STRUCTURE, as_local_file, verify
from bartizan.ingest.spool import Segment, Spool
from bartizan.integrations.catalog import Catalog
from bartizan.integrations.macros import Macros
from bartizan.integrations.mapping import Mapping, load_mapping

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MAX_PROBLEMS = 20
"""Records not understood that are told one by one for a segment; the rest is counted."""

_PRESENT = "SELECT count() FROM {table: Identifier} WHERE `event.ingested` = {ingested: DateTime64(3, 'UTC')}"

_OUTCOME = """
SELECT
    count() AS records, countIf(`event.kind` = 'pipeline_error') AS failed, countIf(`error.message` != '') AS told
FROM {table: Identifier} WHERE `event.ingested` = {ingested: DateTime64(3, 'UTC')}
"""

_PROBLEMS = """
SELECT `log.file.path` AS path, `error.message` AS reason FROM {table: Identifier}
WHERE `event.ingested` = {ingested: DateTime64(3, 'UTC')} AND `error.message` != '' ORDER BY path, reason
LIMIT {limit: UInt32}
"""

_LAST = "SELECT toUnixTimestamp64Milli(max(`event.ingested`)) AS last FROM {table: Identifier}"


@dataclass(frozen=True, slots=True)
class Problem:
    """A record that was kept but not understood."""

    path: str
    reason: str


@dataclass(frozen=True, slots=True)
class Loaded:
    """What a segment came to."""

    stream: str
    records: int
    failed: int
    problems: tuple[Problem, ...]
    size_bytes: int


class Loader:
    """Loads the segments of one spool, in order. Not for several threads."""

    def __init__(
        self,
        engine: Engine,
        spool: Spool,
        catalog: Catalog,
        macros: Macros,
        registry: Registry,
        ledger: Ledger,
        quarantine: Path,
    ) -> None:
        self._engine = engine
        self._spool = spool
        self._catalog = catalog
        self._macros = macros
        self._registry = registry
        self._quarantine = quarantine
        self._ready: dict[str, Prepared] = {}
        self._ledger = ledger
        self._last_ms: dict[str, int] = {}

    def prepare(self, stream: str) -> None:
        """Make or widen the stream's table, and keep later segments behind what it holds."""
        if stream in self._ready:
            return
        select, table = self._described(stream)
        ensure_table(self._engine, table)
        columns = tuple(column.name for column in table.columns if column.derived is None)
        in_order = exp.select(*(exp.column(name, quoted=True) for name in columns))
        in_order = in_order.from_(select.subquery("loaded", copy=False), copy=False)
        self._ready[stream] = prepare_insert(stream, columns, in_order)
        last = rows(self._engine, parse_one(_LAST, dialect="clickhouse"), {"table": stream})
        self._last_ms[stream] = last[0]["last"]
        self._spool.raise_floor(stream, last[0]["last"])

    def load(self, segment: Segment) -> Loaded:
        """Store a segment's rows and forget it. Raises `DamagedSegment` after setting a damaged one aside; any other
        error leaves it in the spool."""
        self.prepare(segment.stream)
        segment = self._after_the_last(segment)
        size_bytes = segment.file.stat().st_size
        ingested = _date_text(segment.ingested_ms)
        try:
            self._insert_mended(segment, ingested)
            self._ledger.record(segment, ingested)
        except (EngineError, DamagedSegment) as error:
            self._set_aside_if_damaged(segment)
            error.where = error.where or str(segment.file)
            raise
        loaded = self._outcome(segment, ingested, size_bytes)
        self._spool.remove(segment)
        return loaded

    def _described(self, stream: str) -> tuple[exp.Select, Table]:
        dataset, namespace = _parts(stream)
        source = self._catalog.stream(dataset)
        mapping = load_mapping(source, self._macros)
        select = load_select(mapping, namespace)
        return select, stream_table(self._engine, stream, mapping, select, self._registry)

    def _after_the_last(self, segment: Segment) -> Segment:
        """A segment that failed while later ones were stored gets a new ingest time: rules that have run over the later
        ones look at nothing before them again."""
        last_ms = self._last_ms[segment.stream]
        parameters = {"table": segment.stream, "ingested": _date_text(segment.ingested_ms)}
        present = parse_one(_PRESENT, dialect="clickhouse")
        if segment.ingested_ms < last_ms and not rows(self._engine, present, parameters)[0]["count()"]:
            segment = self._spool.restamp(segment)
        self._last_ms[segment.stream] = max(last_ms, segment.ingested_ms)
        return segment

    def _set_aside_if_damaged(self, segment: Segment) -> None:
        try:
            verify(segment.file)
        except DamagedSegment as damage:
            kept = self._spool.set_aside(segment, self._quarantine)
            message = f"it was damaged on the disk and is not stored: {damage.message}"
            raise DamagedSegment(message, where=str(kept)) from damage

    def _insert_mended(self, segment: Segment, ingested: str) -> None:
        """Insert; a segment with a document that doesn't parse as a whole is refused, then mended and inserted."""
        try:
            self._insert(segment, ingested)
        except StatementRefused:
            if not mend(self._engine, segment.file):
                raise
            self._insert(segment, ingested)

    def _insert(self, segment: Segment, ingested: str) -> None:
        parameters = {"table": segment.stream, "ingested": ingested}
        file = as_local_file(segment.file)
        insert_checked(self._engine, self._ready[segment.stream], file, segment.token, parameters, _PRESENT)

    def _outcome(self, segment: Segment, ingested: str, size_bytes: int) -> Loaded:
        parameters: dict[str, Value] = {"table": segment.stream, "ingested": ingested, "limit": MAX_PROBLEMS}
        counts = rows(self._engine, parse_one(_OUTCOME, dialect="clickhouse"), parameters)[0]
        problems = self._problems(parameters) if counts["told"] else ()
        return Loaded(segment.stream, counts["records"], counts["failed"], problems, size_bytes)

    def _problems(self, parameters: dict[str, Value]) -> tuple[Problem, ...]:
        found = rows(self._engine, parse_one(_PROBLEMS, dialect="clickhouse"), parameters)
        return tuple(Problem(problem["path"], problem["reason"]) for problem in found)


def stream_table(engine: Engine, name: str, mapping: Mapping, loaded: exp.Select, registry: Registry) -> Table:
    """The table of a stream as its mapping, and what `load_select` made of it, describe it."""
    whole = whole_select(mapping, loaded.copy())
    described = exp.Describe(this=exp.Subquery(this=put_source(whole, exp.func("null", exp.Literal.string(STRUCTURE)))))
    columns = rows(engine, described, {"ingested": _date_text(0)}, settings=UNOPTIMISED)
    derived = {column.alias: column.this for column in mapping.derived}
    return Table(
        name,
        tuple(stored(column["name"], column["type"], registry, derived.get(column["name"])) for column in columns),
        mapping.stream.sort_key,
        mapping.stream.retention_days,
    )


def _parts(stream: str) -> tuple[str, str]:
    _, dataset, namespace = stream.split("-", 2)
    return dataset, namespace


def _date_text(milliseconds: int) -> str:
    """Milliseconds since 1970 as the value of a `DateTime64(3, 'UTC')` parameter."""
    return date_text(_EPOCH + timedelta(milliseconds=milliseconds))
