"""What a run of the rules comes to, piece by piece."""

from dataclasses import dataclass

from bartizan.detect.arrivals import Window
from bartizan.detect.executor import Hit
from bartizan.detect.rule import Rule
from bartizan.errors import BartizanError


@dataclass(frozen=True, slots=True)
class Cut:
    """A rule that found more than it may raise alerts for."""

    rule: Rule
    found: int
    """How much it found, or one more than it may where nobody counted further."""


@dataclass(frozen=True, slots=True)
class RuleFailed:
    """A rule that could not run; the others did."""

    rule: Rule
    error: BartizanError


@dataclass(frozen=True, slots=True)
class Scanned:
    """A window is done: its rules have seen it. Write this down once what was found is safe."""

    window: Window
    rules: tuple[str, ...]


Finding = Hit | Cut | RuleFailed | Scanned
