"""Loads sealed segments into their streams' tables, each exactly once, and says what came of its records."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from sqlglot import exp, parse_one

from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine, Value, rows
from bartizan.engine.columns import stored
from bartizan.engine.errors import StatementRefused
from bartizan.engine.inserts import insert_once
from bartizan.engine.statements import with_source
from bartizan.engine.tables import Table, ensure_table
from bartizan.errors import BartizanError
from bartizan.ingest.errors import DamagedSegment
from bartizan.ingest.ledger import Ledger
from bartizan.ingest.mend import mend
from bartizan.ingest.rows import invalid_pieces, load_select
from bartizan.ingest.segment import STRUCTURE, as_local_file
from bartizan.ingest.spool import Segment, Spool
from bartizan.integrations.catalog import Catalog
from bartizan.integrations.macros import Macros
from bartizan.integrations.mapping import load_mapping

MAX_PROBLEMS = 20
"""Records not understood that are told one by one for a segment; the rest is counted."""

_DAMAGE_CODES = {27, 32, 33, 117, 128, 131, 395}
"""Codes that say the file is not what was written: CANNOT_PARSE_INPUT, ATTEMPT_TO_READ_AFTER_EOF, CANNOT_READ_ALL_DATA,
INCORRECT_DATA, TOO_LARGE_ARRAY_SIZE, TOO_LARGE_STRING_SIZE, FUNCTION_THROW_IF_VALUE_IS_NON_ZERO (our checksum)."""

_OUTCOME = """
SELECT count() AS records, countIf(`event.kind` = 'pipeline_error') AS failed
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
        self._ready: dict[str, tuple[exp.Select, tuple[str, ...]]] = {}
        self._ledger = ledger

    def prepare(self, stream: str) -> None:
        """Make or widen the stream's table, and keep later segments behind what it holds."""
        if stream in self._ready:
            return
        select, table = self._described(stream)
        ensure_table(self._engine, table)
        self._ready[stream] = (select, tuple(column.name for column in table.columns))
        last = rows(self._engine, parse_one(_LAST, dialect="clickhouse"), {"table": stream})
        self._spool.raise_floor(stream, last[0]["last"])

    def load(self, segment: Segment) -> Loaded:
        """Store a segment's rows and forget it. Raises `DamagedSegment` after setting a damaged one aside."""
        self.prepare(segment.stream)
        size_bytes = segment.file.stat().st_size
        self._mend(segment)
        ingested = instant(segment.ingested_ms)
        try:
            self._insert(segment, ingested)
        except StatementRefused as error:
            if error.code not in _DAMAGE_CODES:
                raise
            kept = self._spool.set_aside(segment, self._quarantine)
            raise DamagedSegment(f"it can't be loaded: {error.message}", where=str(kept)) from error
        self._ledger.record(segment, ingested)
        loaded = self._outcome(segment, ingested, size_bytes)
        self._spool.remove(segment)
        return loaded

    def load_pending(self, told: Callable[[Loaded], None], failed: Callable[[BartizanError], None]) -> None:
        """Load everything sealed; a segment that can't be loaded now stays (or is set aside) and holds up no other."""
        for segment in self._spool.pending():
            try:
                told(self.load(segment))
            except BartizanError as error:
                failed(error)

    def _described(self, stream: str) -> tuple[exp.Select, Table]:
        dataset, namespace = _parts(stream)
        source = self._catalog.stream(dataset)
        select = load_select(load_mapping(source, self._macros), namespace)
        return select, stream_table(
            self._engine, stream, source.sort_key, source.retention_days, select, self._registry
        )

    def _mend(self, segment: Segment) -> None:
        """Split documents that don't parse as a whole, so that a bad record costs only itself."""
        if bad := {row["number"] for row in rows(self._engine, invalid_pieces(), file=as_local_file(segment.file))}:
            mend(segment.file, bad)

    def _insert(self, segment: Segment, ingested: str) -> None:
        select, columns = self._ready[segment.stream]
        ordered = exp.select(*(exp.column(name, quoted=True) for name in columns)).from_(select.subquery("loaded"))
        file = as_local_file(segment.file)
        insert_once(self._engine, segment.stream, columns, ordered, file, segment.token, {"ingested": ingested})

    def _outcome(self, segment: Segment, ingested: str, size_bytes: int) -> Loaded:
        parameters: dict[str, Value] = {"table": segment.stream, "ingested": ingested, "limit": MAX_PROBLEMS}
        counts = rows(self._engine, parse_one(_OUTCOME, dialect="clickhouse"), parameters)[0]
        problems = rows(self._engine, parse_one(_PROBLEMS, dialect="clickhouse"), parameters)
        told = tuple(Problem(problem["path"], problem["reason"]) for problem in problems)
        return Loaded(segment.stream, counts["records"], counts["failed"], told, size_bytes)


def stream_table(
    engine: Engine, name: str, sort_key: tuple[str, ...], retention_days: int, select: exp.Select, registry: Registry
) -> Table:
    """The table of a stream as its SELECT describes it."""
    described = with_source(select, exp.func("null", exp.Literal.string(STRUCTURE)))
    columns = rows(engine, exp.Describe(this=exp.Subquery(this=described)), {"ingested": instant(0)})
    return Table(
        name,
        tuple(stored(column["name"], column["type"], registry) for column in columns),
        sort_key,
        retention_days,
    )


def _parts(stream: str) -> tuple[str, str]:
    _, dataset, namespace = stream.split("-", 2)
    return dataset, namespace


def instant(milliseconds: int) -> str:
    """Milliseconds since 1970 as a `DateTime64(3, 'UTC')` parameter."""
    return datetime.fromtimestamp(milliseconds / 1000, UTC).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]
