"""Sequences that new events make up, as if they had been looked for each time that some arrived.

What a sequence is depends on the events around it, and later ones can arrive first. So what is found in many small runs
is what is found in one: for every instant at which events arrived, the sequences among what had arrived until then.
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator
from collections.abc import Sequence as Listing
from dataclasses import dataclass

from bartizan.query.sequence.events import Events, Match
from bartizan.query.sequence.plan import Plan

Find = Callable[[Events, float], Iterable[Match]]
"""The state machine: events of one key, and until when (milliseconds) they are complete, in."""


@dataclass(frozen=True, slots=True)
class Completeness:
    """Until which event time everything is taken to have arrived, by the instant of arrival.

    That is the time of the newest event so far, never later than the instant itself: it depends on what is stored and
    not on when somebody looks.
    """

    instants: Listing[int]
    """Instants at which events arrived, in order, milliseconds since 1970; the first is the last old one."""
    until_ms: Listing[float]
    """For each of them, until when events are complete."""

    def before(self, instant: float) -> float:
        """Until when events are complete just before an instant."""
        at = bisect_left(self.instants, instant) - 1
        return self.until_ms[max(at, 0)]


@dataclass(frozen=True, slots=True)
class Arrived:
    """Which events are new: those that arrived after an instant, for each stream by its number."""

    after_ms: tuple[int, ...]
    complete: Completeness | None = None
    """For sequences with missing events, which time alone can complete."""
    views: Listing[tuple[int, int]] = ()
    """For these too: from when to before when events are read, milliseconds since 1970, in order. Nothing is missing
    from a time that isn't looked at."""

    def sees(self, start_ms: float, end_ms: float) -> bool:
        """Whether all events of a time are read."""
        at = bisect_right(self.views, (start_ms, math.inf)) - 1
        return at >= 0 and self.views[at][0] <= start_ms and end_ms < self.views[at][1]


@dataclass(frozen=True, slots=True)
class Arrivals:
    """When each of the events arrived (milliseconds since 1970), and the number of its stream."""

    instants: Listing[int]
    streams: Listing[int]


def find_arrived(events: Events, arrivals: Arrivals, plan: Plan, arrived: Arrived, find: Find) -> Iterator[Match]:
    """The sequences that come to be by new events or, with missing ones, by the time that has passed."""
    for key, start, end in events.by_key():
        own = _Key(events, arrivals, arrived, start, end)
        if plan.gaps:
            found = own.replayed_in_time(find, plan.maxspan_ms)
        elif own.is_in_order:
            found = own.at_once(find)
        else:
            found = own.replayed(find, plan.maxspan_ms)
        for positions in found:
            yield Match(key, positions)


class _Key:
    """The events of one key: positions `start` to before `end`."""

    def __init__(self, events: Events, arrivals: Arrivals, arrived: Arrived, start: int, end: int) -> None:
        self._events = events
        self._instants = arrivals.instants
        self._arrived = arrived
        self._all = range(start, end)
        self._new = [at for at in self._all if arrivals.instants[at] > arrived.after_ms[arrivals.streams[at]]]

    @property
    def is_in_order(self) -> bool:
        """Whether each new event came after all that lie before it in time."""
        if not self._new:
            return True
        first, latest = self._new[0], max(self._instants[at] for at in self._all[: self._new[0] - self._all[0] + 1])
        if len(self._new) != self._all[-1] - first + 1:
            return False
        for at in self._new:
            if self._instants[at] < latest:
                return False
            latest = self._instants[at]
        return True

    def at_once(self, find: Find) -> Iterable[tuple[int, ...]]:
        """What all events make up: in order of arrival, none takes away what those before it made."""
        return self._found(self._all, find, 0) if self._new else ()

    def replayed(self, find: Find, maxspan_ms: float) -> Iterable[tuple[int, ...]]:
        """What is made up at each instant, by events as near as a sequence is long."""
        for instant in self._new_instants():
            times = [self._events.times[at] for at in self._new if self._instants[at] == instant]
            low, high = min(times) - maxspan_ms, max(times) + maxspan_ms
            there = [at for at in self._there(instant) if low <= self._events.times[at] <= high]
            yield from self._found(there, find, 0)

    def replayed_in_time(self, find: Find, maxspan_ms: float) -> Iterable[tuple[int, ...]]:
        """What is made up between any two arrivals, while time goes on, as far as all around it is read."""
        for positions in self._in_time(find):
            first, last = self._events.times[positions[0]], self._events.times[positions[-1]]
            if self._arrived.sees(last - maxspan_ms, first + maxspan_ms):
                yield positions

    def _in_time(self, find: Find) -> Iterable[tuple[int, ...]]:
        complete = self._arrived.complete
        assert complete is not None
        fresh = set(self._new)
        instants = self._new_instants()
        for place in range(-1, len(instants)):
            ends = complete.before(instants[place + 1] if place + 1 < len(instants) else float("inf"))
            there = [at for at in self._all if at not in fresh] if place < 0 else self._there(instants[place])
            yield from self._found(there, find, ends)

    def _new_instants(self) -> list[int]:
        return sorted({self._instants[at] for at in self._new})

    def _there(self, instant: int) -> list[int]:
        """The events that had arrived: old ones whatever their instant says."""
        fresh = set(self._new)
        return [at for at in self._all if at not in fresh or self._instants[at] <= instant]

    def _found(self, there: Listing[int], find: Find, complete_until_ms: float) -> Iterator[tuple[int, ...]]:
        own = Events(
            (0, len(there)), [self._events.times[at] for at in there], [self._events.masks[at] for at in there]
        )
        for match in find(own, complete_until_ms):
            yield tuple(there[at] for at in match.events)


def completeness(arrivals: Iterable[tuple[int, int]], after_ms: int, newest_ms: int) -> Completeness:
    """From when events arrived and the newest time among them (both in milliseconds), and what there was before."""
    instants, until_ms, newest = [after_ms], [float(min(newest_ms, after_ms))], newest_ms
    for instant, latest in sorted(arrivals):
        newest = max(newest, latest)
        instants.append(instant)
        until_ms.append(max(until_ms[-1], float(min(newest, instant))))
    return Completeness(instants, until_ms)
