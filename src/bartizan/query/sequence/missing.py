"""Events that must be missing from a sequence: decided once its other events are known.

One between two events: none lies between them. One before the first event: none lies within `maxspan` before the last
event. One after the last event: none lies within `maxspan` after the first one. Where a sequence has both, some window
of `maxspan` must hold it and neither of them: it fails only if one before and one after lie at most `maxspan` apart.
(elastic.co, EQL syntax reference, "Missing events"; the rule for both ends is how Elasticsearch behaves.)
"""

import math
from bisect import bisect_left, bisect_right
from collections.abc import Iterable
from dataclasses import dataclass

from bartizan.query.sequence.events import Events
from bartizan.query.sequence.plan import Plan

_Positions = tuple[int, ...]


class Gaps:
    """Decides which complete sequences of a key lack what they must lack."""

    def __init__(self, events: Events, plan: Plan, complete_until_ms: float) -> None:
        self._events = events
        self._plan = plan
        self._complete_until_ms = complete_until_ms
        self._leading = _all_of(mask for mask, stage in plan.gaps if stage == 0)
        self._trailing = _all_of(mask for mask, stage in plan.gaps if stage > plan.last)
        self._inner = [(mask, stage) for mask, stage in plan.gaps if 0 < stage <= plan.last]

    def keep(self, start: int, end: int, found: list[_Positions]) -> list[_Positions]:
        """The sequences of `found`, all of the key whose events are `start` to `end`, with nothing in their gaps."""
        masks = {self._leading, self._trailing, *(mask for mask, _ in self._inner)}
        unwanted = {mask: [at for at in range(start, end) if self._events.masks[at] & mask] for mask in masks}
        key = _Key(unwanted)
        return [one for one in found if self._inner_are_empty(one, key) and self._ends_are_empty(one, key)]

    def _inner_are_empty(self, found: _Positions, key: "_Key") -> bool:
        for mask, stage in self._inner:
            following = key.after(mask, found[stage - 1])
            if following is not None and following < found[stage]:
                return False
        return True

    def _ends_are_empty(self, found: _Positions, key: "_Key") -> bool:
        if not self._leading and not self._trailing:
            return True
        low = self._events.times[found[0]]
        if self._trailing and low + self._plan.maxspan_ms > self._complete_until_ms:
            return False
        before = key.before(self._leading, found[0]) if self._leading else found[0]
        after = key.after(self._trailing, found[-1]) if self._trailing else found[-1]
        return self._time(after, math.inf) - self._time(before, -math.inf) > self._plan.maxspan_ms

    def _time(self, at: int | None, otherwise: float) -> float:
        return otherwise if at is None else self._events.times[at]


@dataclass(frozen=True, slots=True)
class _Key:
    """Where one key's unwanted events stand, by their mask."""

    unwanted: dict[int, list[int]]

    def before(self, mask: int, at: int) -> int | None:
        """The last unwanted event before the one at `at`."""
        index = bisect_left(self.unwanted[mask], at) - 1
        return self.unwanted[mask][index] if index >= 0 else None

    def after(self, mask: int, at: int) -> int | None:
        """The first unwanted event after the one at `at`."""
        index = bisect_right(self.unwanted[mask], at)
        return self.unwanted[mask][index] if index < len(self.unwanted[mask]) else None


def _all_of(masks: Iterable[int]) -> int:
    together = 0
    for mask in masks:
        together |= mask
    return together
