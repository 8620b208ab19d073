"""Takes objects in, one request at a time: they are read into the spool, sealed there, and the worker is told."""

import threading
from collections.abc import Iterable
from concurrent.futures import Future
from dataclasses import dataclass
from pathlib import Path

from bartizan.api.errors import Busy
from bartizan.api.worker import Worker
from bartizan.errors import BartizanError, Transient
from bartizan.ingest.errors import BadObject
from bartizan.ingest.loader import Loaded
from bartizan.ingest.objects import Reading, origin_of, read_object
from bartizan.ingest.progress import Progress
from bartizan.ingest.spool import Segment
from bartizan.pipeline.intake import Intake, Source


@dataclass(frozen=True, slots=True)
class Taken:
    """What came of one object."""

    name: str
    is_known: bool = False
    """All of it was stored before, or waits to be."""
    failed: BartizanError | None = None
    """Where reading ended early; what came before the fault is kept."""


@dataclass(frozen=True, slots=True)
class Reception:
    """What came of a request's objects."""

    taken: tuple[Taken, ...]
    segments: tuple[Segment, ...]
    """Sealed segments that hold their records: these are acknowledged."""
    outcomes: tuple[Future[Loaded], ...]
    """What each segment comes to when it is loaded."""


class Receiver:
    """Safe for many threads."""

    def __init__(self, intake: Intake, worker: Worker, max_backlog_bytes: int) -> None:
        self._intake = intake
        self._worker = worker
        self._max_backlog_bytes = max_backlog_bytes
        self._one = threading.Lock()

    def receive(self, sources: Iterable[Source], reading: Reading) -> Reception:
        """Read objects into the spool; when this returns they are on disk. Raises what is transient: `Busy` when too
        much waits, `SpoolUnavailable` when the disk refuses. Sending all of them again then doubles none."""
        if (waiting := backlog_bytes(self._intake)) > self._max_backlog_bytes:
            raise Busy(f"{waiting} bytes wait to be loaded", hint="send it again later")
        with self._one:
            spooling = _Spooling(self._intake)
            try:
                taken = tuple(spooling.take(source, reading) for source in sources)
            finally:
                refused = spooling.seal()
                outcomes = self._worker.await_loaded(spooling.segments)
        if refused:
            raise refused
        return Reception(taken, tuple(spooling.segments), tuple(outcomes))


class _Spooling:
    """The objects of one request on their way into the spool."""

    def __init__(self, intake: Intake) -> None:
        self._intake = intake
        self._streams: set[str] = set()
        self.segments: list[Segment] = []

    def take(self, source: Source, reading: Reading) -> Taken:
        """Append one object's records; raises what is transient."""
        try:
            with source.open() as file:
                origin = origin_of(file)
            is_known = not self._append(source, origin, reading) and self._progress(origin).is_complete
        except Transient:
            raise
        except BartizanError as error:
            return Taken(source.name, failed=error)
        except OSError as error:
            return Taken(source.name, failed=BadObject(f"can't read it: {error.strerror or error}", where=source.name))
        return Taken(source.name, is_known)

    def seal(self) -> BartizanError | None:
        """Bring everything to the disk; gives why some of it could not be. Nothing is left unsealed."""
        refused: BartizanError | None = None
        for stream in self._streams:
            try:
                self.segments.extend(self._intake.spool.flush(stream))
            except BartizanError as error:
                refused = error
        return refused

    def _append(self, source: Source, origin: str, reading: Reading) -> int:
        count = 0
        for routed in read_object(source.open(), source.name, origin, reading, self._progress):
            count += 1
            stream = routed.stream.name(self._intake.namespace)
            self._intake.loader.prepare(stream)
            self._streams.add(stream)
            self.segments.extend(filter(None, [self._intake.spool.append(stream, routed.entry)]))
        return count

    def _progress(self, origin: str) -> Progress:
        """The spool is asked first: what is loaded meanwhile leaves it only after the ledger knows."""
        return self._intake.spool.progress(origin) | self._intake.ledger.progress([origin]).get(origin, Progress())


def backlog_bytes(intake: Intake) -> int:
    """Bytes of the spool's segments that wait to be loaded."""
    return sum(_size_bytes(segment.file) for segment in intake.spool.pending())


def _size_bytes(file: Path) -> int:
    """0 for a file that was loaded and removed meanwhile."""
    try:
        return file.stat().st_size
    except FileNotFoundError:
        return 0
