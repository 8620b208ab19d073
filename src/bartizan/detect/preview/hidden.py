"""What exceptions would hide over a past period, for people and programs."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from bartizan.detect.preview.result import Entity


@dataclass(frozen=True, slots=True)
class HiddenOfRule:
    """What would be hidden of one rule."""

    id: str
    name: str
    type: str
    severity: str
    alerts: int
    """Alerts that it raises without the exceptions."""
    hidden: int
    """Those of them that it would not raise."""
    left: int
    """Alerts that it would raise."""
    changed: int
    """Those of them that are others than before: groups of fewer events."""
    events: int
    """Events that would not count."""
    stored: int
    """Alerts that are stored and would not have been raised."""
    open: int
    """Those of them that are open."""
    hides_all: bool
    """Whether nothing would be left."""
    is_least: bool
    """Whether it finds more than was counted."""
    is_off: bool
    """Whether it is switched off."""
    entities: Mapping[str, tuple[Entity, ...]]
    """Values that most of what would be hidden share, by field, the most frequent first."""
    samples: tuple[Mapping[str, Any], ...]
    """Some of the alerts that would be hidden, the newest, as they would have been stored."""
    error: str
    """Why it could not be evaluated with and without the exceptions."""


@dataclass(frozen=True, slots=True)
class HiddenPreview:
    """What exceptions would hide over a period."""

    start: str
    end: str
    """Excluded."""
    events: int
    """Events of the period, of all streams that the rules read."""
    covered: int
    """Those of them that the exceptions hold for, whether a rule finds them or not."""
    alerts: int
    """Alerts that the rules raise without the exceptions."""
    hidden: int
    stored: int
    open: int
    entities: Mapping[str, tuple[Entity, ...]]
    rules: tuple[HiddenOfRule, ...]
    """Those of which most would be hidden first."""
    warnings: tuple[str, ...]
    """What should be thought over before the exceptions are saved."""
    failed: int
    """Rules with an error."""
