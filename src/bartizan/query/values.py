"""Reads a literal's text as the type its field has: numbers, booleans, addresses. Every language uses these."""

import math
import re
from ipaddress import AddressValueError, IPv4Address, IPv4Network, IPv6Address, IPv6Network, NetmaskValueError

_INTEGER = re.compile(r"[+-]?\d{1,40}")
_DECIMAL = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,4})?", re.ASCII)
_V4_MAPPED = int(IPv6Address("::ffff:0.0.0.0"))
_V4_PREFIX_LENGTH = 96


def read_number(text: str) -> int | float | None:
    """An integer or a finite decimal; None if `text` is neither."""
    if _INTEGER.fullmatch(text) and text.isascii():
        return int(text)
    if len(text) <= 400 and _DECIMAL.fullmatch(text):
        number = float(text)
        return number if math.isfinite(number) else None
    return None


def read_boolean(text: str) -> bool | None:
    """`true` or `false`, as Elasticsearch accepts them: lower case only."""
    return {"true": True, "false": False}.get(text)


def read_address(text: str) -> IPv6Address | None:
    """An IPv6 address, or an IPv4 one mapped into IPv6 (RFC 4291, 2.5.5.2); None if `text` is neither."""
    try:
        return IPv6Address(_V4_MAPPED + int(IPv4Address(text)))
    except AddressValueError:
        pass
    try:
        address = IPv6Address(text)
    except AddressValueError:
        return None
    return None if address.scope_id else address


def read_network(text: str) -> IPv6Network | None:
    """A network in CIDR form, host bits allowed as in Elasticsearch; IPv4 is mapped into IPv6. None if it isn't one."""
    if "/" not in text:
        return None
    try:
        v4 = IPv4Network(text, strict=False)
        return IPv6Network((_V4_MAPPED + int(v4.network_address), _V4_PREFIX_LENGTH + v4.prefixlen))
    except (AddressValueError, NetmaskValueError, ValueError):
        pass
    try:
        return IPv6Network(text, strict=False)
    except (AddressValueError, NetmaskValueError, ValueError):
        return None
