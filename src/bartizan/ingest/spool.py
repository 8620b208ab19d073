"""The spool: pieces in, sealed segments out, one folder per stream. What is sealed is acknowledged; a crash loses none of it."""

import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from bartizan.clock import Clock
from bartizan.ingest.segment import Entry, SegmentWriter, sync_folder

SUFFIX = ".rb"


@dataclass(frozen=True, slots=True)
class Segment:
    """A sealed segment, waiting to be loaded."""

    stream: str
    """The data stream's name."""
    file: Path

    @property
    def ingested_ms(self) -> int:
        """When its events count as ingested, milliseconds since 1970: strictly increasing per stream."""
        return int(self.file.name.partition("-")[0])

    @property
    def token(self) -> str:
        """The batch's name for exactly-once inserts."""
        return self.file.stem


class Spool:
    """Writers of one process; safe for many threads. One process owns a spool folder."""

    def __init__(self, folder: Path, segment_bytes: int, clock: Clock) -> None:
        self._folder = folder
        self._segment_bytes = segment_bytes
        self._clock = clock
        self._writers: dict[str, SegmentWriter] = {}
        self._last_ms: dict[str, int] = {}
        self._number = 0
        self._lock = threading.Lock()
        folder.mkdir(parents=True, exist_ok=True)
        self._drop_partial()

    def append(self, stream: str, entry: Entry) -> Segment | None:
        """Add a piece; gives the segment that it filled, if it did. Unsealed pieces are not yet acknowledged."""
        with self._lock:
            writer = self._writers.get(stream) or self._new_writer(stream)
            writer.append(entry)
            return self._seal(stream) if writer.size_bytes >= self._segment_bytes else None

    def flush(self, *streams: str) -> list[Segment]:
        """Seal what these streams (by default all) hold: afterwards their appended pieces are acknowledged."""
        with self._lock:
            return [self._seal(stream) for stream in list(self._writers) if not streams or stream in streams]

    def pending(self) -> Iterator[Segment]:
        """Segments not yet loaded, each stream's in ingest order."""
        for file in sorted(self._folder.glob(f"*/*{SUFFIX}")):
            yield Segment(file.parent.name, file)

    def raise_floor(self, stream: str, ingested_ms: int) -> None:
        """No later segment of the stream gets an ingest time at or before this one, whatever the clock says."""
        with self._lock:
            self._last_ms[stream] = max(self._last_ms.get(stream, 0), ingested_ms)

    def remove(self, segment: Segment) -> None:
        """Forget a segment whose rows are stored."""
        segment.file.unlink(missing_ok=True)
        sync_folder(segment.file.parent)

    def set_aside(self, segment: Segment, folder: Path) -> Path:
        """Move a segment that can't be loaded to `folder`, where people can look at it."""
        folder.mkdir(parents=True, exist_ok=True)
        kept = folder / f"{segment.stream}-{segment.file.name}"
        segment.file.rename(kept)
        sync_folder(folder)
        return kept

    def _new_writer(self, stream: str) -> SegmentWriter:
        self._number += 1
        writer = self._writers[stream] = SegmentWriter(self._folder / stream, self._number)
        return writer

    def _seal(self, stream: str) -> Segment:
        now_ms = int(self._clock().timestamp() * 1000)
        waiting = max((segment.ingested_ms for segment in self.pending() if segment.stream == stream), default=0)
        ingested_ms = max(now_ms, self._last_ms.get(stream, 0) + 1, waiting + 1)
        self._last_ms[stream] = ingested_ms
        return Segment(stream, self._writers.pop(stream).seal(ingested_ms))

    def _drop_partial(self) -> None:
        for partial in self._folder.glob("*/*.partial"):
            partial.unlink()
