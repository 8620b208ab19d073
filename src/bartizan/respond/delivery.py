"""What is sent where: the request that a connector builds and a transport carries out. No secret is in a `repr`."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class HttpRequest:
    """A POST."""

    url: str = field(repr=False)
    headers: Mapping[str, str] = field(repr=False)
    body: bytes = field(repr=False)
    secrets: tuple[str, ...] = field(default=(), repr=False)
    """Taken out of whatever the server answers, before anybody reads it."""


@dataclass(frozen=True, slots=True)
class Mail:
    """A message to an SMTP server."""

    host: str
    port: int
    security: Literal["starttls", "tls", "none"]
    sender: str
    recipients: tuple[str, ...]
    message: bytes = field(repr=False)
    """As RFC 5322 writes it, with CRLF."""
    username: str = ""
    password: str = field(default="", repr=False)


@dataclass(frozen=True, slots=True)
class SyslogMessage:
    """A frame to a syslog collector."""

    host: str
    port: int
    transport: Literal["tls", "tcp", "udp"]
    frame: bytes = field(repr=False)
    """For UDP the message, else with the length before it (RFC 5425, 4.3)."""


@dataclass(frozen=True, slots=True)
class AwsCall:
    """An operation of an AWS service."""

    service: Literal["sns", "sqs"]
    region: str
    operation: str
    """As botocore names it, `publish`."""
    parameters: Mapping[str, Any] = field(repr=False)
    endpoint_url: str = ""


Delivery = HttpRequest | Mail | SyslogMessage | AwsCall
