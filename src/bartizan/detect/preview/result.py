"""What a preview comes to, for people and programs."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any, TypeVar


@dataclass(frozen=True, slots=True)
class Progress:
    """How far a preview is."""

    done: int
    total: int
    """Steps: a slice of a stream for all rules that share a scan, a rule that asks on its own."""
    events: int
    """Events of the slices that are done."""


Result = TypeVar("Result")
Show = Callable[[int, int, int], object]
"""Takes how much is done, of how much, and how many events were looked at."""


def finished(steps: Iterable[Progress | Result], show: Show) -> Result:
    """What a preview comes to, after each of its steps was shown."""
    for step in steps:
        if isinstance(step, Progress):
            show(step.done, step.total, step.events)
        else:
            found = step
    return found


@dataclass(frozen=True, slots=True)
class Entity:
    """A value and how many alerts have it; from large numbers on, about."""

    value: str
    alerts: int


@dataclass(frozen=True, slots=True)
class RulePreview:
    """What one rule would have found."""

    id: str
    name: str
    type: str
    severity: str
    alerts: int
    is_least: bool
    """Whether there are more alerts than were counted."""
    per_day: float
    matched: int
    """Events that the alerts stand on."""
    share: float
    """Of the events of the rule's streams, which part that is, 0 to 1."""
    cut: int
    """Alerts beyond `max_alerts`, were the period one run."""
    suppressed: int
    """Alerts that suppression leaves out, counted in others."""
    histogram: tuple[int, ...]
    """Alerts in each of the preview's buckets."""
    entities: Mapping[str, tuple[Entity, ...]]
    """Values that most alerts share, by field, the most frequent first."""
    samples: tuple[Mapping[str, Any], ...]
    """Some of the alerts, the newest, as they would have been stored."""
    error: str = ""
    """Why it could not be evaluated to the end; its counts are then those of what came before."""
    exceptions: int = 0
    """Exceptions that were taken into account, its own and shared ones."""
    is_off: bool = False
    """Whether it is switched off: it is previewed all the same."""


@dataclass(frozen=True, slots=True)
class Preview:
    """What rules would have found over a period."""

    start: str
    end: str
    """Excluded."""
    bucket_s: int
    buckets: tuple[str, ...]
    """When each bucket begins."""
    events: int
    """Events of the period, of all streams that the rules read."""
    alerts: int
    per_day: float
    histogram: tuple[int, ...]
    entities: Mapping[str, tuple[Entity, ...]]
    rules: tuple[RulePreview, ...]
    """The noisiest first."""
    failed: int
    """Rules with an error."""
