"""The state machine of a sequence, as Elasticsearch's EQL has it: one for each key, one pending sequence in each state.

The source of every rule is elastic.co, "EQL syntax reference" (sequences, maxspan, until, runs, "How sequence queries
handle matches"); where that is silent, how Elasticsearch's sequence matcher behaves.
"""

from collections.abc import Iterator
from typing import Any

from bartizan.query.sequence.events import Events, Match
from bartizan.query.sequence.missing import Gaps
from bartizan.query.sequence.plan import Plan

_Chain = tuple[int, Any, int]
"""A pending sequence: the time of its first event, the sequence before its last event, that event's position."""


def find_matches(events: Events, plan: Plan, complete_until_ms: float) -> Iterator[Match]:
    """Every sequence in `events`, key by key in the order they complete.

    A trailing missing event counts as missing only if its time has passed at `complete_until_ms`.
    """
    gaps = Gaps(events, plan, complete_until_ms) if plan.gaps else None
    for key, start, end in events.by_key():
        found = [_positions(chain) for chain in _run(events, start, end, plan)]
        if gaps is not None and found:
            found = gaps.keep(start, end, found)
        for positions in found:
            yield Match(key, positions)


def _run(events: Events, start: int, end: int, plan: Plan) -> list[_Chain]:
    """Feed one key's events to its machine. The last stage goes first: an event sees what was pending before it. What
    waits for the event's stage moves on; what takes too long is dropped. (One loop: it runs for every candidate.)"""
    last, maxspan_ms, until = plan.last, plan.maxspan_ms, plan.until
    pending: list[_Chain | None] = [None] * (last + 1)
    complete: list[_Chain] = []
    masks, times, stages = events.masks, events.times, plan.stages
    for at in range(start, end):
        for stage in stages[masks[at]]:
            chain: _Chain = (times[at], None, at)
            if stage:
                waiting = pending[stage - 1]
                if waiting is None:
                    continue
                pending[stage - 1] = None
                if chain[0] - waiting[0] > maxspan_ms:
                    continue
                chain = (waiting[0], waiting, at)
            if stage == last:
                complete.append(chain)
            else:
                pending[stage] = chain
        if masks[at] & until:
            pending = [None] * (last + 1)
    return complete


def _positions(chain: _Chain | None) -> tuple[int, ...]:
    positions = []
    while chain is not None:
        positions.append(chain[2])
        chain = chain[1]
    return tuple(reversed(positions))
