"""What a run of the rules comes to, piece by piece."""

from collections.abc import Mapping
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
    """Windows are done: the rules have seen them. Write this down, all or nothing, once what was found is safe."""

    seen: Mapping[Window, tuple[str, ...]]
    """Ids of rules, for each window. A rule that reads several streams has seen them up to one instant."""


Finding = Hit | Cut | RuleFailed | Scanned
