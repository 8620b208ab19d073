"""Long jobs: asked for by people, worked on by any worker process, resumed by another from the last checkpoint when one
dies. Each running job is protected by a lease of its own."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, Select, delete, func, insert, select, update

from bartizan.clock import Clock
from bartizan.state.database import Database
from bartizan.state.errors import Duplicate, LeaseLost, Missing
from bartizan.state.identity import Ids
from bartizan.state.leases import Lease, Leases
from bartizan.state.tables import JOBS, LEASES
from bartizan.state.texts import document, kept, line

MAX_PARAMETERS_BYTES = 256 * 1024
MAX_CHECKPOINT_BYTES = 1024 * 1024
MAX_RESULT_BYTES = 4 * 1024 * 1024
MAX_ERROR_CHARACTERS = 2000
_LOOKED_AT = 50
"""Jobs that a claim looks at: more than can run at once."""


class JobState(StrEnum):
    """Where a job is on its way; the last three are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


_OPEN = (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was when it was read."""

    id: str
    kind: str
    parameters: dict[str, Any]
    state: JobState
    done: int
    """Units of work, in the job's own measure."""
    total: int | None
    """None while it is not known."""
    checkpoint: Any
    """What the next worker needs to go on; None at the beginning."""
    result: Any
    error: str
    asked_to_cancel: bool
    created_at: datetime
    created_by: str
    updated_at: datetime


@dataclass(frozen=True, slots=True)
class Claim:
    """A job that this process works on, and the lease that says so."""

    job: Job
    lease: Lease


@dataclass(frozen=True, slots=True)
class JobPage:
    """Some of the jobs that were asked for, newest first, and how many there are."""

    jobs: tuple[Job, ...]
    total: int


class Jobs:
    """Creates, claims and ends jobs."""

    def __init__(self, database: Database, leases: Leases, clock: Clock, ids: Ids) -> None:
        self._database = database
        self._leases = leases
        self._clock = clock
        self._ids = ids

    def create(self, kind: str, parameters: dict[str, Any], by: str) -> Job:
        """A new job, waiting for a worker. Raises `Invalid` for parameters that are too large."""
        now = self._clock()
        job = Job(
            id=self._ids(),
            kind=line(kind, "kind"),
            parameters=document(parameters, "parameters", MAX_PARAMETERS_BYTES),
            state=JobState.WAITING,
            done=0,
            total=None,
            checkpoint=None,
            result=None,
            error="",
            asked_to_cancel=False,
            created_at=now,
            created_by=by,
            updated_at=now,
        )
        with self._database.write() as connection:
            connection.execute(insert(JOBS).values({name: getattr(job, name) for name in Job.__slots__}))
        return job

    def get(self, id: str) -> Job:
        """The job. Raises `Missing`."""
        with self._database.read() as connection:
            return _one(connection, select(JOBS).where(JOBS.c.id == id))

    def find(
        self, kind: str | None = None, state: JobState | None = None, limit: int = 100, offset: int = 0
    ) -> JobPage:
        """Jobs of a kind and in a state, newest first."""
        wanted: list[ColumnElement[bool]] = []
        if kind is not None:
            wanted.append(JOBS.c.kind == kind)
        if state is not None:
            wanted.append(JOBS.c.state == state)
        query = select(JOBS).where(*wanted).order_by(JOBS.c.created_at.desc(), JOBS.c.id).limit(limit).offset(offset)
        with self._database.read() as connection:
            total = connection.execute(select(func.count()).select_from(JOBS).where(*wanted)).scalar_one()
            return JobPage(tuple(map(_job, connection.execute(query))), total)

    def claim(self, kinds: Sequence[str], owner: str, ttl_s: float) -> Claim | None:
        """The oldest job of these kinds that waits, or whose worker fell silent; None when there is none.

        Ask again and again: a dead worker is told from a slow one by watching (see `leases`).
        """
        due = select(JOBS.c.id).where(JOBS.c.kind.in_(kinds), JOBS.c.state.in_(_OPEN))
        with self._database.read() as connection:
            ids = connection.execute(due.order_by(JOBS.c.created_at, JOBS.c.id).limit(_LOOKED_AT)).scalars().all()
        claims = (self._claim(id, owner, ttl_s) for id in ids)
        return next((claim for claim in claims if claim is not None), None)

    def progress(self, claim: Claim, done: int, total: int | None = None, checkpoint: Any = None) -> Claim:
        """Note how far it is and renew the lease; look at `job.asked_to_cancel` in what comes back.

        A checkpoint or total of None leaves the earlier one. Raises `LeaseLost` when another works on it.
        """
        values: dict[str, Any] = {"done": done}
        if total is not None:
            values["total"] = total
        if checkpoint is not None:
            values["checkpoint"] = document(checkpoint, "checkpoint", MAX_CHECKPOINT_BYTES)
        with self._database.write() as connection:
            lease = self._leases.renew_within(connection, claim.lease)
            return Claim(self._changed(connection, claim, values), lease)

    def finish(self, claim: Claim, result: Any) -> Job:
        """It is done. Raises `LeaseLost` when another works on it."""
        return self._end(claim, {"state": JobState.DONE, "result": document(result, "result", MAX_RESULT_BYTES)})

    def fail(self, claim: Claim, error: str) -> Job:
        """It can't be done; nobody tries again."""
        return self._end(claim, {"state": JobState.FAILED, "error": kept(error, MAX_ERROR_CHARACTERS)})

    def stop(self, claim: Claim, result: Any = None) -> Job:
        """It was cancelled, as it was asked to be; what it came to until then may be its result."""
        return self._end(claim, {"state": JobState.CANCELLED, "result": document(result, "result", MAX_RESULT_BYTES)})

    def cancel(self, id: str) -> Job:
        """Ask its worker to stop; a job that waits is cancelled at once, an ended one stays as it is."""
        with self._database.write() as connection:
            job = _one(connection, select(JOBS).where(JOBS.c.id == id).with_for_update())
            if job.state not in _OPEN:
                return job
            values: dict[str, Any] = {"asked_to_cancel": True, "updated_at": self._clock()}
            if job.state is JobState.WAITING:
                values["state"] = JobState.CANCELLED
            return _updated(connection, job, values)

    def prune(self, before: datetime) -> int:
        """Forget jobs that ended before an instant; gives how many."""
        ended = delete(JOBS).where(JOBS.c.state.not_in(_OPEN), JOBS.c.updated_at < before)
        with self._database.write() as connection:
            return connection.execute(ended).rowcount

    def _claim(self, id: str, owner: str, ttl_s: float) -> Claim | None:
        try:
            with self._database.write() as connection:
                job = _one(connection, select(JOBS).where(JOBS.c.id == id).with_for_update())
                if job.state not in _OPEN:
                    return None
                lease = self._leases.acquire_within(connection, _lease_name(id), owner, ttl_s)
                if lease is None:
                    return None
                values = {"state": JobState.RUNNING, "updated_at": self._clock()}
                return Claim(_updated(connection, job, values), lease)
        except (Duplicate, Missing):  # another process was there at the same moment
            return None

    def _changed(self, connection: Connection, claim: Claim, values: dict[str, Any]) -> Job:
        job = _one(connection, select(JOBS).where(JOBS.c.id == claim.job.id).with_for_update())
        if job.state is not JobState.RUNNING:
            raise LeaseLost(f"the job `{job.id}` ended already")
        return _updated(connection, job, {**values, "updated_at": self._clock()})

    def _end(self, claim: Claim, values: dict[str, Any]) -> Job:
        with self._database.write() as connection:
            self._leases.check(connection, claim.lease)
            job = self._changed(connection, claim, values)
            connection.execute(delete(LEASES).where(LEASES.c.name == claim.lease.name))
            return job


def _lease_name(id: str) -> str:
    return f"job/{id}"


def _one(connection: Connection, query: Select[Any]) -> Job:
    row = connection.execute(query).one_or_none()
    if row is None:
        raise Missing("there is no job by this id", where="id")
    return _job(row)


def _job(row: Row[Any]) -> Job:
    job = Job(**row._mapping)
    return replace(job, state=JobState(job.state))


def _updated(connection: Connection, job: Job, values: dict[str, Any]) -> Job:
    connection.execute(update(JOBS).where(JOBS.c.id == job.id).values(values))
    return replace(job, **values)
