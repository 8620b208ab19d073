"""PagerDuty: a trigger event of the Events API v2 (developer.pagerduty.com/docs/send-alert-event)."""

from datetime import datetime

import orjson

from bartizan.connector_config import PagerDutyConfig
from bartizan.respond.delivery import HttpRequest
from bartizan.respond.document import value
from bartizan.respond.message import body, subject
from bartizan.respond.notification import Notification, headline, severity
from bartizan.respond.secrets import Secrets
from bartizan.respond.template import clipped, inert

MAX_SUMMARY_CHARACTERS = 1024
MAX_TEXT_CHARACTERS = 20_000
"""Keeps an event well below its limit of 512 KB."""

SEVERITIES = {"low": "info", "medium": "warning", "high": "error", "critical": "critical"}
"""Ours to PagerDuty's."""


def request(settings: PagerDutyConfig, secrets: Secrets, notification: Notification, now: datetime) -> HttpRequest:
    """`dedup_key` is the delivery's id: PagerDuty makes one incident of it, however often it comes."""
    key = secrets.required("routing_key", settings.routing_key_env, settings.routing_key_file)
    gravest = notification.alerts[0]
    event = {
        "routing_key": key,
        "event_action": "trigger",
        "dedup_key": notification.id,
        "payload": {
            "summary": clipped(subject(notification), MAX_SUMMARY_CHARACTERS),
            "source": inert(str(value(gravest, "cloud.account.id") or value(gravest, "host.name") or "bartizan"))[:255],
            "severity": SEVERITIES[severity(gravest)],
            "timestamp": str(value(gravest, "@timestamp") or now.isoformat()),
            "custom_details": {
                "text": clipped(body(notification, settings.template), MAX_TEXT_CHARACTERS),
                "alerts": [headline(alert) for alert in notification.alerts],
                "more": notification.more,
            },
        },
    }
    return HttpRequest(settings.url, {"Content-Type": "application/json"}, orjson.dumps(event, default=str), (key,))
