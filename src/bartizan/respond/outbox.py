"""What is to be sent, kept until it was: the interface, and what comes out of it."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal, Protocol

State = Literal["waiting", "sent", "dead"]

MAX_WAITING = 100_000
"""Alerts that may wait for one connector; further ones are kept as dead, without their alert."""

MAX_DUE = 10_000
"""Alerts that a connector looks at in one round."""


@dataclass(frozen=True, slots=True)
class Pace:
    """Entries of one connector with the same `key` go once in `every_s` seconds, all that has come meanwhile in one
    delivery."""

    key: str
    every_s: int


@dataclass(frozen=True, slots=True)
class Entry:
    """An alert for a connector."""

    id: str
    """Digest of connector and alert: the same alert comes in once."""
    connector: str
    alert_id: str
    risk: int
    """How grave it is; graver ones go first."""
    alert: bytes = field(repr=False)
    """JSON of the ECS document."""
    pace: Pace | None = None
    """How often its rule may be told of; None goes as soon as its connector sends."""
    is_alone: bool = False
    """Whether it is a delivery of its own, never part of a summary; its id begins with `action-`."""


@dataclass(frozen=True, slots=True)
class Due:
    """An alert that waits, and may go now."""

    id: str
    delivery: str
    """Delivery it was put into; empty before its first attempt. The same alerts go at each attempt."""
    attempts: int


@dataclass(frozen=True, slots=True)
class Record:
    """How an alert's delivery stands, for people."""

    id: str
    connector: str
    alert_id: str
    state: State
    attempts: int
    error: str
    """Why the last attempt failed; empty when none has."""
    offered_at: datetime
    updated_at: datetime


class Outbox(Protocol):
    """Survives the process: what `add` returned from is sent at least once. Its errors are `OutboxError`."""

    def add(self, entries: Sequence[Entry], now: datetime, position: str = "") -> int:
        """Take what is new, all or nothing; gives how many were. What was there before, whatever its state, is not.
        With them `position` is written down, unless it is empty."""

    def position(self) -> str:
        """The position last written down; empty before the first."""

    def due(self, connector: str, now: datetime) -> Sequence[Due]:
        """What may go now, gravest first, at most `MAX_DUE`; deliveries that were tried come whole."""

    def next_due(self, connector: str) -> datetime | None:
        """When the next may go; None when nothing waits."""

    def alerts(self, ids: Sequence[str]) -> Sequence[bytes]:
        """The alerts' JSON, in the order of the ids."""

    def assign(self, ids: Sequence[str], delivery: str) -> None:
        """Put alerts into a delivery, before its first attempt."""

    def sent(self, delivery: str, now: datetime) -> None:
        """It has arrived; its alerts' documents are dropped."""

    def failed(self, delivery: str, error: str, due: datetime, now: datetime) -> None:
        """It is to be tried again."""

    def dead(self, delivery: str, error: str, now: datetime) -> None:
        """It is given up, and kept."""

    def revive(self, connector: str, now: datetime) -> int:
        """Let what was given up wait again, as if it were new; gives how many alerts. What was kept without its alert
        stays dead."""

    def counts(self) -> Mapping[str, Mapping[State, int]]:
        """Alerts by connector and state."""

    def records(self, state: State | None, connector: str, limit: int) -> Sequence[Record]:
        """The latest first; no state and an empty connector mean all."""

    def forget(self, before: datetime) -> None:
        """Drop what was sent or given up before."""

    def close(self) -> None:
        """Let go of the file."""


def unique(entries: Iterable[Entry]) -> list[Entry]:
    """Each id once."""
    return list({entry.id: entry for entry in entries}.values())
