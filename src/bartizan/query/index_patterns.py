"""Index patterns as Elastic's rules write them, as a choice among the streams that exist here."""

import re
from collections.abc import Iterable, Sequence

from bartizan.query.globs import fits

_BEATS = re.compile(r"[a-z]+beat-.*")
_ALL_LOGS = "logs-*"
_SECURITY_ALERTS = re.compile(r"\.(internal\.)?alerts-security\..*|\.siem-signals-.*")
_ALL_ALERTS = "alerts-*"
_HIDDEN = "."


def select_streams(pattern: str | Sequence[str], streams: Iterable[str]) -> tuple[str, ...]:
    """The `streams` that `pattern` selects, in their own order.

    A pattern is a list (comma-separated or a sequence) of names with `*`; `-name` takes away what came before it;
    `name:namespace` keeps one namespace; a cluster before a colon (`*:logs-*`) is ignored. Beats' patterns
    (`filebeat-*`) stand for all logs, because what a beat would have indexed is in streams here; the indices that
    Elastic keeps alerts in (`.alerts-security.*`) stand for all alerts. `*` doesn't select hidden names (`.x`).
    """
    parts = pattern.split(",") if isinstance(pattern, str) else [one for part in pattern for one in part.split(",")]
    known = tuple(streams)
    selected: set[str] = set()
    for part in filter(None, (part.strip() for part in parts)):
        if part.startswith("-"):
            selected.difference_update(_matching(part[1:], known))
        else:
            selected.update(_matching(part, known))
    return tuple(stream for stream in known if stream in selected)


def _matching(pattern: str, streams: tuple[str, ...]) -> list[str]:
    name, namespace = _split(pattern)
    name = _meant(name)
    suffix = f"-{namespace}" if namespace else ""
    return [
        stream
        for stream in streams
        if fits(name, stream)
        and stream.endswith(suffix)
        and (name.startswith(_HIDDEN) or not stream.startswith(_HIDDEN))
    ]


def _meant(name: str) -> str:
    if _BEATS.fullmatch(name):
        return _ALL_LOGS
    if _SECURITY_ALERTS.fullmatch(name):
        return _ALL_ALERTS
    return "*" if name == "_all" else name


def _split(pattern: str) -> tuple[str, str]:
    """Name and namespace: a namespace has neither `-` nor `*`, an index name behind a cluster has one of them."""
    left, colon, right = pattern.partition(":")
    if not colon:
        return left, ""
    return (right, "") if "-" in right or "*" in right else (left, right)
