"""Where connectors may connect to: public addresses, and what the operator allows beyond. A name is judged by every
address it resolves to, at each connection, and the connection goes to an address that was judged."""

import socket
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import IPv4Address, IPv6Address, IPv6Network, ip_address, ip_network
from typing import Any

from bartizan.errors import BartizanError
from bartizan.respond.errors import DeliveryFailed, EgressRefused
from bartizan.respond.template import inert

Address = IPv4Address | IPv6Address
Resolve = Callable[[str, int], Iterable[str]]
"""Gives the addresses of a host, for a port."""

_NAT64 = IPv6Network("64:ff9b::/96")
"""IPv4 behind a translator (RFC 6052, 2.1)."""
_GLOBAL_UNICAST = IPv6Network("2000::/3")
"""All that is assigned of public IPv6 (iana.org, IPv6 address space)."""
_PRIVATE = tuple(map(ip_network, ("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16", "100.64.0.0/10", "fc00::/7")))
"""What a connector's own `allow` may open (RFC 1918, RFC 6598, RFC 4193)."""
_METADATA = ip_address("fd00:ec2::254")
"""Where EC2 instances find their credentials by IPv6; only `egress.allow` opens it."""


@dataclass(frozen=True, slots=True)
class Allowed:
    """Networks and hosts that a setting lists."""

    networks: tuple[Any, ...]
    hosts: frozenset[str]

    def has(self, host: str, address: Address) -> bool:
        """Whether the host is listed by name or the address is in a listed network."""
        return host in self.hosts or any(address in network for network in self.networks)


@dataclass(frozen=True, slots=True)
class Egress:
    """The rules of one connector."""

    public: bool
    """Whether public addresses may be reached."""
    everywhere: Allowed
    """The operator's list for all connectors: opens any address."""
    connector: Allowed
    """The connector's own list: opens private networks, not loopback, link-local and what else is special."""

    def addresses(self, host: str, port: int, resolve: Resolve) -> tuple[str, ...]:
        """The addresses to connect to. Raises `EgressRefused` when one of them is not allowed, `DeliveryFailed` when
        the name doesn't resolve."""
        found = tuple(resolve(host, port))
        if not found:
            raise DeliveryFailed("the name has no address", where=inert(host))
        for text in found:
            if not self._admits(host.lower().rstrip("."), ip_address(text)):
                raise EgressRefused(
                    f"it is at {text}, where connectors may not connect to",
                    where=inert(host),
                    hint="the operator can list the host or network in `egress.allow`",
                )
        return found

    def _admits(self, host: str, address: Address) -> bool:
        meant = unwrapped(address)
        if self.everywhere.has(host, meant):
            return True
        if is_public(meant):
            return self.public or self.connector.has(host, meant)
        is_private = meant != _METADATA and any(meant in network for network in _PRIVATE)
        return is_private and self.connector.has(host, meant)


def allowed(entries: Iterable[str], setting: str) -> Allowed:
    """Read a list of networks (`10.0.0.0/8`, `10.1.2.3`) and host names; raises `BartizanError` naming the setting."""
    networks, hosts = [], set()
    for entry in entries:
        try:
            networks.append(ip_network(entry.strip()))
        except ValueError as error:
            if "/" in entry or not entry.strip():
                raise BartizanError(f"`{setting}` has `{entry}`, which is no network: {error}") from error
            hosts.add(entry.strip().lower().rstrip("."))
    return Allowed(tuple(networks), frozenset(hosts))


def is_public(address: Address) -> bool:
    """Whether it is an address of the internet, as the IANA's registries of special addresses say."""
    if address.is_multicast or not address.is_global:
        return False
    return isinstance(address, IPv4Address) or address in _GLOBAL_UNICAST


def unwrapped(address: Address) -> Address:
    """The IPv4 address within an IPv6 one that leads to it: mapped (RFC 4291), NAT64, 6to4 and Teredo."""
    if isinstance(address, IPv4Address):
        return address
    if address.ipv4_mapped or address.sixtofour:
        return address.ipv4_mapped or address.sixtofour or address
    if address in _NAT64:
        return IPv4Address(int(address) & 0xFFFFFFFF)
    return address.teredo[1] if address.teredo else address


def resolve(host: str, port: int) -> list[str]:
    """The addresses that the system's resolver gives, in its order. Raises `DeliveryFailed`."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        said = error.strerror if isinstance(error, OSError) and error.strerror else "no name"
        raise DeliveryFailed(f"the name can't be resolved: {said}", where=inert(host)) from error
    return list(dict.fromkeys(str(one[4][0]) for one in found))
