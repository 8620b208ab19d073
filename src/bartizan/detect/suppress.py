"""Suppression of what a rule found on its own: of the hits that share values, the first stands for all of them."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from bartizan.detect.executor import Hit
from bartizan.detect.settings import Suppression


def suppressed(hits: Sequence[Hit], suppression: Suppression) -> list[Hit]:
    """One hit for each group and span of time, with how many it stands for; groups are made by the values of
    `suppression.by`, spans begin at 1970. A hit that stands for others already is left as it is."""
    groups: dict[tuple[str, ...], list[Hit]] = {}
    for hit in hits:
        groups.setdefault(_group(hit, suppression), []).append(hit)
    return [_standing(group, own, suppression) for group, own in groups.items()]


def _group(hit: Hit, suppression: Suppression) -> tuple[str, ...]:
    values = tuple(_text(hit.fields.get(name)) for name in suppression.by)
    if hit.suppressed or (suppression.missing == "alone" and "" in values):
        return hit.identity
    return ("suppressed", *values, str(_span(hit.at, suppression.span_s)))


def _standing(group: tuple[str, ...], hits: list[Hit], suppression: Suppression) -> Hit:
    first = min(hits, key=lambda hit: (hit.at, hit.identity))
    if first.suppressed or group == first.identity:
        return first
    identity = group if suppression.span_s else first.identity
    return replace(first, identity=identity, suppressed=len(hits))


def _span(at: str, span_s: int | None) -> int:
    return int(datetime.fromisoformat(at).timestamp() // span_s) if span_s else 0


def _text(value: object) -> str:
    return "" if value in (None, "", []) else str(value)
