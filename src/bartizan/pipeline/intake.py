"""The way in: objects are read, spooled (acknowledged), loaded."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import BinaryIO

from bartizan.errors import BartizanError
from bartizan.ingest.errors import NoRecords, SpoolUnavailable
from bartizan.ingest.known import Known
from bartizan.ingest.ledger import Ledger
from bartizan.ingest.loader import Loaded, Loader
from bartizan.ingest.objects import Hashed, Reading, hashed, open_file, read_object, shown
from bartizan.ingest.progress import Progress
from bartizan.ingest.receipts import Receipts
from bartizan.ingest.spool import Segment, Spool
from bartizan.ingest.unchanged import unchanged

GROUP_FILES = 256
"""Files whose progress is asked for at once."""

MAX_BACKLOG = 3
"""Sealed segments that may wait for the engine before reading pauses."""


@dataclass(frozen=True, slots=True)
class Source:
    """An object that can be opened: a file, or bytes that came by HTTP."""

    name: str
    size_bytes: int
    open: Callable[[], BinaryIO]


@dataclass(frozen=True, slots=True)
class Told:
    """One thing that happened: exactly one of the fields is set."""

    read: Source | None = None
    """An object was read to its end or its fault."""
    acknowledged: Sequence[str] = ()
    """Names of objects that are now safely spooled."""
    known: str = ""
    """An object that was stored before."""
    empty: NoRecords | None = None
    """An object has nothing to store."""
    loaded: Loaded | None = None
    """A segment's rows are stored."""
    failed: BartizanError | None = None
    """An object or a segment has a fault; the others go on."""


@dataclass(slots=True)
class Intake:
    """The way in: one at a time per store."""

    spool: Spool
    loader: Loader
    ledger: Ledger
    namespace: str
    _receipts: Receipts = field(default_factory=Receipts)

    def ingest(self, sources: Iterable[Source], reading: Reading) -> Iterator[Told]:
        """Read, spool and load objects; yields what happens as it happens. What the spool holds is loaded first.

        Raises `SpoolUnavailable` when the disk refuses: what is acknowledged is safe, the rest is to be given again.
        """
        with ThreadPoolExecutor(1, "loader") as engine_side:
            backlog: deque[Future[Loaded]] = deque(
                engine_side.submit(self.loader.load, segment) for segment in self.spool.pending()
            )
            yield from _settled(backlog, 0)
            for told in self._read(sources, reading):
                if isinstance(told, Segment):
                    backlog.append(engine_side.submit(self.loader.load, told))
                    yield from _settled(backlog, MAX_BACKLOG)
                else:
                    yield told
            yield from _settled(backlog, 0)

    def _read(self, sources: Iterable[Source], reading: Reading) -> Iterator[Told | Segment]:
        for group in _groups(sources):
            identities = [(source, _hashed(source)) for source in group]
            origins = [identity.origin for _, identity in identities if isinstance(identity, Hashed)]
            known = Known(self.spool, self.ledger, origins)
            for source, identity in identities:
                if isinstance(identity, Hashed):
                    yield from self._read_one(source, identity, known, reading)
                else:
                    yield Told(failed=identity)
                yield Told(read=source)
        for segment in self.spool.flush():
            yield from self._sealed(segment)

    def _read_one(self, source: Source, whole: Hashed, known: Known, reading: Reading) -> Iterator[Told | Segment]:
        unsealed: set[str] = set()
        entries = 0

        def progress(origin: str) -> Progress:
            unsealed.update(self.spool.unsealed(origin))
            return known.progress(origin)

        try:
            file = unchanged(source.open(), whole.size_bytes, source.name)
            for routed in read_object(file, source.name, whole.origin, reading, progress):
                stream = routed.stream.name(self.namespace)
                self.loader.prepare(stream)
                unsealed.add(stream)
                entries += 1
                if segment := self.spool.append(stream, routed.entry):
                    unsealed.discard(stream)
                    yield from self._sealed(segment)
        except SpoolUnavailable:
            raise
        except NoRecords as error:
            yield Told(empty=error)
        except (BartizanError, OSError) as error:
            yield Told(failed=_named(error, source))
        else:
            if not entries and known.is_stored(whole.origin):
                yield Told(known=source.name)
            else:
                yield Told(acknowledged=self._receipts.read(source.name, unsealed))

    def _sealed(self, segment: Segment) -> Iterator[Told | Segment]:
        yield Told(acknowledged=self._receipts.sealed(segment.stream))
        yield segment


def file_source(path: Path) -> Source:
    """A file as an object; what is wrong with it shows when it is opened."""
    size_bytes = path.stat().st_size if path.is_file() else 0
    return Source(shown(path), size_bytes, lambda: open_file(path))


def _hashed(source: Source) -> Hashed | BartizanError:
    try:
        with source.open() as file:
            return hashed(file)
    except (BartizanError, OSError) as error:
        return _named(error, source)


def _named(error: BartizanError | OSError, source: Source) -> BartizanError:
    if isinstance(error, BartizanError):
        return error
    return BartizanError(f"can't read it: {error.strerror or error}", where=source.name)


def _groups(sources: Iterable[Source]) -> Iterator[tuple[Source, ...]]:
    waiting = iter(sources)
    while group := tuple(islice(waiting, GROUP_FILES)):
        yield group


def _settled(backlog: deque[Future[Loaded]], allowed: int) -> Iterator[Told]:
    """Outcomes of loads, oldest first, until at most `allowed` are under way."""
    while len(backlog) > allowed:
        done = backlog.popleft()
        try:
            yield Told(loaded=done.result())
        except BartizanError as error:
            yield Told(failed=error)
