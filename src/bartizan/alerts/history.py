"""The history of alerts: a row for each field that a change set changed, written before the alert itself is changed.

What an alert's fields are to hold follows from these rows alone, so writing them into the alert again changes nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

import orjson

from bartizan.alerts.workflow import NOTES, read
from bartizan.engine.base import READ_ONLY, Engine, LocalFile, Settings, rows
from bartizan.engine.columns import Column
from bartizan.engine.inserts import ONE_BLOCK
from bartizan.engine.statements import fixed
from bartizan.engine.tables import Table, ensure_table

INSTANT = "DateTime64(6, 'UTC')"

CHANGES = Table(
    name="alert-changes",
    columns=(
        Column("event.id", "String", "ZSTD(1)", "bloom_filter(0.01)"),
        Column("change.id", "String", "ZSTD(1)", "bloom_filter(0.01)"),
        Column("stream", "LowCardinality(String)", "ZSTD(1)"),
        Column("alert.id", "String", "ZSTD(1)"),
        Column("event.ingested", INSTANT, "Delta(8), ZSTD(1)"),
        Column("asked", INSTANT, "Delta(8), ZSTD(1)"),
        Column("actor", "LowCardinality(String)", "ZSTD(1)"),
        Column("field", "LowCardinality(String)", "ZSTD(1)"),
        Column("before", "String", "ZSTD(1)"),
        Column("after", "String", "ZSTD(1)"),
    ),
    sort_key=("stream", "alert.id", "event.ingested"),
    retention_days=0,
)
"""`event.id` is the batch, whose rows are stored all or none; `event.ingested` is when.

The row with the last `asked` wins. That is of a status and its reason when the change was asked for, however long it
took to get there; of lists and notes, which changes add to, when the row was written."""

RECORDED: Settings = {**ONE_BLOCK, "insert_deduplicate": 0}
"""Inserts of change sets: whether a batch is there is looked up, the engine's memory of it may outlive its rows."""

MAX_HISTORY = 10_000
"""Most rows of one alert's history that are given, the newest."""

NOTES_KEPT = 20
"""Newest notes that an alert's own column holds."""

_ADD = """
INSERT INTO `alert-changes`
    (`event.id`, `change.id`, stream, `alert.id`, `event.ingested`, asked, actor, field, before, after)
SELECT
    {batch: String}, {set: String}, {stream: String}, alert, {at: DateTime64(6, 'UTC')},
    if(
        field IN ('alert.status', 'alert.closed_reason'),
        {asked: DateTime64(6, 'UTC')}, {at: DateTime64(6, 'UTC')}
    ),
    {actor: String}, field, before, after
FROM pieces
"""

_OF_BATCH = """
SELECT `alert.id` AS alert, field, before, after FROM `alert-changes`
WHERE stream = {stream: String} AND `event.id` = {batch: String}
"""

_OF_SET = """
SELECT `alert.id` AS alert, field, before, after FROM `alert-changes`
WHERE stream = {stream: String} AND `change.id` = {set: String} AND `alert.id` IN {ids: Array(String)}
"""

_ALERTS_OF_SET = """
SELECT DISTINCT `alert.id` AS alert FROM `alert-changes`
WHERE stream = {stream: String} AND `change.id` = {set: String} AND field != 'alert.notes' ORDER BY alert
"""

_PRESENT = """
SELECT `alert.id` AS alert, field, argMax(`change.id`, (asked, `event.id`)) AS set,
    max(asked) AS last_asked,
    if(
        field = 'alert.notes',
        toJSONString(arrayMap(
            note -> note.3,
            arraySlice(arraySort(groupArray((asked, `event.id`, after))), -{notes: UInt32})
        )),
        argMax(after, (asked, `event.id`))
    ) AS value
FROM `alert-changes` WHERE stream = {stream: String} AND `alert.id` IN {ids: Array(String)}
GROUP BY alert, field
"""

_OF_ALERT = """
SELECT `change.id` AS change, `event.ingested` AS at, actor, field, before, after FROM `alert-changes`
WHERE stream = {stream: String} AND `alert.id` = {id: String}
ORDER BY at DESC, change, field LIMIT {limit: UInt32}
"""

_LAST = "SELECT toUnixTimestamp64Micro(max(greatest(`event.ingested`, asked))) AS last FROM `alert-changes`"


@dataclass(frozen=True, slots=True)
class Row:
    """One field of one alert that changed, values as `workflow.written` has them; a note has no `before`."""

    alert: str
    field: str
    before: str
    after: str


@dataclass(frozen=True, slots=True)
class Made:
    """By what a batch of changes was made, and when: instants as values of `INSTANT`."""

    set: str
    asked: str
    at: str
    actor: str


@dataclass(frozen=True, slots=True)
class Present:
    """What a field of an alert is to hold, and the change set that it comes from."""

    set: str
    asked: str
    """Its last `asked`, ISO 8601: such texts compare as the instants do."""
    value: str


class History:
    """Reads and writes the rows of one stream of alerts."""

    def __init__(self, engine: Engine, stream: str) -> None:
        self._engine = engine
        self._stream = stream
        ensure_table(engine, CHANGES)

    def add(self, batch: str, made_by: Made, changed: Sequence[Row]) -> None:
        """Write down a batch of a change set, all of it or nothing."""
        if not changed:
            return
        said = {"batch": batch, **asdict(made_by), "stream": self._stream}
        with NamedTemporaryFile(suffix=".ndjson") as file:
            file.write(b"\n".join(map(orjson.dumps, changed)))
            file.flush()
            local = LocalFile(Path(file.name), "JSONEachRow", "alert String, field String, before String, after String")
            self._engine.query(fixed(_ADD), said, file=local, format="Null", settings=RECORDED)

    def of_batch(self, batch: str) -> list[Row]:
        """What was written down of a batch."""
        return [Row(**row) for row in self._rows(_OF_BATCH, {"batch": batch})]

    def of_set(self, change_set: str, alerts: Iterable[str]) -> list[Row]:
        """What a change set changed of some alerts."""
        return [Row(**row) for row in self._rows(_OF_SET, {"set": change_set, "ids": list(alerts)})]

    def alerts_of_set(self, change_set: str) -> list[str]:
        """The alerts that a change set changed more of than their notes."""
        return [row["alert"] for row in self._rows(_ALERTS_OF_SET, {"set": change_set})]

    def present(self, alerts: Iterable[str]) -> dict[tuple[str, str], Present]:
        """What the fields of alerts hold by their history, by (alert, field): what nobody changed is not in it."""
        found = self._rows(_PRESENT, {"ids": list(alerts), "notes": NOTES_KEPT})
        return {(row["alert"], row["field"]): Present(row["set"], row["last_asked"], row["value"]) for row in found}

    def of_alert(self, alert: str) -> list[dict[str, Any]]:
        """An alert's history, the newest first: change set, instant, actor, field, before and after."""
        found = self._rows(_OF_ALERT, {"id": alert, "limit": MAX_HISTORY})
        return [
            {**row, "before": _shown(row["field"], row["before"]), "after": read(row["field"], row["after"])}
            for row in found
        ]

    def last_us(self) -> int:
        """The newest row's instant, microseconds since 1970; 0 for none."""
        return int(self._rows(_LAST, {})[0]["last"])

    def _rows(self, query: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        return rows(self._engine, fixed(query), {"stream": self._stream, **parameters}, settings=READ_ONLY)


def _shown(field: str, before: str) -> Any:
    return None if field == NOTES else read(field, before)
