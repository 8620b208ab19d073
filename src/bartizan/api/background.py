"""Long work that clients ask for and look at again and again: on threads of its own, a bounded number at once.

Jobs and what they came to are kept in memory, and gone with the process.
"""

import logging
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from enum import StrEnum
from threading import Event, Lock
from typing import Any
from uuid import uuid4

from bartizan.api.errors import NotFound, Problem, TooManyJobs, problem_of
from bartizan.api.logs import key_values
from bartizan.clock import Clock
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError
from bartizan.query.budget import SearchCancelled
from bartizan.query.cancel import cancel, new_search

log = logging.getLogger(__name__)

MAX_RUNNING = 2
"""Jobs that are worked on at once."""
MAX_WAITING = 8
"""Jobs that wait for these."""
MAX_ENDED = 32
"""Jobs whose results are kept."""


class JobState(StrEnum):
    """Where a job is on its way; the last three are ends."""

    WAITING = "waiting"
    RUNNING = "running"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


OPEN = (JobState.WAITING, JobState.RUNNING)


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it was when it was looked at."""

    id: str
    kind: str
    state: JobState
    created_at: datetime
    updated_at: datetime
    done: int = 0
    """Units of work, in the job's own measure."""
    total: int | None = None
    """None while it is not known."""
    items: int = 0
    """Events that were looked at."""
    result: Any = None
    error: Problem | None = None
    asked_to_cancel: bool = False


@dataclass(frozen=True, slots=True)
class Task:
    """A job to whoever works on it."""

    search: str
    """The id to run statements under, so that they end when the job is cancelled."""
    cancelled: Event
    progress: Callable[[int, int | None, int], None]
    """Note what is done, of how much, and the events that were looked at."""


Work = Callable[[Task], Any]
"""What a job does: gives its result. Raises `SearchCancelled` when it was cancelled."""


@dataclass(slots=True)
class _Entry:
    job: Job
    search: str
    cancelled: Event = field(default_factory=Event)


class BackgroundJobs:
    """Starts, shows and cancels jobs."""

    def __init__(self, engine: Engine, clock: Clock) -> None:
        self._engine = engine
        self._clock = clock
        self._lock = Lock()
        self._entries: dict[str, _Entry] = {}
        self._pool = ThreadPoolExecutor(MAX_RUNNING, "job")

    def start(self, kind: str, work: Work, most: int = MAX_RUNNING + MAX_WAITING) -> Job:
        """A new job. Raises `TooManyJobs` when too many run or wait, of its kind `most`."""
        now = self._clock()
        entry = _Entry(Job(uuid4().hex, kind, JobState.WAITING, now, now), new_search())
        with self._lock:
            if sum(one.job.state in OPEN for one in self._entries.values()) >= MAX_RUNNING + MAX_WAITING:
                raise TooManyJobs(f"{MAX_RUNNING + MAX_WAITING} jobs run or wait", hint="come again when one has ended")
            if sum(one.job.state in OPEN and one.job.kind == kind for one in self._entries.values()) >= most:
                raise TooManyJobs(f"as many of kind {kind} as may run already", hint="come again when it has ended")
            self._entries[entry.job.id] = entry
            self._forget()
        self._pool.submit(self._run, entry, work)
        return entry.job

    def get(self, id: str, kind: str) -> Job:
        """The job. Raises `NotFound`."""
        return self._entry(id, kind).job

    def cancel(self, id: str, kind: str) -> Job:
        """Ask it to stop, which it does a moment later; an ended one stays as it is. Raises `NotFound`."""
        entry = self._entry(id, kind)
        entry.cancelled.set()
        if entry.job.state in OPEN:
            self._note(entry, asked_to_cancel=True)
            cancel(self._engine, entry.search)
        return entry.job

    def close(self) -> None:
        """Cancel all and wait for their ends."""
        with self._lock:
            entries = [entry for entry in self._entries.values() if entry.job.state in OPEN]
        for entry in entries:
            self.cancel(entry.job.id, entry.job.kind)
        self._pool.shutdown(wait=True, cancel_futures=True)

    def _entry(self, id: str, kind: str) -> _Entry:
        with self._lock:
            entry = self._entries.get(id)
        if entry is None or entry.job.kind != kind:
            raise NotFound(f"there is no {kind} by this id", where="id", hint="results are kept for a while only")
        return entry

    def _run(self, entry: _Entry, work: Work) -> None:
        def progress(done: int, total: int | None, items: int) -> None:
            self._note(entry, done=done, total=total, items=items)

        if entry.cancelled.is_set():
            self._note(entry, state=JobState.CANCELLED)
            return
        self._note(entry, state=JobState.RUNNING)
        try:
            result = work(Task(entry.search, entry.cancelled, progress))
        except SearchCancelled:
            self._note(entry, state=JobState.CANCELLED)
        except BartizanError as error:
            self._note(entry, state=JobState.FAILED, error=problem_of(error))
        except Exception:  # a fault of ours is told as such, and the thread goes on
            log.exception(key_values("job_failed", kind=entry.job.kind, id=entry.job.id))
            self._note(entry, state=JobState.FAILED, error=Problem(type="Failure", message="the server failed"))
        else:
            self._note(entry, state=JobState.DONE, result=result)

    def _note(self, entry: _Entry, **changes: Any) -> None:
        with self._lock:
            entry.job = replace(entry.job, updated_at=self._clock(), **changes)

    def _forget(self) -> None:
        """Drop the oldest that have ended."""
        ended = [id for id, entry in self._entries.items() if entry.job.state not in OPEN]
        for id in ended[:-MAX_ENDED]:
            del self._entries[id]
