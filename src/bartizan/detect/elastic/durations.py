"""Spans of time as Elastic's rules write them: `now-9m`, `5m`, `{"value": 6, "unit": "h"}`."""

import re
from collections.abc import Mapping
from typing import Any

_SECONDS = {"s": 1, "m": 60, "h": 3600, "d": 86_400, "w": 7 * 86_400, "M": 30 * 86_400, "y": 365 * 86_400}
_SPAN = re.compile(r"(\d{1,6})([smhdwMy])")
_BEFORE_NOW = re.compile(r"now-(\d{1,6})([smhdwMy])(?:/[smhdwMy])?")
"""Date math (elastic.co, "Date math"); rounding only moves a start that is given in whole units anyway."""


def before_now_s(text: str) -> int | None:
    """Seconds that `now-9m` lies before now; None for what is no such text."""
    found = _BEFORE_NOW.fullmatch(text.strip())
    return int(found[1]) * _SECONDS[found[2]] if found else None


def span_s(text: str) -> int | None:
    """Seconds of `5m`; None for what is no such text."""
    found = _SPAN.fullmatch(text.strip())
    return int(found[1]) * _SECONDS[found[2]] if found else None


def duration_s(duration: Mapping[str, Any]) -> int | None:
    """Seconds of a value and its unit; None for what is neither."""
    return span_s(f"{duration.get('value')}{duration.get('unit')}")
