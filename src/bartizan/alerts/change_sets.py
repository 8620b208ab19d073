"""Change sets: what was asked to become of which alerts, and how far that is. Rows are only ever added."""

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from typing import Any

import orjson

from bartizan.alerts.errors import UnknownChangeSet
from bartizan.alerts.history import INSTANT, RECORDED
from bartizan.alerts.workflow import Change, change_of
from bartizan.engine.base import READ_ONLY, Engine, Value, rows
from bartizan.engine.columns import Column
from bartizan.engine.statements import fixed
from bartizan.engine.tables import Table, ensure_table

RUNNING, CANCELLING, CANCELLED, DONE, FAILED = "running", "cancelling", "cancelled", "done", "failed"
ENDED = (CANCELLED, DONE)

BATCH = 5_000
"""Alerts changed at once: fewer cost more statements, more let a single change wait longer for its turn."""
SERVER_BATCH = 1_000
"""The same on a server, which takes 128 KiB in a parameter (clickhouse.com, `http_max_field_value_size`)."""

MAX_LISTED = 1_000

SETS = Table(
    name="alert-change-sets",
    columns=(
        Column("event.id", "String", "ZSTD(1)"),
        Column("stream", "LowCardinality(String)", "ZSTD(1)"),
        Column("event.ingested", INSTANT, "Delta(8), ZSTD(1)"),
        Column("state", "LowCardinality(String)", "ZSTD(1)"),
        Column("set", "String", "ZSTD(1)"),
    ),
    sort_key=("stream", "event.id"),
    retention_days=0,
)
"""A row for each step of a change set, `set` being all of it as JSON; `event.id` is the change set's id."""

TARGETS = Table(
    name="alert-change-targets",
    columns=(
        Column("event.id", "String", "ZSTD(1)"),
        Column("batch", "UInt32", "ZSTD(1)"),
        Column("alerts", "Array(String)", "ZSTD(1)"),
        Column("event.ingested", INSTANT, "Delta(8), ZSTD(1)"),
    ),
    sort_key=("event.id", "batch"),
    retention_days=0,
)
"""The alerts that a change set is for, fixed when it was asked: a row for each batch."""

_ADD = """
INSERT INTO `alert-change-sets` (`event.id`, stream, `event.ingested`, state, set)
SELECT {id: String}, {stream: String}, {at: DateTime64(6, 'UTC')}, {state: String}, {set: String}
"""

_GET = """
SELECT set, (
    SELECT count() FROM `alert-change-sets` WHERE stream = {stream: String} AND `event.id` = {id: String}
    AND state = 'cancelling'
) AS cancels
FROM `alert-change-sets` WHERE stream = {stream: String} AND `event.id` = {id: String} AND state != 'cancelling'
ORDER BY state IN ('done', 'cancelled') DESC, `event.ingested` DESC LIMIT 1
"""

_LATEST = """
SELECT set FROM (
    SELECT `event.id`, argMax(set, (state IN ('done', 'cancelled'), `event.ingested`)) AS set,
        argMax(state, (state IN ('done', 'cancelled'), `event.ingested`)) AS last, min(`event.ingested`) AS asked
    FROM `alert-change-sets` WHERE stream = {stream: String} AND state != 'cancelling' GROUP BY `event.id`
)
WHERE NOT has({without: Array(String)}, last) ORDER BY asked DESC LIMIT {limit: UInt32}
"""

_ADD_TARGETS = """
INSERT INTO `alert-change-targets` (`event.id`, batch, alerts, `event.ingested`)
SELECT {id: String}, {batch: UInt32}, {alerts: Array(String)}, {at: DateTime64(6, 'UTC')}
"""

_TARGETS = """
SELECT alerts FROM `alert-change-targets` WHERE `event.id` = {id: String} AND batch = {batch: UInt32} LIMIT 1
"""


@dataclass(frozen=True, slots=True)
class ChangeSet:
    """A change of alerts as it stands. Counts are of alerts, and exact once it is done."""

    id: str
    asked_at: str
    """ISO 8601."""
    actor: str
    change: Change | None
    """None for one that undoes another."""
    undoes: str = ""
    """The change set that it undoes."""
    selection: Mapping[str, Any] | None = None
    """What chose the alerts: a query with its language and times, or nothing for a list of ids."""
    state: str = RUNNING
    matched: int = 0
    """Alerts that it is for."""
    missing: int = 0
    """Ids that no alert has."""
    changed: int = 0
    unchanged: int = 0
    """Alerts that were already as they were to become."""
    kept: int = 0
    """Fields left as they are, because someone asked for another change of them since this was asked for, or since what
    is undone; those of a batch that a crash cut off are not counted."""
    batches: int = 0
    batches_done: int = 0
    error: str = ""
    """Why it stopped, when it failed; it goes on at the next start."""

    @property
    def is_ended(self) -> bool:
        """Whether nothing more happens to it."""
        return self.state in ENDED


class ChangeSets:
    """Reads and writes the change sets of one stream of alerts."""

    def __init__(self, engine: Engine, stream: str) -> None:
        self._engine = engine
        self._stream = stream
        ensure_table(engine, SETS)
        ensure_table(engine, TARGETS)

    def batches_of(self, alerts: Sequence[str]) -> list[Sequence[str]]:
        """The alerts in batches."""
        size = BATCH if self._engine.name == "chdb" else SERVER_BATCH
        return [alerts[start : start + size] for start in range(0, len(alerts), size)]

    def begin(self, change_set: ChangeSet, alerts: Sequence[str], at: str) -> None:
        """Write down a new change set; its alerts come first, so that one that is known is whole."""
        for number, batch in enumerate(self.batches_of(alerts)):
            said: dict[str, Value] = {"id": change_set.id, "batch": number, "alerts": list(batch), "at": at}
            self._engine.query(fixed(_ADD_TARGETS), said, format="Null", settings=RECORDED)
        self.put(change_set, at)

    def put(self, change_set: ChangeSet, at: str) -> None:
        """Write down how a change set stands."""
        said = {
            "id": change_set.id,
            "stream": self._stream,
            "at": at,
            "state": change_set.state,
            "set": orjson.dumps(asdict(change_set)).decode(),
        }
        self._engine.query(fixed(_ADD), said, format="Null", settings=RECORDED)

    def get(self, id: str) -> ChangeSet:
        """A change set as it stands. Raises `UnknownChangeSet`."""
        found = rows(self._engine, fixed(_GET), {"id": id, "stream": self._stream}, settings=READ_ONLY)
        if not found:
            raise UnknownChangeSet("there is no change set by this id", where="id")
        change_set = _read(found[0]["set"])
        return replace(change_set, state=CANCELLING) if found[0]["cancels"] and not change_set.is_ended else change_set

    def latest(self, *, unfinished: bool = False) -> list[ChangeSet]:
        """The newest `MAX_LISTED`, the newest first; only those that are not ended if `unfinished`."""
        said: dict[str, Value] = {
            "stream": self._stream,
            "without": list(ENDED) if unfinished else [],
            "limit": MAX_LISTED,
        }
        return [_read(row["set"]) for row in rows(self._engine, fixed(_LATEST), said, settings=READ_ONLY)]

    def targets(self, id: str, batch: int) -> list[str]:
        """The alerts of a batch."""
        found = rows(self._engine, fixed(_TARGETS), {"id": id, "batch": batch}, settings=READ_ONLY)
        return list(found[0]["alerts"]) if found else []


def _read(text: str) -> ChangeSet:
    said = orjson.loads(text)
    change = said["change"]
    return ChangeSet(**{**said, "change": None if change is None else change_of(change)})
