"""Loads sealed segments into their streams' tables, each exactly once, and says what came of its records."""

from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine, Value, rows
from bartizan.engine.deletes import delete_rows
from bartizan.engine.errors import EngineError, StatementRefused
from bartizan.engine.literals import date_text_of
from bartizan.engine.statements import Prepared, fixed
from bartizan.engine.tables import ensure_table
from bartizan.ingest.doubles import is_in, leave_out
from bartizan.ingest.errors import DamagedSegment
from bartizan.ingest.inserts import DatasetInserts, Inserts
from bartizan.ingest.ledger import Ledger
from bartizan.ingest.mend import mend
from bartizan.ingest.once import insert_checked
from bartizan.ingest.order import Order
from bartizan.ingest.segment import entries, verify
from bartizan.ingest.spool import Segment, Spool
from bartizan.integrations.catalog import Catalog
from bartizan.integrations.macros import Macros

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

_WITHDRAWN = "`event.ingested` = {ingested: DateTime64(3, 'UTC')} AND `log.file.path` IN {paths: Array(String)}"

_PATHS = 1000
"""Paths that one statement names."""

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
        inserts: Inserts | None = None,
        order: Order | None = None,
    ) -> None:
        """`inserts` are those that other loaders over the engine have made; None makes them anew. `order` is given
        where other servers load into the same store."""
        self._engine = engine
        self._spool = spool
        self._inserts = inserts or Inserts(engine, catalog, macros, registry)
        self._quarantine = quarantine
        self._ready: dict[str, DatasetInserts] = {}
        self._ledger = ledger
        self._last_ms: dict[str, int] = {}
        self._order = order

    def prepare(self, stream: str) -> None:
        """Make or widen the stream's table, and keep later segments behind what it holds."""
        if stream in self._ready:
            return
        _, dataset, _ = stream.split("-", 2)
        inserts = self._inserts.of(dataset)
        ensure_table(self._engine, inserts.table(stream))
        self._ready[stream] = inserts
        last = rows(self._engine, fixed(_LAST), {"table": stream})
        self._last_ms[stream] = last[0]["last"]
        self._spool.raise_floor(stream, last[0]["last"])

    def load(self, segment: Segment) -> Loaded:
        """Store a segment's rows and forget it. Raises `DamagedSegment` after setting a damaged one aside; any other
        error leaves it in the spool."""
        self.prepare(segment.stream)
        size_bytes = segment.file.stat().st_size
        while True:
            segment = self._store(segment)
            if self._order is None or self._order.stands(segment.ingested_ms):
                break
        loaded = self._outcome(segment, date_text_of(segment.ingested_ms), size_bytes)
        self._spool.remove(segment)
        return loaded

    def _store(self, segment: Segment) -> Segment:
        try:
            segment = self._settled(segment)
            ingested = date_text_of(segment.ingested_ms)
            if segment.file.stat().st_size:
                self._insert_mended(segment, ingested)
                self._ledger.record(segment, ingested)
        except (EngineError, DamagedSegment) as error:
            self._set_aside_if_damaged(segment)
            error.where = error.where or str(segment.file)
            raise
        return segment

    def _settled(self, segment: Segment) -> Segment:
        """The segment as it is to be stored: alone, behind what its stream holds; beside other servers, where readers
        have not passed, without what is stored elsewhere."""
        if self._order is None:
            return self._after_the_last(segment)
        segment = self._undoubled(segment)
        if not self._order.passed_ms:
            return self._after_the_last(segment)
        if segment.ingested_ms >= self._order.passed_ms:
            return segment
        self._withdraw(segment)
        return self._spool.restamp(segment)

    def _undoubled(self, segment: Segment) -> Segment:
        """Leave out what another server has stored: whoever got no answer from this one has sent it there."""
        elsewhere = self._ledger.elsewhere(segment, self._spool.origins(segment))
        if not elsewhere or not is_in(segment.file, elsewhere):
            return segment
        self._withdraw(segment)
        leave_out(segment.file, elsewhere)
        return self._spool.restamp(segment)

    def _withdraw(self, segment: Segment) -> None:
        """Take a segment's rows out of the store, if they are there: whether they were there before readers passed
        nobody knows, and being seen twice adds no alert."""
        ingested = date_text_of(segment.ingested_ms)
        if not self._is_there(segment.stream, ingested):
            return
        self._ledger.forget(segment)
        with segment.file.open("rb") as file:
            paths = sorted({entry.path for entry in entries(file)})
        for start in range(0, len(paths), _PATHS):
            parameters: dict[str, Value] = {"ingested": ingested, "paths": paths[start : start + _PATHS]}
            delete_rows(self._engine, segment.stream, _WITHDRAWN, parameters)

    def _after_the_last(self, segment: Segment) -> Segment:
        """A segment that failed while later ones were stored gets a new ingest time: rules that have run over the later
        ones look at nothing before them again."""
        last_ms = self._last_ms[segment.stream]
        ingested = date_text_of(segment.ingested_ms)
        if segment.ingested_ms < last_ms and not self._is_there(segment.stream, ingested):
            segment = self._spool.restamp(segment)
        self._last_ms[segment.stream] = max(last_ms, segment.ingested_ms)
        return segment

    def _is_there(self, stream: str, ingested: str) -> bool:
        return bool(rows(self._engine, fixed(_PRESENT), {"table": stream, "ingested": ingested})[0]["count()"])

    def _set_aside_if_damaged(self, segment: Segment) -> None:
        try:
            verify(segment.file)
        except DamagedSegment as damage:
            kept = self._spool.set_aside(segment, self._quarantine)
            message = f"it was damaged on the disk and is not stored: {damage.message}"
            raise DamagedSegment(message, where=str(kept)) from damage

    def _insert_mended(self, segment: Segment, ingested: str) -> None:
        """Insert the quick way where there is one; what that refuses, the thorough way. A segment with a document that
        doesn't parse as a whole is refused there too, then mended and inserted."""
        inserts = self._ready[segment.stream]
        if segment.is_quick:
            with suppress(StatementRefused):
                self._insert(inserts.quick, segment, ingested)
                return
        try:
            self._insert(inserts.thorough, segment, ingested)
        except StatementRefused:
            if not mend(self._engine, segment.file):
                raise
            self._insert(inserts.thorough, segment, ingested)

    def _insert(self, insert: Prepared, segment: Segment, ingested: str) -> None:
        namespace = segment.stream.split("-", 2)[2]
        parameters = {"table": segment.stream, "namespace": namespace, "ingested": ingested}
        insert_checked(self._engine, insert, segment, parameters, _PRESENT)

    def _outcome(self, segment: Segment, ingested: str, size_bytes: int) -> Loaded:
        parameters: dict[str, Value] = {"table": segment.stream, "ingested": ingested, "limit": MAX_PROBLEMS}
        counts = rows(self._engine, fixed(_OUTCOME), parameters)[0]
        problems = self._problems(parameters) if counts["told"] else ()
        return Loaded(segment.stream, counts["records"], counts["failed"], problems, size_bytes)

    def _problems(self, parameters: dict[str, Value]) -> tuple[Problem, ...]:
        found = rows(self._engine, fixed(_PROBLEMS), parameters)
        return tuple(Problem(problem["path"], problem["reason"]) for problem in found)
