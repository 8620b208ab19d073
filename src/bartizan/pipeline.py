"""Joins the stages: objects are read, spooled (acknowledged), loaded; rules then run over what is stored."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from bartizan.alerts.store import AlertStore
from bartizan.clock import Clock
from bartizan.detect.document import event_alert
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.rulebook import Rulebook
from bartizan.detect.runner import RuleFailed, Scanned, run_due
from bartizan.detect.scan import Cut, Match
from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError
from bartizan.ingest.ledger import Ledger, Progress
from bartizan.ingest.loader import Loaded, Loader, instant
from bartizan.ingest.objects import Reading, origin_of, read_object
from bartizan.ingest.spool import Segment, Spool
from bartizan.query.search import stored_schema

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
    _waiting: dict[str, list[str]] = field(default_factory=dict)
    """Names of objects by the stream whose writer holds their last piece."""

    def ingest(self, sources: Iterable[Source], reading: Reading) -> Iterator[Told]:
        """Read, spool and load objects; yields what happens as it happens. What the spool holds is loaded first."""
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
            origins = {source.name: _origin(source) for source in group}
            known = self.ledger.progress(origins.values())
            for source in group:
                yield from self._read_one(source, origins[source.name], known, reading)
        for segment in self.spool.flush():
            yield from self._sealed(segment)

    def _read_one(
        self, source: Source, origin: str, known: Mapping[str, Progress], reading: Reading
    ) -> Iterator[Told | Segment]:
        entries = 0
        try:
            for routed in read_object(source.open(), source.name, origin, reading, lambda o: self._progress(o, known)):
                stream = routed.stream.name(self.namespace)
                self.loader.prepare(stream)
                if routed.entry.is_last:
                    self._waiting.setdefault(stream, []).append(source.name)
                if segment := self.spool.append(stream, routed.entry):
                    yield from self._sealed(segment)
                entries += 1
        except (BartizanError, OSError) as error:
            yield Told(failed=error if isinstance(error, BartizanError) else BartizanError(str(error)))
        else:
            if not entries and known.get(origin, Progress()).is_complete:
                yield Told(known=source.name)
        yield Told(read=source)

    def _progress(self, origin: str, known: Mapping[str, Progress]) -> Progress:
        return known.get(origin) or self.ledger.progress([origin]).get(origin, Progress())

    def _sealed(self, segment: Segment) -> Iterator[Told | Segment]:
        yield Told(acknowledged=self._waiting.pop(segment.stream, []))
        yield segment


@dataclass(frozen=True, slots=True)
class Detected:
    """What a run of the rules came to."""

    alerts: Sequence[Mapping[str, Any]] = ()
    """Alerts that are new, stored."""
    cuts: Sequence[Cut] = ()
    """Rules that matched more than they may raise alerts for."""
    failed: Sequence[RuleFailed] = ()


@dataclass(frozen=True, slots=True)
class Detection:
    """Runs the rules that are due and stores what they find: one at a time per store."""

    engine: Engine
    rulebook: Rulebook
    registry: Registry
    ledger: DetectionLedger
    alerts: AlertStore
    clock: Clock

    def run(self) -> Iterator[Detected]:
        """Evaluate what arrived since the last run. A window is written down after its alerts are stored, so a crash
        between the two evaluates it again, which adds nothing."""
        now = self.clock()
        schema = stored_schema(self.engine, self.registry)
        matches: list[Match] = []
        cuts: list[Cut] = []
        failed: list[RuleFailed] = []
        for finding in run_due(self.engine, self.ledger, list(self.rulebook), schema, now):
            match finding:
                case Match():
                    matches.append(finding)
                case Cut():
                    cuts.append(finding)
                case RuleFailed():
                    failed.append(finding)
                case Scanned(window, rules):
                    new = self.alerts.add([event_alert(match, self.registry) for match in matches])
                    self.ledger.record(rules, window.stream, window.after, window.until, instant_text(now))
                    yield Detected(new, cuts, failed)
                    matches, cuts, failed = [], [], []
        if failed:
            yield Detected(failed=failed)


def instant_text(at: datetime) -> str:
    """An instant as a `DateTime64(3, 'UTC')` parameter."""
    return instant(int(at.timestamp() * 1000))


def file_source(path: Path) -> Source:
    """A file as an object."""
    return Source(str(path), path.stat().st_size, lambda: path.open("rb"))


def _origin(source: Source) -> str:
    with source.open() as file:
        return origin_of(file)


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
