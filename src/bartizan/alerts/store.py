"""Alerts go in through the spool like events, each id once; they come out newest first, as they are now."""

import hashlib
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import orjson
from sqlglot import exp, parse_one

from bartizan.alerts.present import COLUMNS, COUNTS, raise_counts, shown
from bartizan.engine.base import READ_ONLY, Engine, Value, rows
from bartizan.engine.literals import date_text_of
from bartizan.engine.statements import fixed
from bartizan.ingest.loader import Loader
from bartizan.ingest.order import Order
from bartizan.ingest.pieces import Piece
from bartizan.ingest.segment import Entry
from bartizan.ingest.spool import Segment, Spool
from bartizan.integrations.stream import Stream, load_stream

FOLDER = Path(__file__).parent / "stream"

_KNOWN = """
SELECT `alert.id` AS id, `alert.threshold.count`, `alert.suppression.count`
FROM {table: Identifier} WHERE `alert.id` IN {ids: Array(String)}
"""

_LATEST = """
SELECT `event.original` AS alert FROM {table: Identifier}
WHERE `@timestamp` >= {since: DateTime64(3, 'UTC')} AND (empty({severities: Array(String)})
    OR has({severities: Array(String)}, `alert.severity`))
ORDER BY `@timestamp` DESC, `alert.risk_score` DESC, `alert.id` LIMIT {limit: UInt64}
"""

_ONE = """
SELECT `event.original` AS alert FROM {table: Identifier}
WHERE `event.id` = {id: String} AND `alert.id` = {id: String} LIMIT 1
"""

_NEWEST = "SELECT toString(max(`event.ingested`)) AS newest FROM {table: Identifier}"

_AFTER = """
SELECT toString(`event.ingested`) AS ingested, `event.original` AS alert FROM {table: Identifier}
WHERE `alert.id` <> '' AND `event.ingested` = (
    SELECT min(`event.ingested`) FROM {table: Identifier}
    WHERE `event.ingested` > {after: DateTime64(3, 'UTC')} AND `event.ingested` < {before: DateTime64(3, 'UTC')}
        AND `alert.id` <> ''
) ORDER BY `alert.id`
"""

_BATCH = 2000


_FOREVER = "2299-12-31 00:00:00.000"


def drop_unstored(spool: Spool) -> None:
    """Forget alerts that are not stored, where others add alerts too: the rules have not seen what they were found in,
    so they, or the rules of another server, find them again, and meanwhile may have stored them."""
    for segment in spool.pending():
        if segment.stream.startswith("alerts-"):
            spool.remove(segment)


def alerts_stream() -> Stream:
    """The stream that alerts are kept in."""
    return load_stream(FOLDER)


class AlertStore:
    """Adds and reads alerts."""

    def __init__(
        self, engine: Engine, spool: Spool, loader: Loader, namespace: str, order: Order | None = None
    ) -> None:
        """`order` is given where other servers add alerts too."""
        self._order = order
        self._engine = engine
        self._spool = spool
        self._loader = loader
        self.table = alerts_stream().name(namespace)

    def add(self, alerts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        """Store those that are new and give them back. Of alerts stored before (same `alert.id`) only how many events
        they stand for is taken, where that has grown."""
        self._loader.prepare(self.table)
        if self._order is None:
            self._load(segment for segment in self._spool.pending() if segment.stream == self.table)
            return self._added(alerts)
        with self._order.alone():
            try:
                return self._added(alerts)
            finally:
                drop_unstored(self._spool)

    def _added(self, alerts: Sequence[Mapping[str, Any]]) -> list[Mapping[str, Any]]:
        unique = {alert["alert"]["id"]: alert for alert in alerts}
        known = self._known(list(unique))
        self.raise_counts(_grown(unique, known))
        new = [alert for identity, alert in unique.items() if identity not in known]
        for start in range(0, len(new), _BATCH):
            self._store(new[start : start + _BATCH])
        return new

    def latest(self, since: str, severities: Sequence[str], limit: int) -> list[dict[str, Any]]:
        """Alerts from an instant on (a ClickHouse date text), newest first; no severities means all."""
        self._loader.prepare(self.table)
        parameters: dict[str, Value] = {
            "table": self.table,
            "since": since,
            "severities": list(severities),
            "limit": limit,
        }
        found = rows(self._engine, _with_present(_LATEST), parameters, settings=READ_ONLY)
        return [shown(orjson.loads(row["alert"]), row) for row in found]

    def get(self, id: str) -> dict[str, Any] | None:
        """The alert by its id; None when there is no such alert."""
        self._loader.prepare(self.table)
        found = rows(self._engine, _with_present(_ONE), {"table": self.table, "id": id}, settings=READ_ONLY)
        return shown(orjson.loads(found[0]["alert"]), found[0]) if found else None

    def raise_counts(self, counts: Mapping[str, Mapping[str, int]]) -> None:
        """Let count columns of stored alerts (`{id: {"alert.suppression.count": 3}}`) hold the number given, where they
        hold less; the history doesn't tell."""
        self._loader.prepare(self.table)
        raise_counts(self._engine, self.table, counts)

    def newest_ingested(self) -> str:
        """When the last alert was stored, a ClickHouse date text; the beginning of time when there is none."""
        self._loader.prepare(self.table)
        query = fixed(_NEWEST)
        newest: str = rows(self._engine, query, {"table": self.table}, settings=READ_ONLY)[0]["newest"]
        return newest

    def ingested_after(self, after: str) -> tuple[str, list[dict[str, Any]]]:
        """The alerts that were stored together next after an instant, and when that was; none when there are none.

        Read on from there: it is ingest order, in which nothing comes late."""
        self._loader.prepare(self.table)
        query = fixed(_AFTER)
        before = date_text_of(self._order.least_ms) if self._order else _FOREVER
        parameters: dict[str, Value] = {"table": self.table, "after": after, "before": before}
        found = rows(self._engine, query, parameters, settings=READ_ONLY)
        return (found[0]["ingested"] if found else after), [orjson.loads(row["alert"]) for row in found]

    def _known(self, ids: list[str]) -> dict[str, Mapping[str, Any]]:
        """The alerts that are stored, with their counts."""
        query = fixed(_KNOWN)
        found = rows(self._engine, query, {"table": self.table, "ids": ids}, settings=READ_ONLY)
        return {row["id"]: row for row in found}

    def _store(self, alerts: Iterable[Mapping[str, Any]]) -> None:
        body = b"\n".join(orjson.dumps(alert) for alert in alerts)
        origin = hashlib.blake2b(body, digest_size=16).hexdigest()
        piece = Piece("lines", body, 0, 0)
        filled = self._spool.append(self.table, Entry(origin, "detection", {}, piece, True))
        self._load((filled,) if filled else self._spool.flush(self.table))

    def _load(self, segments: Iterable[Segment]) -> None:
        for segment in segments:
            self._loader.load(segment)


def _with_present(query: str) -> exp.Expr:
    """A query for alerts' documents that gives what may have changed since beside them."""
    tree: exp.Expr = parse_one(query, dialect="clickhouse")
    assert isinstance(tree, exp.Select)
    return tree.select(*(exp.column(name, quoted=True) for name in COLUMNS))


def _grown(
    alerts: Mapping[str, Mapping[str, Any]], known: Mapping[str, Mapping[str, Any]]
) -> dict[str, dict[str, int]]:
    """The counts of alerts that are higher than what is stored, by the alert's id and the column."""
    grown: dict[str, dict[str, int]] = {}
    for id, stored in known.items():
        for name in COUNTS:
            count = alerts[id]["alert"].get(name.split(".")[1], {}).get("count", 0)
            if count > int(stored[name] or 0) > 0:
                grown.setdefault(id, {})[name] = count
    return grown
