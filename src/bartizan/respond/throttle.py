"""How much a connector sends: a token bucket, and one summary for the alerts it has no tokens for."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime


@dataclass(slots=True)
class Bucket:
    """`size` deliveries within `period_s`, refilled steadily. Used by one thread."""

    size: int
    period_s: float
    filled_at: datetime
    tokens: float = -1.0

    def __post_init__(self) -> None:
        self.tokens = float(self.size)

    def available(self, now: datetime) -> int:
        """Deliveries that may go now. A clock that goes backwards refills nothing."""
        passed_s = max((now - self.filled_at).total_seconds(), 0.0)
        self.tokens = min(self.size, self.tokens + passed_s * self.size / self.period_s)
        self.filled_at = now
        return int(self.tokens)

    def take(self) -> None:
        """One delivery goes."""
        self.tokens -= 1

    def next_s(self) -> float:
        """Seconds until a delivery may go."""
        return max((1 - self.tokens) * self.period_s / self.size, 0.0)


def fold(waiting: Sequence[str], tokens: int) -> list[Sequence[str]]:
    """Deliveries for what waits (ids, gravest first): each its own while there are tokens, the last token for all the
    others together."""
    if len(waiting) <= tokens:
        return [[one] for one in waiting]
    if tokens < 1:
        return []
    return [*([one] for one in waiting[: tokens - 1]), waiting[tokens - 1 :]]
