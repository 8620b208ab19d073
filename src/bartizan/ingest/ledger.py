"""What was loaded, in the store itself: how far into each object, so that an object delivered twice is stored once."""

from collections.abc import Iterable, Sequence

from sqlglot import exp, parse_one

from bartizan.engine.base import Engine, rows
from bartizan.engine.columns import Column
from bartizan.engine.deletes import delete_rows
from bartizan.engine.inserts import prepare_insert
from bartizan.engine.statements import Prepared, fixed
from bartizan.engine.tables import Table, ensure_table
from bartizan.ingest.once import insert_checked
from bartizan.ingest.progress import Progress
from bartizan.ingest.segment import without_bodies
from bartizan.ingest.spool import Segment

LEDGER = Table(
    name="ingest-ledger",
    columns=(
        Column("origin", "String", "ZSTD(1)", "bloom_filter(0.01)"),
        Column("path", "String", "ZSTD(1)"),
        Column("stream", "LowCardinality(String)", "ZSTD(1)"),
        Column("ordinal", "UInt64", "ZSTD(1)"),
        Column("is_complete", "UInt8", "ZSTD(1)"),
        Column("event.id", "String", "ZSTD(1)"),
        Column("event.ingested", "DateTime64(3, 'UTC')", "Delta(8), ZSTD(1)", "minmax"),
    ),
    sort_key=("origin",),
    retention_days=365,
)
"""One row for each object and segment; `event.id` is the segment's token."""

_ENTRIES = """
SELECT
    origin, any(path) AS path, {stream: String} AS stream, max(end_ordinal) AS ordinal, max(is_last) AS is_complete,
    {token: String} AS `event.id`, {ingested: DateTime64(3, 'UTC')} AS `event.ingested`
FROM pieces GROUP BY origin
"""

_PROGRESS = """
SELECT origin, max(ordinal) AS ordinal, max(is_complete) AS is_complete
FROM `ingest-ledger` WHERE origin IN {origins: Array(String)} GROUP BY origin
"""

_ELSEWHERE = """
SELECT origin, max(ordinal) AS ordinal FROM `ingest-ledger`
WHERE origin IN {origins: Array(String)} AND stream = {stream: String} AND `event.id` <> {token: String} GROUP BY origin
"""

_FORGET = "`event.id` = {token: String}"

_ORIGINS = 256
"""Objects that are asked for at once."""

_PRESENT = """
SELECT count() FROM `ingest-ledger`
WHERE `event.ingested` = {ingested: DateTime64(3, 'UTC')} AND `event.id` = {token: String}
"""


class Ledger:
    """Reads and writes the ledger's table."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self._insert = _prepared()
        ensure_table(engine, LEDGER)

    def progress(self, origins: Iterable[str]) -> dict[str, Progress]:
        """Progress of those objects that are known."""
        found = rows(self._engine, fixed(_PROGRESS), {"origins": list(origins)})
        return {row["origin"]: Progress(row["ordinal"], bool(row["is_complete"])) for row in found}

    def elsewhere(self, segment: Segment, origins: Sequence[str]) -> dict[str, int]:
        """Of these objects, up to which record other segments of the stream have stored them."""
        asked = {"stream": segment.stream, "token": segment.token}
        found: dict[str, int] = {}
        for start in range(0, len(origins), _ORIGINS):
            part = rows(self._engine, fixed(_ELSEWHERE), {**asked, "origins": origins[start : start + _ORIGINS]})
            found.update((row["origin"], row["ordinal"]) for row in part)
        return found

    def forget(self, segment: Segment) -> None:
        """The segment is not stored any more."""
        delete_rows(self._engine, LEDGER.name, _FORGET, {"token": segment.token})

    def record(self, segment: Segment, ingested: str) -> None:
        """Write down what a loaded segment held; repeating it adds nothing."""
        parameters = {"stream": segment.stream, "token": segment.token, "ingested": ingested}
        with without_bodies(segment.file) as heads:
            insert_checked(self._engine, self._insert, segment, parameters, _PRESENT, heads)


def _prepared() -> Prepared:
    select = parse_one(_ENTRIES, dialect="clickhouse")
    assert isinstance(select, exp.Select)
    return prepare_insert(LEDGER.name, tuple(column.name for column in LEDGER.columns), select)
