"""Which rule has seen which ranges of which stream, in ingest order: the proof that no event was skipped.

A run of the rules is one row, whatever their number. Runs that follow each other are folded into one row from time to
time: first the new row is written, then the old ones go, so a crash between the two leaves what is known twice.
"""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from bartizan.detect.arrivals import Window
from bartizan.detect.ranges import BEGINNING, Range, by_range, merged
from bartizan.engine.base import Engine, Value, rows
from bartizan.engine.columns import Column
from bartizan.engine.deletes import delete_rows
from bartizan.engine.statements import fixed
from bartizan.engine.tables import Table, ensure_table

__all__ = ["BEGINNING", "LEDGER", "DetectionLedger"]

LEDGER = Table(
    name="detection-ledger",
    columns=(
        Column("rule.id", "String", "ZSTD(1)"),
        Column("rules", "Array(String)", "ZSTD(1)"),
        Column("stream", "LowCardinality(String)", "ZSTD(1)"),
        Column("after", "DateTime64(3, 'UTC')", "Delta(8), ZSTD(1)"),
        Column("until", "DateTime64(3, 'UTC')", "Delta(8), ZSTD(1)"),
        Column("row.id", "String", "ZSTD(1)"),
        Column("event.ingested", "DateTime64(3, 'UTC')", "Delta(8), ZSTD(1)"),
    ),
    sort_key=("stream", "rule.id", "until"),
    retention_days=365,
)
"""A row is a range of a stream that rules have seen: one, `rule.id`, or several, `rules`; `event.ingested` is when it
was written. Rows without a `row.id` are never folded."""

MAX_ROWS = 256
"""Rows of a stream that are written before they are folded."""

_FOLDED = "folded-"
"""How the ids of rows begin that stand for others."""

_WATERMARKS = """
SELECT arrayJoin(if(empty(rules), [`rule.id`], rules)) AS rule, toString(max(last)) AS until
FROM (SELECT `rule.id`, rules, max(until) AS last FROM `detection-ledger`
    WHERE stream = {stream: String} GROUP BY `rule.id`, rules)
GROUP BY rule
"""

_ROWS = """
SELECT if(empty(rules), [`rule.id`], rules) AS rules, toString(after) AS after, toString(until) AS until, `row.id` AS id
FROM `detection-ledger` WHERE stream = {stream: String}
"""

_UNFOLDED = """
SELECT stream FROM `detection-ledger` WHERE `row.id` != '' AND NOT startsWith(`row.id`, {folded: String})
GROUP BY stream HAVING count() > {most: UInt64}
"""

_RUNS = """
SELECT arrayJoin(if(empty(rules), [`rule.id`], rules)) AS rule, toString(max(`event.ingested`)) AS at
FROM `detection-ledger` GROUP BY rule
"""

_LAST = "SELECT toString(max(`event.ingested`)) AS last, count() AS events FROM {table: Identifier}"

_RECORD = """
INSERT INTO `detection-ledger` (`rule.id`, rules, stream, after, until, `row.id`, `event.ingested`)
SELECT
    if(length(own.1) = 1, own.1[1], ''), if(length(own.1) = 1, [], own.1), own.2,
    toDateTime64(own.3, 3, 'UTC'), toDateTime64(own.4, 3, 'UTC'),
    concat({prefix: String}, toString(generateUUIDv4())), {now: DateTime64(3, 'UTC')}
FROM (
    SELECT arrayJoin(arrayZip(
        {rules: Array(Array(String))}, {streams: Array(String)}, {afters: Array(String)}, {untils: Array(String)}
    )) AS own
)
"""

_FORGET = "stream = {stream: String} AND `row.id` IN {ids: Array(String)}"


class DetectionLedger:
    """Reads and writes the ranges that were evaluated."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        ensure_table(engine, LEDGER)

    def watermarks(self, stream: str) -> Mapping[str, str]:
        """For each rule that ever ran on the stream: the ingest instant up to which it has seen everything, but for
        what `ranges` shows missing."""
        found = rows(self._engine, fixed(_WATERMARKS), {"stream": stream})
        return {row["rule"]: row["until"] for row in found}

    def ranges(self, stream: str) -> dict[str, tuple[Range, ...]]:
        """For each rule that ever ran on the stream: what it has seen, in as few ranges as can be."""
        return _merged(self._rows(stream))

    def last_runs(self) -> Mapping[str, str]:
        """When each rule that ever ran did so last."""
        found = rows(self._engine, fixed(_RUNS))
        return {row["rule"]: row["at"] for row in found}

    def last_ingested(self, stream: str) -> str | None:
        """The newest event's ingest instant; None for an empty stream."""
        row = rows(self._engine, fixed(_LAST), {"table": stream})[0]
        return row["last"] if row["events"] else None

    def record(self, seen: Mapping[Window, Sequence[str]], now: str) -> None:
        """Write down that rules saw windows: all of it or nothing."""
        self._write({window: sorted(rules) for window, rules in seen.items() if rules}, "", now)

    def fold(self, now: str) -> None:
        """Merge the rows of streams that have many."""
        parameters: dict[str, Value] = {"folded": _FOLDED, "most": MAX_ROWS}
        for found in rows(self._engine, fixed(_UNFOLDED), parameters):
            stream = found["stream"]
            old = [row for row in self._rows(stream) if row["id"]]
            folded = by_range(_merged(old)).items()
            self._write({Window(stream, one.after, one.until): rules for one, rules in folded}, _FOLDED, now)
            delete_rows(self._engine, LEDGER.name, _FORGET, {"stream": stream, "ids": [row["id"] for row in old]})

    def _rows(self, stream: str) -> list[dict[str, str]]:
        return rows(self._engine, fixed(_ROWS), {"stream": stream})

    def _write(self, seen: Mapping[Window, Sequence[str]], prefix: str, now: str) -> None:
        """One insert of one block: it is stored wholly or not at all."""
        if not seen:
            return
        parameters: dict[str, Value] = {
            "rules": [list(rules) for rules in seen.values()],
            "streams": [window.stream for window in seen],
            "afters": [window.after for window in seen],
            "untils": [window.until for window in seen],
            "prefix": prefix,
            "now": now,
        }
        self._engine.query(fixed(_RECORD), parameters, format="Null")


def _merged(found: Iterable[Mapping[str, str]]) -> dict[str, tuple[Range, ...]]:
    ranges: dict[str, list[Range]] = defaultdict(list)
    for row in found:
        one = Range(row["after"], row["until"])
        for rule in row["rules"]:
            ranges[rule].append(one)
    return {rule: merged(own) for rule, own in ranges.items()}
