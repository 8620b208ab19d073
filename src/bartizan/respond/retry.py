"""When a delivery that failed is tried again."""

BASE_S = 5.0
"""Pause after the first attempt; each further one doubles it."""
MAX_S = 3600.0
"""The longest pause."""


def backoff_s(attempts: int, retry_after_s: float | None, jitter: float) -> float:
    """Seconds to wait after so many attempts: exponential, spread by `jitter` (0 to 1) over its upper half so that many
    that failed at once don't come back at once; never sooner than the target asks."""
    pause_s = min(BASE_S * 2.0 ** min(attempts - 1, 30), MAX_S)
    return max(pause_s * (0.5 + jitter / 2), retry_after_s or 0.0)
