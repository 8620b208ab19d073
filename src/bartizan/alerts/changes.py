"""Changes of alerts: written down first, then applied, one alert or a hundred thousand; undone as a whole.

A change set fixes its alerts when it is asked for and goes through them in batches. What a batch changes is recorded in
the history before the alerts are updated, so one that a crash cut off is applied again at the next start.
"""

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence, Set
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any
from uuid import uuid4

from bartizan.alerts import present
from bartizan.alerts.change_sets import (
    CANCELLED,
    CANCELLING,
    DONE,
    FAILED,
    RUNNING,
    ChangeSet,
    ChangeSets,
)
from bartizan.alerts.errors import ChangeConflict, ChangeRefused, UnknownAlert
from bartizan.alerts.history import History, Made, Row
from bartizan.alerts.workflow import FIELDS, NOTES, REASON, STATUS, TEXTS, Change, Values, written
from bartizan.clock import Clock
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError

MAX_ALERTS = 1_000_000
"""Most alerts of one change set."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


@dataclass(frozen=True, slots=True)
class _Batch:
    """What a batch came to."""

    changed: int
    kept: int


class AlertChanges:
    """Changes the alerts of one stream; for many threads."""

    def __init__(self, engine: Engine, table: str, prepare: Callable[[str], None], clock: Clock) -> None:
        """`prepare` makes or widens the stream's table."""
        prepare(table)
        self._engine = engine
        self._table = table
        self._clock = clock
        self._history = History(engine, table)
        self._sets = ChangeSets(engine, table)
        self._last_us = self._history.last_us()
        self._running: set[str] = set()
        self._instants = Lock()
        self._batches = Lock()

    def begin(
        self, alerts: Sequence[str], change: Change, actor: str, selection: Mapping[str, Any] | None = None
    ) -> ChangeSet:
        """A change set for these alerts, to be carried out by `run`."""
        return self._begin(alerts, ChangeSet(uuid4().hex, "", actor, change, selection=selection))

    def begin_undo(self, id: str, actor: str) -> ChangeSet:
        """A change set that puts back what another changed, except fields changed again since; notes stay.

        Raises `UnknownChangeSet`, `ChangeConflict` while the other still runs.
        """
        undone = self._sets.get(id)
        if not undone.is_ended:
            raise ChangeConflict("the change set is not done yet", where="id", hint="cancel it or wait for its end")
        alerts = self._history.alerts_of_set(id)
        return self._begin(alerts, ChangeSet(uuid4().hex, "", actor, None, undoes=id))

    def run(self, id: str) -> Generator[ChangeSet, None, None]:
        """Carry out a change set, or go on with it; yields how it stands after each batch, and at the end.

        It ends `cancelled` after the batch at hand once `cancel` was called. An error of the engine is noted on it
        and raised. Raises `UnknownChangeSet`, `ChangeConflict` for one that someone else here carries out.
        """
        with self._alone(id):
            yield from self._run(self._sets.get(id))

    def _run(self, change_set: ChangeSet) -> Iterator[ChangeSet]:
        id = change_set.id
        while not change_set.is_ended:
            is_cancelling = change_set.state == CANCELLING
            if change_set.batches_done == change_set.batches or (is_cancelling and not self._recorded(change_set)):
                change_set = replace(change_set, state=CANCELLED if is_cancelling else DONE)
            else:
                change_set = self._next(change_set)
            self._sets.put(change_set, self._instant())
            yield change_set
            if not change_set.is_ended:
                change_set = self._sets.get(id)

    def finish(self, id: str) -> ChangeSet:
        """Carry out a change set to its end."""
        *_, ended = [self._sets.get(id), *self.run(id)]
        return ended

    def cancel(self, id: str) -> ChangeSet:
        """Let a change set end after the batch at hand; what it changed stays, `begin_undo` puts it back.

        Raises `UnknownChangeSet`, `ChangeConflict` for one that has ended.
        """
        change_set = self._sets.get(id)
        if change_set.is_ended:
            raise ChangeConflict(f"the change set is {change_set.state}", where="id", hint="it can be undone")
        cancelled = replace(change_set, state=CANCELLING)
        self._sets.put(cancelled, self._instant())
        return cancelled

    def get(self, id: str) -> ChangeSet:
        """A change set as it stands. Raises `UnknownChangeSet`."""
        return self._sets.get(id)

    def latest(self) -> list[ChangeSet]:
        """The newest change sets."""
        return self._sets.latest()

    def unfinished(self) -> list[ChangeSet]:
        """What a crash or an error has cut off, the oldest first: `run` goes on with it."""
        return self._sets.latest(unfinished=True)[::-1]

    def history(self, alert: str) -> list[dict[str, Any]]:
        """Every change of an alert, the newest first. Raises `UnknownAlert`."""
        if not present.known(self._engine, self._table, [alert]):
            raise UnknownAlert("there is no alert by this id", where="id")
        return self._history.of_alert(alert)

    def _begin(self, alerts: Sequence[str], asked: ChangeSet) -> ChangeSet:
        if len(alerts) > MAX_ALERTS:
            hint = "narrow the query, or change them in parts"
            raise ChangeRefused(f"a change set is for at most {MAX_ALERTS:,} alerts", hint=hint)
        unique = list(dict.fromkeys(alerts))
        parts = (present.known(self._engine, self._table, batch) for batch in self._sets.batches_of(unique))
        there = set[str]().union(*parts)
        found = [alert for alert in unique if alert in there]
        batches = len(self._sets.batches_of(found))
        missing = len(unique) - len(found)
        at = self._instant()
        asked_at = f"{at.replace(' ', 'T')}Z"
        begun = replace(asked, asked_at=asked_at, matched=len(found), missing=missing, batches=batches)
        self._sets.begin(begun, found, at)
        return begun

    def _next(self, change_set: ChangeSet) -> ChangeSet:
        try:
            alerts = self._sets.targets(change_set.id, change_set.batches_done)
            came_to = self._carry_out(change_set, alerts)
        except BartizanError as error:
            self._sets.put(replace(change_set, state=FAILED, error=str(error)), self._instant())
            raise
        is_last = change_set.batches_done + 1 == change_set.batches
        return replace(
            change_set,
            state=DONE if is_last else RUNNING,
            changed=change_set.changed + came_to.changed,
            unchanged=change_set.unchanged + len(alerts) - came_to.changed,
            kept=change_set.kept + came_to.kept,
            batches_done=change_set.batches_done + 1,
            error="",
        )

    def _carry_out(self, change_set: ChangeSet, alerts: Sequence[str]) -> _Batch:
        """One batch: what changes is read, recorded and applied while nobody else does that here."""
        with self._batches:
            undone = self._undone(change_set, alerts)
            changed, kept = self._recorded(change_set), 0
            if not changed:
                changed, kept = self._put_back(change_set, undone) if undone else self._planned(change_set, alerts)
                asked = change_set.asked_at.replace("T", " ").removesuffix("Z")
                made = Made(change_set.id, asked, self._instant(), change_set.actor)
                self._history.add(_batch(change_set), made, changed)
            touched = list(dict.fromkeys(row.alert for row in changed))
            present.put(self._engine, self._table, self._history.present(touched))
        return _Batch(len(touched), len(undone) - len(changed) if undone else kept)

    def _recorded(self, change_set: ChangeSet) -> list[Row]:
        """What the history has of the batch at hand."""
        return self._history.of_batch(_batch(change_set))

    def _undone(self, change_set: ChangeSet, alerts: Sequence[str]) -> list[Row]:
        found = self._history.of_set(change_set.undoes, alerts) if change_set.undoes else []
        return [row for row in found if row.field != NOTES]

    def _planned(self, change_set: ChangeSet, alerts: Sequence[str]) -> tuple[list[Row], int]:
        """What changes, and how many fields are left because of what was asked for later."""
        if change_set.change is None:
            return [], 0
        values = present.values_of(self._engine, self._table, alerts)
        rows = [row for alert, before in values.items() for row in _rows(alert, before, change_set.change)]
        holds = self._history.present(alerts)
        later = {key for key, held in holds.items() if key[1] in TEXTS and held.asked > change_set.asked_at}
        return _without(rows, later)

    def _put_back(self, change_set: ChangeSet, undone: Sequence[Row]) -> tuple[list[Row], int]:
        """The fields that still hold what the undone change set put there, as they were before it."""
        holds = self._history.present({row.alert for row in undone})
        keys = ((row.alert, row.field) for row in undone)
        later = {key for key in keys if holds[key].set != change_set.undoes}
        return _without([Row(row.alert, row.field, row.after, row.before) for row in undone], later)

    @contextmanager
    def _alone(self, id: str) -> Iterator[None]:
        with self._instants:
            if id in self._running:
                raise ChangeConflict("the change set is being carried out", where="id")
            self._running.add(id)
        try:
            yield
        finally:
            with self._instants:
                self._running.discard(id)

    def _instant(self) -> str:
        """Now, and later than any instant before, whatever the clock does: the last change wins."""
        with self._instants:
            now_us = (self._clock() - _EPOCH) // timedelta(microseconds=1)
            self._last_us = max(now_us, self._last_us + 1)
            at = _EPOCH + timedelta(microseconds=self._last_us)
        return at.replace(tzinfo=None).isoformat(" ", "microseconds")


def _batch(change_set: ChangeSet) -> str:
    """The name of the batch at hand."""
    return f"{change_set.id}-{change_set.batches_done}"


def _rows(alert: str, before: Values, change: Change) -> Iterator[Row]:
    after = change.apply(before)
    for field in FIELDS:
        if before[field] != after[field]:
            yield Row(alert, field, written(before[field]), written(after[field]))
    if change.note:
        yield Row(alert, NOTES, "", change.note)


def _without(rows: Sequence[Row], later: Set[tuple[str, str]]) -> tuple[list[Row], int]:
    """The rows but those of fields that were changed later, and how many those are; status and reason go together."""
    taken = {(alert, _together(field)) for alert, field in later}
    left = [row for row in rows if (row.alert, _together(row.field)) not in taken]
    return left, len(rows) - len(left)


def _together(field: str) -> str:
    return STATUS if field == REASON else field
