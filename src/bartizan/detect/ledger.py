"""Which rule has seen which stream up to where, in ingest order: the proof that no event was skipped."""

from collections.abc import Iterable, Mapping

from sqlglot import exp, parse_one

from bartizan.engine.base import Engine, rows
from bartizan.engine.columns import Column
from bartizan.engine.tables import Table, ensure_table

LEDGER = Table(
    name="detection-ledger",
    columns=(
        Column("rule.id", "String", "ZSTD(1)"),
        Column("stream", "LowCardinality(String)", "ZSTD(1)"),
        Column("after", "DateTime64(3, 'UTC')", "Delta(8), ZSTD(1)"),
        Column("until", "DateTime64(3, 'UTC')", "Delta(8), ZSTD(1)"),
        Column("event.ingested", "DateTime64(3, 'UTC')", "Delta(8), ZSTD(1)"),
    ),
    sort_key=("stream", "rule.id", "until"),
    retention_days=365,
)
"""One row for each (rule, stream, range) that was evaluated; `event.ingested` is when."""

BEGINNING = "1970-01-01 00:00:00.000"

_WATERMARKS = """
SELECT `rule.id` AS rule, toString(max(until)) AS until FROM `detection-ledger`
WHERE stream = {stream: String} GROUP BY rule
"""

_LAST = "SELECT toString(max(`event.ingested`)) AS last, count() AS events FROM {table: Identifier}"

_RECORD = """
INSERT INTO `detection-ledger` (`rule.id`, stream, after, until, `event.ingested`)
SELECT
    arrayJoin({rules: Array(String)}), {stream: String}, {after: DateTime64(3, 'UTC')},
    {until: DateTime64(3, 'UTC')}, {now: DateTime64(3, 'UTC')}
"""


class DetectionLedger:
    """Reads and writes the ranges that were evaluated."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        ensure_table(engine, LEDGER)

    def watermarks(self, stream: str) -> Mapping[str, str]:
        """For each rule that ever ran on the stream: the ingest instant up to which it has seen everything."""
        found = rows(self._engine, parse_one(_WATERMARKS, dialect="clickhouse"), {"stream": stream})
        return {row["rule"]: row["until"] for row in found}

    def last_ingested(self, stream: str) -> str | None:
        """The newest event's ingest instant; None for an empty stream."""
        row = rows(self._engine, parse_one(_LAST, dialect="clickhouse"), {"table": stream})[0]
        return row["last"] if row["events"] else None

    def record(self, rules: Iterable[str], stream: str, after: str, until: str, now: str) -> None:
        """Write down that the rules saw the stream's range."""
        statement: exp.Expr = parse_one(_RECORD, dialect="clickhouse")
        parameters = {"rules": list(rules), "stream": stream, "after": after, "until": until, "now": now}
        self._engine.query(statement, parameters, format="Null")
