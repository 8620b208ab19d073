"""Who may talk to the server: the address it is bound to, the key it asks for, the names it answers to."""

import hmac
import ipaddress
from dataclasses import dataclass, field

from bartizan.errors import BartizanError, Terminal

_LOOPBACK_NAMES = frozenset({"localhost", "127.0.0.1", "::1"})

MIN_KEY_CHARACTERS = 16
"""Shortest key that is accepted beyond loopback."""


class Exposed(BartizanError, Terminal):
    """The server would listen beyond this machine without authentication."""


@dataclass(frozen=True, slots=True)
class Access:
    """What a request must show."""

    api_key: str = field(default="", repr=False)
    """Secret of `Authorization: Bearer`; empty asks for none."""
    hosts: frozenset[str] = _LOOPBACK_NAMES
    """Names the `Host` header may have; empty takes any. On loopback, where no key may be asked for, it stops pages
    that point their own name at 127.0.0.1 (DNS rebinding)."""

    def admits(self, authorization: str) -> bool:
        """Whether the `Authorization` header shows the key; the comparison takes the same time for every wrong one."""
        if not self.api_key:
            return True
        scheme, _, shown = authorization.partition(" ")
        same = hmac.compare_digest(shown.strip().encode("latin-1", "replace"), self.api_key.encode())
        return same and scheme.lower() == "bearer"

    def answers_to(self, host: str) -> bool:
        """Whether the `Host` header (`name:port`) names this server."""
        return not self.hosts or host_name(host) in self.hosts


def access_for(host: str, api_key: str) -> Access:
    """The access rules of a server bound to `host`. Raises `Exposed` beyond loopback without a key."""
    if is_loopback(host):
        return Access(api_key, _LOOPBACK_NAMES | {host_name(host)})
    if len(api_key) < MIN_KEY_CHARACTERS:
        raise Exposed(
            f"it would listen on `{host}` without authentication"
            if not api_key
            else "`serve.api_key` is easily guessed",
            hint=f"set serve.api_key (BARTIZAN_SERVE_API_KEY) to {MIN_KEY_CHARACTERS} or more random characters,"
            " or listen on 127.0.0.1",
        )
    return Access(api_key, frozenset())


def is_loopback(host: str) -> bool:
    """Whether an address to bind to is reachable from this machine only; no name but `localhost` is trusted."""
    if host == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_name(header: str) -> str:
    """The name in a `Host` header or an address, lower case, without port and brackets (RFC 9110, 7.2)."""
    if header.startswith("["):
        return header[1:].partition("]")[0].lower()
    return header.lower() if header.count(":") > 1 else header.partition(":")[0].lower()
