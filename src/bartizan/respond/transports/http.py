"""One HTTP exchange: no redirect is followed, the answer is bounded, and its status says whether to try again."""

import http.client
import socket
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any
from urllib.parse import SplitResult, urlsplit

from bartizan.respond.delivery import HttpRequest
from bartizan.respond.dial import Dial
from bartizan.respond.errors import DeliveryFailed, DeliveryRefused
from bartizan.respond.template import clipped, inert

MAX_ANSWER_BYTES = 64 * 1024
MAX_SAID_CHARACTERS = 200
MAX_RETRY_AFTER_S = 3600.0
"""The longest wait that a target may ask for."""

AGAIN = frozenset({408, 425, 429})
"""Statuses below 500 after which the same request may succeed (RFC 9110, RFC 8470, RFC 6585)."""

_PORTS = {"http": 80, "https": 443}


@dataclass(frozen=True, slots=True)
class Answer:
    """What the server said."""

    status: int
    headers: Mapping[str, str]
    """By lower-case name."""
    body: bytes
    """Its first `MAX_ANSWER_BYTES`."""


def send(request: HttpRequest, dial: Dial, now: datetime) -> str:
    """Send it once; gives the status as text. Raises `DeliveryRefused`, `DeliveryFailed` or `EgressRefused`."""
    host = split(request.url).hostname or ""
    answer = exchange("POST", request.url, request.headers, request.body, dial)
    check(answer, host, request.secrets, now)
    return f"status {answer.status}"


def exchange(method: str, url: str, headers: Mapping[str, str], body: bytes, dial: Dial) -> Answer:
    """Send a request and read what comes back, whatever its status."""
    parts = split(url)
    host, port = parts.hostname or "", parts.port or _PORTS[parts.scheme]
    target = f"{parts.path or '/'}?{parts.query}" if parts.query else parts.path or "/"
    with dial.connection(host, port) as connected:
        wrapped = dial.tls.wrap_socket(connected, server_hostname=host) if parts.scheme == "https" else connected
        with wrapped:
            try:
                return _exchanged(wrapped, host, port, parts.scheme, method, target, headers, body)
            except (http.client.HTTPException, ValueError) as error:
                raise ConnectionError(type(error).__name__) from error  # its text may hold what was sent


def split(url: str) -> SplitResult:
    """An address in its parts. Raises `DeliveryRefused`, without the address, for one that is not plain HTTP(S)."""
    try:
        parts = urlsplit(url)
        is_plain = parts.scheme in _PORTS and bool(parts.hostname) and parts.port != 0 and "@" not in parts.netloc
    except ValueError:
        is_plain = False
    if not is_plain or not url.isascii() or not url.isprintable() or " " in url:
        raise DeliveryRefused("its address is not of the form `https://host/path`")
    return parts


def check(answer: Answer, host: str, secrets: tuple[str, ...], now: datetime) -> None:
    """Raise what the status means; 2xx raises nothing."""
    if 200 <= answer.status < 300:
        return
    said = _said(answer.body, secrets)
    message = f"it answered {answer.status}{f': {said}' if said else ''}"
    if 300 <= answer.status < 400:
        to = _location(answer.headers.get("location", ""))
        raise DeliveryRefused(f"it answered {answer.status}, a redirect{to}: redirects are not followed", where=host)
    if answer.status >= 500 or answer.status in AGAIN or answer.status < 200:
        raise DeliveryFailed(message, where=host, retry_after_s=retry_after_s(answer.headers.get("retry-after"), now))
    raise DeliveryRefused(message, where=host)


def retry_after_s(header: str | None, now: datetime) -> float | None:
    """Seconds that `Retry-After` asks to wait, a number or a date (RFC 9110, 10.2.3), within bounds."""
    if not header:
        return None
    if header.strip().isascii() and header.strip().isdigit():
        return min(float(header.strip()[:9]), MAX_RETRY_AFTER_S)
    try:
        at = parsedate_to_datetime(header)
    except (TypeError, ValueError):
        return None
    waited_s = (at if at.tzinfo else at.replace(tzinfo=UTC)) - now
    return min(max(waited_s.total_seconds(), 0.0), MAX_RETRY_AFTER_S)


def _exchanged(
    connected: socket.socket,
    host: str,
    port: int,
    scheme: str,
    method: str,
    target: str,
    headers: Mapping[str, str],
    body: bytes,
) -> Answer:
    connection = _Connected(host, port, connected, _PORTS[scheme])
    connection.request(method, target, body, {"Connection": "close", "User-Agent": "bartizan", **headers})
    with connection.getresponse() as response:
        read = response.read(MAX_ANSWER_BYTES)
        names = {name.lower(): text for name, text in response.getheaders()}
        return Answer(response.status, names, read)


class _Connected(http.client.HTTPConnection):
    """HTTP over a connection that stands."""

    def __init__(self, host: str, port: int, connected: socket.socket, default_port: int) -> None:
        super().__init__(host, port)
        self.default_port = default_port
        self.sock: Any = connected

    def connect(self) -> None:
        """Never another connection than the one that was judged."""
        raise ConnectionError("the connection is closed")


def _location(location: str) -> str:
    try:
        host = urlsplit(location).hostname
    except ValueError:
        host = None
    return f" to {inert(clipped(host, MAX_SAID_CHARACTERS))}" if host else ""


def _said(body: bytes, secrets: tuple[str, ...]) -> str:
    text = body.decode(errors="replace")
    for secret in filter(None, secrets):
        text = text.replace(secret, "***")
    return inert(clipped(text.strip(), MAX_SAID_CHARACTERS))
