"""A notification as texts for people (subject and body) and as JSON for programs."""

from typing import Any

import orjson

from bartizan.respond.notification import Notification
from bartizan.respond.template import BODY, SUBJECT, Escape, clipped, render

MAX_TEXT_CHARACTERS = 20_000

_LINE = "- [{alert.severity}] {alert.reason|rule.name}"


def subject(notification: Notification, escape: Escape = str) -> str:
    """One line: the gravest alert, and how many more there are."""
    first = render(SUBJECT, notification.alerts[0], escape)
    others = len(notification.alerts) - 1 + notification.more
    return f"{first} and {others} more" if others else first


def body(notification: Notification, template: str, escape: Escape = str) -> str:
    """An alert by the template (empty takes the general one), or a line for each and how many more there are."""
    if len(notification.alerts) == 1 and not notification.more:
        return render(template or BODY, notification.alerts[0], escape)
    count = len(notification.alerts) + notification.more
    lines = [f"{count} alerts:", *(render(_LINE, alert, escape) for alert in notification.alerts)]
    return "\n".join([*lines, f"and {notification.more} more"] if notification.more else lines)


def payload(notification: Notification, template: str) -> dict[str, Any]:
    """For programs: `id`, `subject`, `text`, `alerts` (ECS documents, or in short when there are many) and `more`."""
    return {
        "id": notification.id,
        "subject": subject(notification),
        "text": clipped(body(notification, template), MAX_TEXT_CHARACTERS),
        "alerts": list(notification.alerts),
        "more": notification.more,
    }


def xml_safe_json(notification: Notification, template: str) -> str:
    r"""The payload's JSON for SNS and SQS, whose messages have only characters of XML 1.0: U+FFFE and U+FFFF, the two
    others that JSON leaves as they are, become `\ufffe` and `\uffff`."""
    text = orjson.dumps(payload(notification, template), default=str).decode()
    return text.replace("\ufffe", "\\ufffe").replace("\uffff", "\\uffff")
