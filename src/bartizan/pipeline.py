"""Joins the stages: objects are read, spooled (acknowledged), loaded; rules then run over what is stored."""

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, BinaryIO

from bartizan.alerts.store import AlertStore
from bartizan.clock import Clock
from bartizan.detect.document import alert_of
from bartizan.detect.exceptions import Lists
from bartizan.detect.executor import Hit
from bartizan.detect.findings import Cut, Finding, RuleFailed, Scanned
from bartizan.detect.gaps import Coverage, coverage_of
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.meaning import Knowledge, reads_alerts
from bartizan.detect.planner import Planner
from bartizan.detect.rulebook import Rulebook
from bartizan.detect.runner import Evaluator, run_due
from bartizan.detect.schedule import NEW, Outcome, Round, is_due
from bartizan.detect.tuning import Tuned, Tuning
from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine
from bartizan.engine.literals import date_text
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
from bartizan.query.budget import Budget
from bartizan.query.search import stored_schema

GROUP_FILES = 256
"""Files whose progress is asked for at once."""

MAX_PASSES = 5
"""Times that the rules run one after the other while there are new alerts and rules that read them."""

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


@dataclass(frozen=True, slots=True)
class Detected:
    """What a run of the rules came to."""

    alerts: Sequence[Mapping[str, Any]] = ()
    """Alerts that are new, stored."""
    cuts: Sequence[Cut] = ()
    """Rules that found more than they may raise alerts for."""
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
    budget: Budget = field(default_factory=Budget)
    """What a rule that asks the engine on its own may take."""
    planner: Planner = field(default_factory=Planner)
    tuning: Tuning | None = None
    """What people have set beside the rules' files; None runs them as they are."""

    outcomes: dict[str, Outcome] = field(default_factory=dict)
    """How each rule's runs went, by its id, since this process began."""
    put_off: dict[str, int] = field(default_factory=dict)
    """Rules that something is new to but whose time has not come: id to least seconds between runs."""

    def run(self, is_last: bool = False, before_ms: int | None = None) -> Iterator[Detected]:
        """Evaluate what arrived since the last run, but not from the instant `before_ms` (milliseconds since 1970) on,
        at which something arrived that is not loaded yet: streams are looked at up to one instant. `is_last` says that
        nothing more will arrive. Rules that read alerts see those of this run too."""
        round = Round(self.clock(), dict(self.outcomes), self.outcomes)
        for _ in range(MAX_PASSES):
            has_new = False
            for detected in self._run(round, is_last, before_ms):
                has_new = has_new or bool(detected.alerts)
                yield detected
            if not has_new or not any(reads_alerts(rule) for rule in self.rulebook):
                break
        self.put_off.clear()
        self.put_off.update(round.put_off)
        self.ledger.fold(date_text(round.now))

    def is_due(self, now: datetime) -> bool:
        """Whether a rule that was put off, or failed, is to run now, new events or not."""
        waiting = {**{id: 0 for id, outcome in self.outcomes.items() if outcome.failures}, **self.put_off}
        return any(is_due(self.outcomes.get(id, NEW), every_s, now) for id, every_s in waiting.items())

    def tuned(self) -> Tuned:
        """The rules as people have set them."""
        return self.tuning.applied(self.rulebook, self.clock()) if self.tuning else Tuned(list(self.rulebook), {})

    def evaluator(self, lists: Lists) -> Evaluator:
        """What rules are evaluated with, as it is now, on any thread: it plans anew."""
        schema = stored_schema(self.engine, self.registry)
        return Evaluator(self.engine, schema, Knowledge(self.clock(), lists), self.budget)

    def store(self, findings: Iterable[Finding]) -> Iterator[Detected]:
        """Store what rules find. A window is written down after its alerts are stored, so a crash between the two
        evaluates it again, which adds nothing."""
        found = _Found()
        for finding in findings:
            match finding:
                case Hit():
                    found.hits.append(finding)
                case Cut():
                    found.cuts.append(finding)
                case RuleFailed():
                    found.failed.append(finding)
                case Scanned(seen):
                    new = self.alerts.add([alert_of(hit, self.registry) for hit in found.hits]) if found.hits else []
                    self.ledger.record(seen, date_text(self.clock()))
                    yield Detected(new, found.cuts, found.failed)
                    found = _Found()
        if found.failed:
            yield Detected(failed=found.failed)

    def coverage(self) -> Coverage:
        """What the rules have not seen of what is stored."""
        tuned = self.tuned()
        evaluator = self.evaluator(tuned.lists)
        plans, _ = evaluator.planner.plans(tuned.rules, evaluator.schema, evaluator.known)
        return coverage_of(self.engine, self.ledger, plans)

    def _run(self, round: Round, is_last: bool, before_ms: int | None) -> Iterator[Detected]:
        tuned = self.tuned()
        taken = [rule for rule in tuned.rules if round.takes(rule)]
        anew = self.evaluator(tuned.lists)
        evaluator = replace(anew, is_last=is_last, before_ms=before_ms, planner=self.planner)
        findings = run_due(evaluator, self.ledger, taken, round.is_due)
        yield from self.store(_noted(findings, round))
        for rule in taken:
            round.recover(rule.id)


def _noted(findings: Iterable[Finding], round: Round) -> Iterator[Finding]:
    """The same, each rule's outcome noted."""
    for finding in findings:
        if isinstance(finding, RuleFailed):
            round.fail(finding.rule.id, str(finding.error))
        yield finding
        if isinstance(finding, Scanned):
            for rule in {rule for rules in finding.seen.values() for rule in rules}:
                round.succeed(rule)


@dataclass(frozen=True, slots=True)
class _Found:
    """What was found since the last window was done."""

    hits: list[Hit] = field(default_factory=list)
    cuts: list[Cut] = field(default_factory=list)
    failed: list[RuleFailed] = field(default_factory=list)


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
