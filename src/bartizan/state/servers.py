"""Servers that keep one store together: which there are, which instants of arrival each may give, and up to which
instant nothing more arrives.

Each server stamps what it takes in by itself, and stores it a while later. Its *mark* is the instant before which it
will store nothing any more; whoever reads in the order of arrival goes no further than the least mark. A server holds
the lease `server/<id>` and beats. One that fell silent is put out: nobody waits for it, and what it has yet to store it
must stamp anew, after all marks there are.

Two servers never give the same instant: of `SLOTS` milliseconds one is a server's own.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, Row, delete, select, update

from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Duplicate, LeaseLost, StateUnusable
from bartizan.state.leases import Lease, Leases
from bartizan.state.tables import LEASES, SERVERS
from bartizan.state.upsert import upsert

SLOTS = 64
"""Servers of one store at most. More would make instants scarce: each server has one in so many milliseconds."""

TTL_S = 15.0
"""Seconds without a beat after which a server is put out."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A server's place among the others, from when it joined until it is put out."""

    id: str
    slot: int
    """Of `SLOTS`: the remainder of the instants that it gives, in milliseconds."""
    lease: Lease
    passed_ms: int
    """Who reads in the order of arrival may have passed everything before this instant."""


@dataclass(frozen=True, slots=True)
class View:
    """The servers as they were a moment ago."""

    least_ms: int = 0
    """The least mark: before this instant nothing arrives any more."""
    newest_ms: int = 0
    """Instant of arrival of the newest that any of them stored."""
    present: tuple[str, ...] = ()
    """Ids of those that are in."""
    detecting: tuple[str, ...] = ()
    """Ids of those of them that run rules."""


@dataclass(frozen=True, slots=True)
class Standing:
    """A server that is in, for people."""

    id: str
    mark_ms: int
    is_detecting: bool


class Servers:
    """Takes servers in, keeps their marks, puts out those that fell silent."""

    def __init__(self, database: Database, leases: Leases, clock: Clock) -> None:
        self._database = database
        self._leases = leases
        self._clock = clock

    def join(self, id: str) -> Seat:
        """Take a seat; the caller knows that an earlier process by this id is dead. A server that nobody has put out
        meanwhile keeps its mark. Raises `StateUnusable` when there are `SLOTS` others."""
        try:
            return self._joined(id)
        except Duplicate:  # another made its row, or took the slot, at the same moment
            return self._joined(id)

    def greatest_ms(self) -> int:
        """The greatest mark there is: what a server stamps from now on lies after it, whatever its clock says."""
        with self._database.read() as connection:
            return max(connection.execute(select(SERVERS.c.mark_ms)).scalars(), default=0)

    def standings(self) -> list[Standing]:
        """Those that are in, who is furthest behind first."""
        known = select(SERVERS).where(SERVERS.c.is_out.is_(False)).order_by(SERVERS.c.mark_ms, SERVERS.c.id)
        with self._database.read() as connection:
            return [Standing(row.id, row.mark_ms, row.is_detecting) for row in connection.execute(known)]

    def beat(self, seat: Seat, mark_ms: int, newest_ms: int, is_detecting: bool) -> View:
        """Say that the server lives and how far it is; a mark never goes back. Raises `LeaseLost` when it was put out:
        it must join again, and what it has stored since the last beat that went well may have been passed."""
        with self._database.write() as connection:
            rows = _rows(connection)
            own = next((row for row in rows if row.id == seat.id and not row.is_out), None)
            if own is None:
                raise LeaseLost(f"the server `{seat.id}` was put out")
            self._leases.renew_within(connection, seat.lease)
            values = {"mark_ms": max(own.mark_ms, mark_ms), "newest_ms": newest_ms, "is_detecting": is_detecting}
            connection.execute(update(SERVERS).where(SERVERS.c.id == seat.id).values(values))
            return _view(_rows(connection))

    def stands(self, seat: Seat) -> bool:
        """Whether the server has not been put out: what it stored before it asks, nobody has passed."""
        try:
            with self._database.read() as connection:
                self._leases.check(connection, seat.lease)
        except LeaseLost:
            return False
        return True

    def put_out_silent(self, seat: Seat) -> list[str]:
        """Put out those who fell silent; gives their ids. Ask again and again (see `leases`)."""
        with self._database.read() as connection:
            others = select(SERVERS.c.id).where(SERVERS.c.id != seat.id, SERVERS.c.is_out.is_(False))
            names = {_lease_name(id): id for id in connection.execute(others).scalars()}
        silent = [names[name] for name in self._leases.silent(list(names))]
        return [id for id in silent if self._put_out(id, seat.id)]

    def leave(self, seat: Seat) -> None:
        """Go out; what the spool still holds is stamped anew when the server comes back."""
        with self._database.write() as connection:
            _rows(connection)
            try:
                self._leases.check(connection, seat.lease)
            except LeaseLost:
                return
            self._mark_out(connection, seat.id)
            self._leases.release_within(connection, seat.lease)

    @contextmanager
    def alone(self, name: str) -> Iterator[None]:
        """For as long as the block lasts no other process is in a block by this name; one that dies is out of it.
        Raises `StateUnavailable` when another stays too long."""
        row = {"name": f"alone/{name}", "owner": None, "token": 0, "beats": 0, "ttl_s": 0.0, "since": self._clock()}
        with self._database.write() as connection:
            connection.execute(upsert(self._database, LEASES, ("since",)), row)
            yield

    def _joined(self, id: str) -> Seat:
        with self._database.write() as connection:
            rows = _rows(connection)
            own = next((row for row in rows if row.id == id), None)
            self._leases.free_within(connection, _lease_name(id), id)
            lease = self._leases.acquire_within(connection, _lease_name(id), id, TTL_S)
            if lease is None:
                raise LeaseLost(f"another process is the server `{id}`", hint="give each server its own data folder")
            if own is not None and not own.is_out:
                return Seat(id, own.slot, lease, own.mark_ms)
            passed_ms = max((row.mark_ms for row in rows), default=0)
            slot = own.slot if own is not None else _free_slot(connection, rows)
            values = {"slot": slot, "mark_ms": passed_ms, "newest_ms": 0, "is_detecting": False, "is_out": False}
            statement = upsert(self._database, SERVERS, (*values, "since"))
            connection.execute(statement, {"id": id, **values, "since": self._clock()})
            return Seat(id, slot, lease, passed_ms)

    def _put_out(self, id: str, by: str) -> bool:
        with self._database.write() as connection:
            _rows(connection)
            lease = self._leases.acquire_within(connection, _lease_name(id), by, TTL_S)
            if lease is None:
                return False
            self._mark_out(connection, id)
            self._leases.release_within(connection, lease)
            return True

    def _mark_out(self, connection: Connection, id: str) -> None:
        values = {"is_out": True, "is_detecting": False, "since": self._clock()}
        connection.execute(update(SERVERS).where(SERVERS.c.id == id).values(values))


def _lease_name(id: str) -> str:
    return f"server/{id}"


def _rows(connection: Connection) -> Sequence[Row[Any]]:
    """All servers. They are locked in one order, before any lease, so that no two transactions wait for each other."""
    return connection.execute(select(SERVERS).order_by(SERVERS.c.id).with_for_update()).all()


def _free_slot(connection: Connection, rows: Sequence[Row[Any]]) -> int:
    """One that was never used, else that of who has been out longest."""
    free = set(range(SLOTS)) - {row.slot for row in rows}
    if free:
        return min(free)
    out = min((row for row in rows if row.is_out), key=lambda row: row.since, default=None)
    if out is None:
        raise StateUnusable(f"{SLOTS} servers keep this store already", hint="stop one")
    connection.execute(delete(SERVERS).where(SERVERS.c.id == out.id))
    return int(out.slot)


def _view(rows: Sequence[Row[Any]]) -> View:
    return View(
        min(row.mark_ms for row in rows if not row.is_out),
        max(row.newest_ms for row in rows),
        tuple(row.id for row in rows if not row.is_out),
        tuple(row.id for row in rows if row.is_detecting and not row.is_out),
    )
