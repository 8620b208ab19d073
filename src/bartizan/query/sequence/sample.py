"""Samples: for each key one event for every step, all different, whenever they happened (elastic.co, EQL syntax
reference, "Samples")."""

from collections.abc import Iterator

from bartizan.query.sequence.events import Events, Match


def find_samples(events: Events, steps: int) -> Iterator[Match]:
    """One sample of each key that has one, from the earliest events of each step.

    As many events of a step as there are steps are enough to choose from, whatever the others take.
    """
    for key, start, end in events.by_key():
        choices = [_first_of(events, 1 << step, start, end, steps) for step in range(steps)]
        chosen = _all_different(choices)
        if chosen is not None:
            yield Match(key, chosen)


def _first_of(events: Events, mask: int, start: int, end: int, count: int) -> list[int]:
    found: list[int] = []
    for at in range(start, end):
        if events.masks[at] & mask:
            found.append(at)
            if len(found) == count:
                break
    return found


def _all_different(choices: list[list[int]]) -> tuple[int, ...] | None:
    """One of each of `choices`, all different; None if there is no such choice (a matching by augmenting paths)."""
    taken: dict[int, int] = {}
    for step in range(len(choices)):
        if not _place(step, choices, taken, set()):
            return None
    by_step = {step: event for event, step in taken.items()}
    return tuple(by_step[step] for step in range(len(choices)))


def _place(step: int, choices: list[list[int]], taken: dict[int, int], tried: set[int]) -> bool:
    for event in sorted(choices[step], key=taken.__contains__):
        if event not in tried:
            tried.add(event)
            if event not in taken or _place(taken[event], choices, taken, tried):
                taken[event] = step
                return True
    return False
