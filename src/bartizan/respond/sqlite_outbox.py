"""The outbox as a table of an SQLite file in the data folder."""

import sqlite3
import threading
from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from bartizan.respond.errors import OutboxError
from bartizan.respond.notification import delivery_id
from bartizan.respond.outbox import MAX_DUE, MAX_WAITING, Due, Entry, Record, State, unique

NAME = "notifications.sqlite"
BUSY_S = 10.0
"""Seconds to wait for another process that writes."""

_SCHEMA = """
CREATE TABLE IF NOT EXISTS notifications (
    id TEXT PRIMARY KEY,
    connector TEXT NOT NULL,
    alert_id TEXT NOT NULL,
    risk INTEGER NOT NULL,
    alert BLOB,                          -- NULL once it was sent
    state TEXT NOT NULL DEFAULT 'waiting',
    delivery TEXT NOT NULL DEFAULT '',
    attempts INTEGER NOT NULL DEFAULT 0,
    due REAL NOT NULL,                   -- these are seconds since 1970, UTC
    offered REAL NOT NULL,
    updated REAL NOT NULL,
    error TEXT NOT NULL DEFAULT ''
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS paces (
    connector TEXT NOT NULL,
    key TEXT NOT NULL,
    until REAL NOT NULL,                 -- what comes before waits until then
    has_more INTEGER NOT NULL,           -- whether something waits
    PRIMARY KEY (connector, key)
) WITHOUT ROWID;
CREATE TABLE IF NOT EXISTS position (only INTEGER PRIMARY KEY CHECK (only = 1), at TEXT NOT NULL);
CREATE INDEX IF NOT EXISTS by_due ON notifications (connector, state, due);
CREATE INDEX IF NOT EXISTS by_delivery ON notifications (delivery);
"""
_ADD = """
INSERT OR IGNORE INTO notifications (id, connector, alert_id, risk, alert, delivery, due, offered, updated)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
"""
_IS_KNOWN = "SELECT 1 FROM notifications WHERE id = ?"
_PACE = "SELECT until, has_more FROM paces WHERE connector = ? AND key = ?"
_SET_PACE = """
INSERT INTO paces (connector, key, until, has_more) VALUES (?, ?, ?, ?)
ON CONFLICT (connector, key) DO UPDATE SET until = excluded.until, has_more = excluded.has_more
"""
_FORGET_PACES = "DELETE FROM paces WHERE until < ?"
_WAITING = "SELECT count(*) FROM notifications WHERE connector = ? AND state = 'waiting'"
_ADD_DEAD = """
INSERT OR IGNORE INTO notifications (id, connector, alert_id, risk, state, due, offered, updated, error)
VALUES (?, ?, ?, ?, 'dead', ?, ?, ?, ?)
"""
_DUE = """
SELECT id, delivery, attempts FROM notifications WHERE connector = ? AND state = 'waiting' AND due <= ?
ORDER BY delivery = '', risk DESC, offered, id LIMIT ?
"""
_NEXT = "SELECT min(due) FROM notifications WHERE connector = ? AND state = 'waiting'"
_ALERT = "SELECT alert FROM notifications WHERE id = ?"
_ASSIGN = "UPDATE notifications SET delivery = ? WHERE id = ?"
_SENT = """
UPDATE notifications SET state = 'sent', alert = NULL, attempts = attempts + 1, error = '', updated = ?
WHERE delivery = ? AND state = 'waiting'
"""
_FAILED = """
UPDATE notifications SET attempts = attempts + 1, error = ?, due = ?, updated = ?
WHERE delivery = ? AND state = 'waiting'
"""
_DEAD = """
UPDATE notifications SET state = 'dead', attempts = attempts + 1, error = ?, updated = ?
WHERE delivery = ? AND state = 'waiting'
"""
_REVIVE = """
UPDATE notifications
SET state = 'waiting', delivery = iif(id LIKE 'action-%', id, ''), attempts = 0, due = ?, updated = ?
WHERE connector = ? AND state = 'dead' AND alert IS NOT NULL
"""
_COUNTS = "SELECT connector, state, count(*) FROM notifications GROUP BY connector, state"
_RECORDS = """
SELECT id, connector, alert_id, state, attempts, error, offered, updated FROM notifications
WHERE (? IS NULL OR state = ?) AND (? = '' OR connector = ?) ORDER BY updated DESC, id LIMIT ?
"""
_MOVE = "INSERT INTO position (only, at) VALUES (1, ?) ON CONFLICT (only) DO UPDATE SET at = excluded.at"
_POSITION = "SELECT at FROM position"
_FORGET = "DELETE FROM notifications WHERE state <> 'waiting' AND updated < ?"


class SqliteOutbox:
    """An `Outbox`, used by several threads. A commit is on disk when it returns (WAL, `synchronous = FULL`)."""

    def __init__(self, file: Path) -> None:
        self._file = file
        self._lock = threading.Lock()
        try:
            file.parent.mkdir(parents=True, exist_ok=True)
            file.touch(0o600)
            self._database = sqlite3.connect(file, BUSY_S, isolation_level=None, check_same_thread=False)
            self._database.execute("PRAGMA journal_mode = WAL")
            self._database.execute("PRAGMA synchronous = FULL")
            self._database.executescript(_SCHEMA)
        except (sqlite3.Error, OSError) as error:
            hint = "moved away, it is made anew; what it held is not sent then"
            raise OutboxError(f"can't open the outbox: {error}", where=str(file), hint=hint) from error

    def close(self) -> None:
        """Let go of the file."""
        with self._lock:
            self._database.close()

    def add(self, entries: Sequence[Entry], now: datetime, position: str = "") -> int:
        """Take what is new, all or nothing; gives how many were."""
        at = now.timestamp()
        added = 0
        with self._transaction() as database:
            places = _Places(database, at)
            room = {name: MAX_WAITING - database.execute(_WAITING, (name,)).fetchone()[0] for name in _names(entries)}
            for entry in unique(entries):
                if room[entry.connector] > 0:
                    own = (entry.id, entry.connector, entry.alert_id, entry.risk, entry.alert)
                    row = (*own, *places.of(entry), at, at)
                    is_new = database.execute(_ADD, row).rowcount
                    room[entry.connector] -= is_new
                else:
                    said = f"{MAX_WAITING} alerts wait already"
                    lost = (entry.id, entry.connector, entry.alert_id, entry.risk, at, at, at, said)
                    is_new = database.execute(_ADD_DEAD, lost).rowcount
                added += is_new
            if position:
                database.execute(_MOVE, (position,))
        return added

    def position(self) -> str:
        """The position last written down; empty before the first."""
        with self._transaction() as database:
            found = database.execute(_POSITION).fetchone()
        return str(found[0]) if found else ""

    def due(self, connector: str, now: datetime) -> Sequence[Due]:
        """What may go now, gravest first."""
        with self._transaction() as database:
            found = database.execute(_DUE, (connector, now.timestamp(), MAX_DUE)).fetchall()
        return [Due(*row) for row in found]

    def next_due(self, connector: str) -> datetime | None:
        """When the next may go; None when nothing waits."""
        with self._transaction() as database:
            due = database.execute(_NEXT, (connector,)).fetchone()[0]
        return None if due is None else _instant(due)

    def alerts(self, ids: Sequence[str]) -> Sequence[bytes]:
        """The alerts' JSON, in the order of the ids."""
        with self._transaction() as database:
            return [database.execute(_ALERT, (id,)).fetchone()[0] for id in ids]

    def assign(self, ids: Sequence[str], delivery: str) -> None:
        """Put alerts into a delivery."""
        with self._transaction() as database:
            database.executemany(_ASSIGN, [(delivery, id) for id in ids])

    def sent(self, delivery: str, now: datetime) -> None:
        """It has arrived."""
        with self._transaction() as database:
            database.execute(_SENT, (now.timestamp(), delivery))

    def failed(self, delivery: str, error: str, due: datetime, now: datetime) -> None:
        """It is to be tried again."""
        with self._transaction() as database:
            database.execute(_FAILED, (error, due.timestamp(), now.timestamp(), delivery))

    def dead(self, delivery: str, error: str, now: datetime) -> None:
        """It is given up."""
        with self._transaction() as database:
            database.execute(_DEAD, (error, now.timestamp(), delivery))

    def revive(self, connector: str, now: datetime) -> int:
        """Let what was given up wait again."""
        at = now.timestamp()
        with self._transaction() as database:
            return database.execute(_REVIVE, (at, at, connector)).rowcount

    def counts(self) -> Mapping[str, Mapping[State, int]]:
        """Alerts by connector and state."""
        found: dict[str, dict[State, int]] = defaultdict(dict)
        with self._transaction() as database:
            for connector, state, count in database.execute(_COUNTS):
                found[connector][state] = count
        return found

    def records(self, state: State | None, connector: str, limit: int) -> Sequence[Record]:
        """The latest first."""
        with self._transaction() as database:
            found = database.execute(_RECORDS, (state, state, connector, connector, limit)).fetchall()
        return [_record(*row) for row in found]

    def forget(self, before: datetime) -> None:
        """Drop what was sent or given up before."""
        with self._transaction() as database:
            database.execute(_FORGET, (before.timestamp(),))
            database.execute(_FORGET_PACES, (before.timestamp(),))

    @contextmanager
    def _transaction(self) -> Iterator[sqlite3.Connection]:
        with self._lock:
            try:
                self._database.execute("BEGIN IMMEDIATE")
                with self._database:
                    yield self._database
            except sqlite3.Error as error:
                raise OutboxError(f"the outbox can't be used: {error}", where=str(self._file)) from error


class _Places:
    """Which delivery entries go into and when, within one transaction."""

    def __init__(self, database: sqlite3.Connection, at: float) -> None:
        self._database = database
        self._at = at
        self._chosen: dict[tuple[str, str], tuple[str, float]] = {}

    def of(self, entry: Entry) -> tuple[str, float]:
        """The delivery, empty for whatever its connector puts it into, and when it may go, seconds since 1970."""
        if entry.is_alone:
            return entry.id, self._at  # `_REVIVE` knows it by how its id begins
        if entry.pace is None or self._database.execute(_IS_KNOWN, (entry.id,)).fetchone():
            return "", self._at
        key = entry.connector, entry.pace.key
        if key not in self._chosen:
            self._chosen[key] = self._next(*key, entry.pace.every_s)
        return self._chosen[key]

    def _next(self, connector: str, key: str, every_s: int) -> tuple[str, float]:
        """At once if nothing was told for so long, else when that time is over: a delivery is told at `until` where
        something waited for it."""
        until, has_more = self._database.execute(_PACE, (connector, key)).fetchone() or (0.0, 0)
        last = until if has_more else until - every_s
        due = until if self._at < until else max(self._at, last + every_s)
        is_now = due <= self._at
        told = due + every_s if is_now else due
        self._database.execute(_SET_PACE, (connector, key, told, int(not is_now)))
        return delivery_id(connector, [key, f"{due:.3f}"]), due


def _names(entries: Sequence[Entry]) -> set[str]:
    return {entry.connector for entry in entries}


def _record(
    id: str, connector: str, alert_id: str, state: State, attempts: int, error: str, offered: float, updated: float
) -> Record:
    return Record(id, connector, alert_id, state, attempts, error, _instant(offered), _instant(updated))


def _instant(seconds: float) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
