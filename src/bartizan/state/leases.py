"""Named leases: at most one of many worker processes does a thing at a time, and another goes on when it dies.

No wall clock decides anything, so one that jumps an hour neither frees a lease nor blocks it. A holder *beats*: each
renewal counts the row up. Whoever wants the lease watches the count, and takes the lease once it has itself seen the
same count for the holder's whole time to live, by a clock that only runs forward. The holder counts its time from
before it beats, the watcher from after it saw the beat: by the time a watcher may take the lease, its holder knows that
it has run out. A holder that was stopped in between, and goes on believing, is caught by the token: `check` inside the
transaction that writes.

The price: a process that has just started waits one time to live before it can take over from a dead one.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from threading import Lock
from typing import Any

from sqlalchemy import Connection, Row, Update, insert, select, update

from bartizan.clock import Clock, SteadyClock
from bartizan.state.database import Database
from bartizan.state.errors import Duplicate, LeaseLost
from bartizan.state.tables import LEASES

MAX_WATCHED = 10_000
"""Leases of others that a process keeps counts of; the oldest is forgotten beyond, and watched from anew."""


@dataclass(frozen=True, slots=True)
class Lease:
    """A lease that was had when this was made."""

    name: str
    owner: str
    token: int
    """Fencing token: larger than that of every earlier holder."""
    ttl_s: float
    until_s: float
    """Reading of the steady clock up to which no other takes it."""


@dataclass(frozen=True, slots=True)
class _Seen:
    """A count of another's lease, and when it was first seen."""

    token: int
    beats: int
    at_s: float


class Leases:
    """Takes, renews and releases leases; safe for many threads. An owner's name is one process's own."""

    def __init__(self, database: Database, clock: Clock, steady: SteadyClock) -> None:
        self._database = database
        self._clock = clock
        self._steady = steady
        self._seen: dict[str, _Seen] = {}
        self._lock = Lock()

    def acquire(self, name: str, owner: str, ttl_s: float) -> Lease | None:
        """The lease if nobody has it or its holder fell silent; None while another has it. Asking watches it."""
        try:
            with self._database.write() as connection:
                return self.acquire_within(connection, name, owner, ttl_s)
        except Duplicate:  # another process made the row between the look and the insert
            return None

    def acquire_within(self, connection: Connection, name: str, owner: str, ttl_s: float) -> Lease | None:
        """As `acquire`, in a transaction that writes more. Raises `Duplicate` if another made it at the same time."""
        started_s = self._steady()
        row = connection.execute(select(LEASES).where(LEASES.c.name == name).with_for_update()).one_or_none()
        values = {"owner": owner, "ttl_s": ttl_s, "since": self._clock()}
        if row is None:
            connection.execute(insert(LEASES).values(name=name, token=1, beats=0, **values))
            return Lease(name, owner, 1, ttl_s, started_s + ttl_s)
        if row.owner is not None and not self._fell_silent(row):
            return None
        token = row.token + 1
        connection.execute(update(LEASES).where(LEASES.c.name == name).values(token=token, beats=0, **values))
        return Lease(name, owner, token, ttl_s, started_s + ttl_s)

    def renew(self, lease: Lease) -> Lease:
        """Beat; the lease with its new time. Raises `LeaseLost` when another has it: stop what it protects."""
        with self._database.write() as connection:
            return self.renew_within(connection, lease)

    def renew_within(self, connection: Connection, lease: Lease) -> Lease:
        """As `renew`, in a transaction that writes more."""
        started_s = self._steady()
        beaten = connection.execute(_held(lease).values(beats=LEASES.c.beats + 1))
        if beaten.rowcount == 0:
            raise _lost(lease)
        return replace(lease, until_s=started_s + lease.ttl_s)

    def check(self, connection: Connection, lease: Lease) -> None:
        """Raise `LeaseLost` unless it is still had; nobody can take it before this transaction ends."""
        token = connection.execute(
            select(LEASES.c.token)
            .where(LEASES.c.name == lease.name, LEASES.c.owner == lease.owner, LEASES.c.token == lease.token)
            .with_for_update()
        ).scalar()
        if token is None:
            raise _lost(lease)

    def release(self, lease: Lease) -> None:
        """Give it back, for others to take at once; nothing happens if another has it."""
        with self._database.write() as connection:
            self.release_within(connection, lease)

    def release_within(self, connection: Connection, lease: Lease) -> None:
        """As `release`, in a transaction that writes more."""
        connection.execute(_held(lease).values(owner=None))

    def free_within(self, connection: Connection, name: str, owner: str) -> None:
        """Give back what an earlier process of this owner had, who knows by other means that it is dead."""
        connection.execute(update(LEASES).where(LEASES.c.name == name, LEASES.c.owner == owner).values(owner=None))

    def silent(self, names: Sequence[str]) -> list[str]:
        """Those of these leases whose holders fell silent. Asking watches them."""
        with self._database.read() as connection:
            held = select(LEASES).where(LEASES.c.name.in_(names), LEASES.c.owner.is_not(None))
            rows = connection.execute(held).all()
        return [row.name for row in rows if self._fell_silent(row)]

    def holder(self, name: str) -> str | None:
        """Who has it, dead or alive; None when nobody has."""
        with self._database.read() as connection:
            return connection.execute(select(LEASES.c.owner).where(LEASES.c.name == name)).scalar()

    def is_current(self, lease: Lease) -> bool:
        """Whether its time still runs. It tells cheaply when to stop; only `check` is proof."""
        return self._steady() < lease.until_s

    def _fell_silent(self, row: Row[Any]) -> bool:
        """Whether this process has seen the same count for the holder's time to live."""
        now_s = self._steady()
        with self._lock:
            seen = self._seen.pop(row.name, None)
            if seen is None or (seen.token, seen.beats) != (row.token, row.beats):
                seen = _Seen(row.token, row.beats, now_s)
            self._seen[row.name] = seen
            if len(self._seen) > MAX_WATCHED:
                del self._seen[next(iter(self._seen))]
        return now_s - seen.at_s >= float(row.ttl_s)


def _held(lease: Lease) -> Update:
    return update(LEASES).where(
        LEASES.c.name == lease.name, LEASES.c.owner == lease.owner, LEASES.c.token == lease.token
    )


def _lost(lease: Lease) -> LeaseLost:
    return LeaseLost(f"`{lease.owner}` no longer has the lease `{lease.name}`", hint="stop; another worker goes on")
