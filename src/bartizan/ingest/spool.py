"""The spool: pieces in, sealed segments out, one folder per stream. What is sealed is acknowledged: it is on disk."""

import fcntl
import os
import threading
from collections.abc import Collection, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path

from bartizan.clock import Clock
from bartizan.ingest.errors import DamagedSegment, SpoolInUse, SpoolUnavailable
from bartizan.ingest.progress import Contents, Progress
from bartizan.ingest.segment import QUICK, Entry, SegmentWriter, entries, sync_folder

SUFFIX = ".rb"

MAX_SEGMENT_RECORDS = 200_000
"""Records of one segment: it is inserted as one block, in which even an empty row takes about a kilobyte."""


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed segment, waiting to be loaded."""

    stream: str
    """The data stream's name."""
    file: Path
    is_new: bool = field(default=False, compare=False)
    """Sealed by this process, which has not tried to load it: nothing of it can be stored."""

    @property
    def ingested_ms(self) -> int:
        """When its events count as ingested, milliseconds since 1970: of two segments the later sealed has more."""
        return int(self.file.name.partition("-")[0])

    @property
    def token(self) -> str:
        """The batch's name for exactly-once inserts."""
        return self.file.stem

    @property
    def is_quick(self) -> bool:
        """Whether its pieces are all of the framings that one quick statement loads."""
        return self.token.endswith(QUICK)


class Spool:
    """Writers of one process; safe for many threads. One process owns a spool folder."""

    removed = 0
    """How many segments were stored and forgotten: who has asked the ledger before must ask it again when it grows."""

    def __init__(self, folder: Path, segment_bytes: int, clock: Clock) -> None:
        """Open (and make) the folder; raises `SpoolInUse` when another process has it."""
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._clock = clock
        self._writers: dict[str, SegmentWriter] = {}
        self._last_ms: dict[str, int] = {}
        self._floor_ms = 0
        self._turn = (0, 1)
        self._contents = Contents()
        self._number = 0
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._held = _locked(folder)
        self._drop_partial()
        for segment in self.pending():
            self._recall(segment)

    def close(self) -> None:
        """Drop what is not sealed and let go of the folder."""
        with self._lock:
            for stream in list(self._writers):
                self._discard(stream)
            os.close(self._held)

    def append(self, stream: str, entry: Entry) -> Segment | None:
        """Add a piece; gives the segment that it filled, if it did. Unsealed pieces are not yet acknowledged.

        Raises `SpoolUnavailable` when the disk refuses; the stream's unsealed pieces are then gone.
        """
        with self._lock, self._writing(stream):
            writer = self._writers.get(stream) or self._new_writer(stream)
            writer.append(entry)
            self._contents.add(stream, entry)
            is_full = writer.size_bytes >= self._segment_bytes or writer.records >= MAX_SEGMENT_RECORDS
            return self._seal(stream) if is_full else None

    def flush(self, *streams: str) -> list[Segment]:
        """Seal what these streams (by default all) hold: afterwards their appended pieces are acknowledged.

        Raises `SpoolUnavailable` as `append` does.
        """
        sealed = []
        with self._lock:
            for stream in [stream for stream in self._writers if not streams or stream in streams]:
                with self._writing(stream):
                    sealed.append(self._seal(stream))
        return sealed

    def progress(self, origin: str) -> Progress:
        """How far an object is in what waits here, sealed or not."""
        with self._lock:
            return self._contents.progress(origin)

    def unsealed(self, origin: str) -> set[str]:
        """Streams whose unsealed segment holds pieces of an object."""
        with self._lock:
            return self._contents.holders(origin) & self._writers.keys()

    def origins(self, segment: Segment) -> list[str]:
        """The objects that a segment holds pieces of."""
        with self._lock:
            return self._contents.origins(_key(segment))

    def pending(self) -> Iterator[Segment]:
        """Segments not yet loaded, each stream's in ingest order."""
        for file in sorted(self._folder.glob(f"*/*{SUFFIX}")):
            yield Segment(file.parent.name, file)

    def raise_floor(self, stream: str, ingested_ms: int) -> None:
        """No later segment of the stream gets an ingest time at or before this one, whatever the clock says."""
        with self._lock:
            self._last_ms[stream] = max(self._last_ms.get(stream, 0), ingested_ms)

    def take_turn(self, number: int, of: int) -> None:
        """Give from now on only instants whose milliseconds leave `number` when divided by `of`: so many spools of one
        store never give the same instant."""
        with self._lock:
            self._turn = (number, of)

    def low_water(self, at_least_ms: int, besides: Collection[str] = ()) -> int:
        """The instant before which nothing will be stored any more: what waits (but for the segments `besides`, by
        token) has it or a later one, and so will what is sealed from now on, never before `at_least_ms`."""
        with self._lock:
            self._floor_ms = max(self._floor_ms, at_least_ms)
            waiting = [segment.ingested_ms for segment in self.pending() if segment.token not in besides]
            if waiting:
                return min(waiting)
            self._floor_ms = self._least_ms()
            return self._floor_ms

    def remove(self, segment: Segment) -> None:
        """Forget a segment whose rows are stored."""
        segment.file.unlink(missing_ok=True)
        sync_folder(segment.file.parent)
        with self._lock:
            self._contents.drop(_key(segment))
            self.removed += 1

    def restamp(self, segment: Segment) -> Segment:
        """Give a segment that is not stored a new ingest time, after all that its stream has had."""
        with self._lock:
            ingested_ms = self._last_ms[segment.stream] = self._next_ms()
            digest = segment.token.partition("-")[2]
            renamed = segment.file.rename(segment.file.with_name(f"{ingested_ms:016d}-{digest}{SUFFIX}"))
            sync_folder(segment.file.parent)
            restamped = Segment(segment.stream, renamed)
            self._contents.rename(_key(segment), _key(restamped))
            return restamped

    def set_aside(self, segment: Segment, folder: Path) -> Path:
        """Move a segment that can't be loaded to `folder`, where people can look at it."""
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / f"{segment.stream}-{segment.file.name}"
        segment.file.rename(kept)
        sync_folder(folder)
        with self._lock:
            self._contents.drop(_key(segment))
        return kept

    def _new_writer(self, stream: str) -> SegmentWriter:
        self._number += 1
        writer = self._writers[stream] = SegmentWriter(self._folder / stream, self._number)
        return writer

    @contextmanager
    def _writing(self, stream: str) -> Iterator[None]:
        """A writer that failed has written nobody knows what: it is dropped, so that no torn row is ever sealed."""
        try:
            yield
        except OSError as error:
            self._discard(stream)
            hint = "what was acknowledged is safe; make room, then ingest the rest again"
            message = f"can't write: {error.strerror or error}"
            raise SpoolUnavailable(message, where=str(self._folder), hint=hint) from error

    def _seal(self, stream: str) -> Segment:
        ingested_ms = self._last_ms[stream] = self._next_ms()
        segment = Segment(stream, self._writers[stream].seal(ingested_ms), is_new=True)
        del self._writers[stream]
        self._contents.rename(stream, _key(segment))
        return segment

    def _discard(self, stream: str) -> None:
        self._contents.drop(stream)
        if writer := self._writers.pop(stream, None):
            writer.discard()

    def _next_ms(self) -> int:
        """An instant after all those of this spool, so that what arrived in several streams has one order."""
        least_ms = self._least_ms()
        number, of = self._turn
        return least_ms + (number - least_ms) % of

    def _least_ms(self) -> int:
        now_ms = int(self._clock().timestamp() * 1000)
        waiting = max((segment.ingested_ms for segment in self.pending()), default=0)
        return max(now_ms, max(self._last_ms.values(), default=0) + 1, waiting + 1, self._floor_ms)

    def _drop_partial(self) -> None:
        for partial in self._folder.glob("*/*.partial"):
            partial.unlink()

    def _recall(self, segment: Segment) -> None:
        """What a segment of an earlier process holds; what is damaged in it shows when it is loaded."""
        with segment.file.open("rb") as file, suppress(DamagedSegment):
            for entry in entries(file):
                self._contents.add(_key(segment), entry)


def _key(segment: Segment) -> str:
    return f"{segment.stream}/{segment.token}"


def _locked(folder: Path) -> int:
    """The handle that holds the folder; the system lets go of it when the process ends, however it ends."""
    handle = os.open(folder / ".lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError as error:
        os.close(handle)
        hint = "stop it, or use another --data"
        raise SpoolInUse("another process writes here", where=str(folder), hint=hint) from error
    return handle
