"""The thread that loads what was received and runs the rules over it, for as long as the server runs.

It is the only one to add events and alerts to the store.
"""

import logging
import threading
import time
from collections import OrderedDict, deque
from collections.abc import Callable, Iterable
from concurrent.futures import Future
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from bartizan.api.errors import Busy
from bartizan.api.logs import key_values
from bartizan.clock import Clock
from bartizan.errors import BartizanError, Transient
from bartizan.ingest.loader import Loaded
from bartizan.ingest.spool import Segment
from bartizan.pipeline.detection import Detection
from bartizan.pipeline.intake import Intake

log = logging.getLogger(__name__)

T = TypeVar("T")

ROUND_SEGMENTS = 16
"""Segments loaded before the rules run: under load, alerts wait for no more than these."""

IDLE_S = 1.0
"""Seconds between looks at what is due when nobody says that something came."""

DETECT_PAUSE_S = 0.5
"""Seconds from the end of one run of the rules to the next: loads go on meanwhile."""

ALONE_S = 0.4
"""Seconds of a run of the rules after which those that ask the engine on their own are left for the next: hundreds of
them can be due at once, and what arrives meanwhile waits for all of them."""

MAX_UNCLAIMED = 256
"""Outcomes kept for who asks after the load: more than requests can be between sealing and asking."""


@dataclass(frozen=True, slots=True)
class WorkerState:
    """What the worker has come to, for the health report."""

    loaded_records: int = 0
    failed_records: int = 0
    alerts: int = 0
    detected_at: datetime | None = None
    """When the rules last ran to their end."""
    load_error: str = ""
    """Why loading pauses, empty when it doesn't."""
    detection_error: str = ""
    stuck: tuple[str, ...] = ()
    """Segments that the engine refuses; they stay in the spool, whose next reader tries them again."""


class Worker:
    """Start it once, stop it once. `notify` is called at the start and when there are new alerts in the store."""

    def __init__(self, intake: Intake, detection: Detection, notify: Callable[[], object], clock: Clock) -> None:
        self._intake = intake
        self._detection = detection
        self._notify = notify
        self._notify_due = True
        self._clock = clock
        self._awaited: dict[str, Future[Loaded]] = {}
        self._unclaimed: OrderedDict[str, Loaded | BartizanError] = OrderedDict()
        self._asked: deque[tuple[Future[Any], Callable[[], Any]]] = deque()
        self._lock = threading.Lock()
        self._wake = threading.Event()
        self._stopping = threading.Event()
        self._detect_due = True
        self._detected_s = -DETECT_PAUSE_S
        self._thread = threading.Thread(target=self._run, name="worker", daemon=True)
        self.state = WorkerState()

    @property
    def is_alive(self) -> bool:
        """Whether it works."""
        return self._thread.is_alive()

    def start(self) -> None:
        """Begin with what an earlier run left in the spool."""
        self._thread.start()

    def stop(self) -> None:
        """Finish the segment and the scan at hand; what is left in the spool is loaded at the next start."""
        self._stopping.set()
        self._wake.set()
        self._thread.join()
        with self._lock:
            for asked, _ in self._asked:
                asked.cancel()
            self._asked.clear()
            for future in self._awaited.values():
                future.cancel()
            self._awaited.clear()

    def await_loaded(self, segments: Iterable[Segment]) -> list[Future[Loaded]]:
        """Say that segments were sealed; the futures tell what they came to."""
        with self._lock:
            futures = [self._awaited_one(segment) for segment in segments]
        self._wake.set()
        return futures

    def do(self, work: Callable[[], T]) -> Future[T]:
        """Have something done between two rounds: whatever writes to the store. Raises `Busy` when nobody works."""
        future: Future[T] = Future()
        with self._lock:
            if self._stopping.is_set() or not self.is_alive:
                raise Busy("the worker doesn't run")
            self._asked.append((future, work))
        self._wake.set()
        return future

    def _do_asked(self) -> None:
        while self._asked:
            future, work = self._asked.popleft()
            if future.set_running_or_notify_cancel():
                try:
                    future.set_result(work())
                except BaseException as error:  # it is the asker's
                    future.set_exception(error)

    def _awaited_one(self, segment: Segment) -> Future[Loaded]:
        future: Future[Loaded] = Future()
        if segment.token in self._unclaimed:
            _resolve(future, self._unclaimed.pop(segment.token))
        else:
            self._awaited[segment.token] = future
        return future

    def _run(self) -> None:
        while not self._stopping.is_set():
            self._wake.clear()
            try:
                is_idle = self._round()
            except Exception:  # a fault of ours in one round must not end the service
                log.exception(key_values("worker_failed"))
                is_idle = True
            if is_idle and not self._stopping.is_set():
                self._wake.wait(IDLE_S)

    def _round(self) -> bool:
        """Load some segments, then detect; whether nothing is left that could be done at once."""
        self._do_asked()
        self._notify_new()
        waiting = self._waiting()
        chosen = waiting[:ROUND_SEGMENTS]
        errors = self._load(chosen)
        self._detect_due = self._detect_due or len(errors) < len(chosen)
        if self._detection_is_due():
            self._detect()
            self._detected_s = time.monotonic()
        return bool(errors) or chosen == waiting

    def _waiting(self) -> list[Segment]:
        """What can be loaded, in the order in which it was taken in."""
        pending = (segment for segment in self._intake.spool.pending() if segment.token not in self.state.stuck)
        return sorted(pending, key=lambda segment: segment.ingested_ms)

    def _load(self, segments: Iterable[Segment]) -> list[str]:
        """Load segments in order; gives what keeps some of them from being loaded now."""
        errors = []
        for segment in segments:
            if self._stopping.is_set():
                break
            if error := self._load_one(segment):
                errors.append(str(error))
        self._note(load_error=errors[0] if errors else "")
        return errors

    def _load_one(self, segment: Segment) -> Transient | None:
        """Load a segment; gives the error after which it is to be tried again."""
        try:
            done = self._intake.loader.load(segment)
        except BartizanError as error:
            log.error(key_values("load_failed", stream=segment.stream, segment=segment.token, error=error))
            if isinstance(error, Transient):
                return error
            if segment.file.exists():
                self._set_aside(segment)
            self._settle(segment, error)
            return None
        self._note(
            loaded_records=self.state.loaded_records + done.records,
            failed_records=self.state.failed_records + done.failed,
        )
        log.info(key_values("loaded", stream=done.stream, records=done.records, failed=done.failed))
        self._settle(segment, done)
        return None

    def _set_aside(self, segment: Segment) -> None:
        self._note(stuck=(*self.state.stuck, segment.token))
        if self._detection.membership is not None:
            self._detection.membership.set_aside = self.state.stuck

    def _settle(self, segment: Segment, outcome: Loaded | BartizanError) -> None:
        """Tell who waits for the segment. One sealed a moment ago may be loaded before anybody waits for it."""
        with self._lock:
            future = self._awaited.pop(segment.token, None)
            if future is None:
                self._unclaimed[segment.token] = outcome
                if len(self._unclaimed) > MAX_UNCLAIMED:
                    self._unclaimed.popitem(last=False)
        if future is not None:
            _resolve(future, outcome)

    def _detection_is_due(self) -> bool:
        if time.monotonic() - self._detected_s < DETECT_PAUSE_S:
            return False
        return self._detect_due or self._detection.is_due(self._clock())

    def _detect(self) -> None:
        before = self._detection.failing()
        self._detect_due = True
        try:
            waiting = self._waiting()
            before_ms = waiting[0].ingested_ms if waiting else None
            for detected in self._detection.run(before_ms=before_ms, alone_s=ALONE_S):
                self._notify_due = self._notify_due or bool(detected.alerts)
                self._notify_new()
                self._tell(len(detected.alerts), [(cut.rule.id, cut.found) for cut in detected.cuts])
                if self._stopping.is_set():
                    return
        except BartizanError as error:
            log.error(key_values("detection_failed", error=error))
            self._note(detection_error=str(error), detected_at=self._clock())
            return
        failing = self._detection.failing()
        for rule in failing.keys() - before.keys():
            log.warning(key_values("rule_failed", rule=rule, error=failing[rule]))
        self._detect_due = False
        self._notify_due = self._notify_due or self._detection.membership is not None
        self._note(detection_error="", detected_at=self._clock())

    def _notify_new(self) -> None:
        """Hand new alerts to the notifier; what it can't take now it finds in the store the next time."""
        if not self._notify_due:
            return
        try:
            self._notify()
        except BartizanError as error:
            log.error(key_values("notify_failed", error=error))
        else:
            self._notify_due = False

    def _tell(self, alerts: int, cuts: list[tuple[str, int]]) -> None:
        if alerts:
            log.info(key_values("alerts", new=alerts))
            self._note(alerts=self.state.alerts + alerts)
        for rule, matched in cuts:
            log.warning(key_values("rule_cut", rule=rule, matched=matched))

    def _note(self, **changes: object) -> None:
        self.state = replace(self.state, **changes)  # type: ignore[arg-type]


def _resolve(future: Future[Loaded], outcome: Loaded | BartizanError) -> None:
    if isinstance(outcome, Loaded):
        future.set_result(outcome)
    else:
        future.set_exception(outcome)
