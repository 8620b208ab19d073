"""What a connector is to tell: one alert, or the gravest of many and how many more there are."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import orjson

from bartizan.respond.document import value
from bartizan.respond.template import inert

MAX_ALERT_BYTES = 200 * 1024
"""JSON of one alert in a delivery; SNS takes 256 KiB with all its wrapping
(docs.aws.amazon.com/sns/latest/dg/sns-message-size)."""

MAX_SHOWN = 10
"""Alerts that a summary shows; the others are counted."""

SEVERITIES = ("low", "medium", "high", "critical")

HEADLINE = (
    "@timestamp",
    "alert.id",
    "alert.severity",
    "alert.risk_score",
    "alert.reason",
    "alert.action.type",
    "alert.start",
    "alert.end",
    "rule.id",
    "rule.name",
    "event.action",
    "user.name",
    "source.ip",
    "host.name",
    "cloud.account.id",
    "cloud.region",
)
"""Fields of an alert in a summary, or of one that is too large to be sent whole."""

_MAX_HEADLINE_CHARACTERS = 500


@dataclass(frozen=True, slots=True)
class Notification:
    """What is to be told, whatever tells it."""

    id: str
    """Identity of the delivery, the same at each attempt."""
    alerts: tuple[Mapping[str, Any], ...]
    """ECS documents, gravest first: one whole, or up to `MAX_SHOWN` in short."""
    more: int = 0
    """Further alerts that it stands for."""


def delivery_id(connector: str, alert_ids: Iterable[str]) -> str:
    """The identity of a delivery: the same alerts to the same connector are the same delivery. 32 hex digits."""
    digest = hashlib.blake2b(digest_size=16)
    for part in (connector, *sorted(alert_ids)):
        digest.update(part.encode(errors="surrogateescape") + b"\0")
    return digest.hexdigest()


def bounded(alert: Mapping[str, Any]) -> bytes:
    """An alert's JSON; one that is too large, or that JSON can't hold, is told in short."""
    try:
        body = orjson.dumps(alert, default=str)
    except orjson.JSONEncodeError:
        return orjson.dumps({name: inert(str(one)) for name, one in headline(alert).items()})
    return body if len(body) <= MAX_ALERT_BYTES else orjson.dumps(headline(alert), default=str)


def headline(alert: Mapping[str, Any]) -> dict[str, Any]:
    """An alert in short, by dotted names; what it doesn't have is left out."""
    found = {name: value(alert, name) for name in HEADLINE}
    return {name: _clipped(one) for name, one in found.items() if one not in (None, "", [])}


def severity(alert: Mapping[str, Any]) -> str:
    """One of `SEVERITIES`; `low` for what is none of them."""
    found = value(alert, "alert.severity")
    return found if found in SEVERITIES else "low"


def risk(alert: Mapping[str, Any]) -> int:
    """How grave an alert is: by severity, then by risk score, 0 to 399."""
    score = value(alert, "alert.risk_score")
    points = int(score) if isinstance(score, int | float) and 0 <= score < 100 else 99 if score == 100 else 0
    return SEVERITIES.index(severity(alert)) * 100 + points


def _clipped(one: Any) -> Any:
    if isinstance(one, int | float | bool):
        return one
    text = one if isinstance(one, str) else ", ".join(map(str, one[:20])) if isinstance(one, list) else str(one)
    return text[:_MAX_HEADLINE_CHARACTERS]
