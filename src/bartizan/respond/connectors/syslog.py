"""Syslog (RFC 5424): the subject as message, the alert's headline as structured data."""

from datetime import UTC, datetime

from bartizan.connector_config import SyslogConfig
from bartizan.respond.delivery import SyslogMessage
from bartizan.respond.message import body, subject
from bartizan.respond.notification import Notification, headline, severity
from bartizan.respond.secrets import Secrets
from bartizan.respond.template import clipped, clipped_bytes, inert

MAX_BYTES = {"udp": 2048, "tcp": 8192, "tls": 8192}
"""What a receiver should take (RFC 5426, 3.2; RFC 5425, 4.3.1)."""

SEVERITIES = {"low": 6, "medium": 5, "high": 4, "critical": 2}
"""Ours to informational, notice, warning and critical (RFC 5424, 6.2.1)."""

DATA_ID = "bartizan@32473"
"""Id of the structured data; 32473 is the enterprise number of examples (RFC 5612), for the project has none."""

_MAX_VALUE_CHARACTERS = 200
_BOM = b"\xef\xbb\xbf"
"""Says that the message is UTF-8 (RFC 5424, 6.4)."""


def request(settings: SyslogConfig, secrets: Secrets, notification: Notification, now: datetime) -> SyslogMessage:
    """The delivery's id is the structured data's `id`: syslog has no key against a second delivery."""
    alert = notification.alerts[0]
    priority = settings.facility * 8 + SEVERITIES[severity(alert)]
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    head = f"<{priority}>1 {stamp} {_name(settings.hostname, 255)} bartizan - alert "
    text = body(notification, settings.template) if settings.template else subject(notification)
    limit = MAX_BYTES[settings.transport]
    data = _data(notification, limit // 2)
    start = head.encode() + data + b" " + _BOM
    message = start + clipped_bytes(inert(text), limit - len(start))
    frame = message if settings.transport == "udp" else f"{len(message)} ".encode() + message
    return SyslogMessage(settings.host, settings.port, settings.transport, frame)


def _data(notification: Notification, size_bytes: int) -> bytes:
    """`[bartizan@32473 id="..." alert.id="..." ...]`, whole parameters only, as many as fit."""
    values = {"id": notification.id, "more": notification.more, **headline(notification.alerts[0])}
    data = f"[{DATA_ID}".encode()
    for name, found in values.items():
        parameter = f' {_name(name, 32)}="{_escaped(str(found))}"'.encode()
        if len(data) + len(parameter) < size_bytes:
            data += parameter
    return data + b"]"


def _escaped(value: str) -> str:
    r"""`\`, `"` and `]` with a backslash before them (RFC 5424, 6.3.3)."""
    text = inert(clipped(value, _MAX_VALUE_CHARACTERS))
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("]", "\\]")


def _name(text: str, characters: int) -> str:
    """Printable ASCII without what ends a name (RFC 5424, 6): `@timestamp` stays."""
    return "".join(c for c in text if "!" <= c <= "~" and c not in '="]')[:characters] or "-"
