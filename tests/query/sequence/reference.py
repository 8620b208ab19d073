"""Sequences found the long way, from the sentences of the documentation: no state, every event looked at again.

Source: elastic.co, EQL syntax reference, "How sequence queries handle matches": a sequence waits in a state for each
step; an event moves on the one that waits, and one that comes later to the same state takes its place.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from itertools import permutations


@dataclass(frozen=True)
class Wanted:
    """Steps as sets of letters, one for each event of a run; a time and letters that end what waits, or None."""

    stages: tuple[frozenset[str], ...]
    maxspan: int | None = None
    until: frozenset[str] = frozenset()


def sequences(events: Sequence[tuple[int, str]], wanted: Wanted) -> list[tuple[int, ...]]:
    """The positions of each sequence's events; `events` are (time, letter) in order, all of one key."""

    def fits(at: int, stage: int) -> bool:
        return events[at][1] in wanted.stages[stage]

    @cache
    def waiting(before: int, stage: int) -> tuple[int, ...] | None:
        """The sequence that waits with `stage` done just before the event `before`."""
        for at in range(before - 1, -1, -1):
            if events[at][1] in wanted.until:
                return None
            moved_on = stage + 1 < len(wanted.stages) and fits(at, stage + 1)
            if fits(at, stage) and (found := ending(at, stage)):
                return found
            if moved_on:
                return None
        return None

    @cache
    def ending(at: int, stage: int) -> tuple[int, ...] | None:
        """The sequence whose stage `stage` the event `at` is."""
        if stage == 0:
            return (at,)
        begun = waiting(at, stage - 1)
        if begun is None or (wanted.maxspan is not None and events[at][0] - events[begun[0]][0] > wanted.maxspan):
            return None
        return (*begun, at)

    last = len(wanted.stages) - 1
    found = (ending(at, last) for at in range(len(events)) if fits(at, last))
    return [one for one in found if one]


@dataclass(frozen=True)
class Missing:
    """Letters of which no event may come, and the stage before which none may: 0 for the first one, the number of
    stages for after the last one."""

    letters: frozenset[str]
    before: int


def lacks(
    events: Sequence[tuple[int, str]], found: tuple[int, ...], missing: Sequence[Missing], maxspan: int, known: int
) -> bool:
    """Whether a sequence lacks what it must: nothing between two of its events, nothing before within `maxspan` of the
    last one, nothing after within `maxspan` of the first one; with both of the latter, no pair of one before and one
    after within `maxspan`. What comes after `known` is not known."""
    inner = [one for one in missing if 0 < one.before < len(found)]
    for one in inner:
        if any(letter in one.letters for _, letter in events[found[one.before - 1] + 1 : found[one.before]]):
            return False
    first, last = events[found[0]][0], events[found[-1]][0]
    leading = frozenset().union(*(one.letters for one in missing if one.before == 0))
    trailing = frozenset().union(*(one.letters for one in missing if one.before == len(found)))
    if trailing and first + maxspan > known:
        return False
    before = [time for time, letter in events[: found[0]] if letter in leading] if leading else [first]
    after = [time for time, letter in events[found[-1] + 1 :] if letter in trailing] if trailing else [last]
    return (not leading and not trailing) or not any(end - begin <= maxspan for begin in before for end in after)


def has_sample(events: Sequence[str], steps: Sequence[frozenset[str]]) -> bool:
    """Whether each step can have an event, by its letter, that no other step has."""
    return any(
        all(events[at] in letters for at, letters in zip(chosen, steps, strict=True))
        for chosen in permutations(range(len(events)), len(steps))
    )
