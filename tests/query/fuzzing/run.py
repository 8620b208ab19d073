"""Runs many texts through one target and keeps what it shouldn't have done."""

import signal
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from random import Random
from types import FrameType

from tests.query.fuzzing.mutations import mutated, tokens_of
from tests.query.fuzzing.targets import Target, targets

CHUNK = 500
"""Texts that share a seed: a fault is found again from the target's name, the seed and the chunk's number."""

SLOWEST_S = 1.0
"""Most seconds of the processor that one text may take."""


@dataclass(frozen=True, slots=True)
class Fault:
    """A text and what it led to."""

    target: str
    text: str
    says: str


class TooSlow(BaseException):
    """A text took longer than it may; no `except Exception` keeps it."""


def run_chunk(name: str, seed: int, number: int, size: int = CHUNK) -> list[Fault]:
    """The faults of chunk `number`."""
    target = targets()[name]
    seeds = target.seeds()
    tokens = tokens_of(seeds)
    random = Random(f"{name} {seed} {number}")
    found = (attempt(name, target, mutated(random, seeds, tokens)) for _ in range(size))
    return [fault for fault in found if fault is not None]


def attempt(name: str, target: Target, text: str, seconds: float | None = None) -> Fault | None:
    """What `text` leads to that it shouldn't, within `seconds` of the processor."""
    limit = SLOWEST_S if seconds is None else seconds
    try:
        with _limited(limit):
            target.run(text)
    except TooSlow:
        return Fault(name, text, f"took over {limit} s")
    except Exception:
        return Fault(name, text, traceback.format_exc(limit=-4))
    return None


@contextmanager
def _limited(seconds: float) -> Iterator[None]:
    """Stops what takes too long, by the time of the processor: others may use the machine too."""
    signal.signal(signal.SIGPROF, _stop)
    signal.setitimer(signal.ITIMER_PROF, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _stop(signal_number: int, frame: FrameType | None) -> None:
    raise TooSlow


def rate(name: str, seconds: float = 1.0) -> float:
    """Texts in a second."""
    start, count = time.perf_counter(), 0
    while time.perf_counter() - start < seconds:
        run_chunk(name, 0, count, 50)
        count += 1
    return count * 50 / (time.perf_counter() - start)
