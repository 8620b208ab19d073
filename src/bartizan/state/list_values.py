"""Values of a value list, line by line out of a text file: each checked and brought into one form, bad ones told by
their line."""

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network, summarize_address_range
from typing import BinaryIO

MAX_VALUE_BYTES = 1024
_LINE_BYTES = 4 * MAX_VALUE_BYTES


class ValueType(StrEnum):
    """What a value list holds."""

    KEYWORD = "keyword"
    """Texts, compared exactly."""
    IP = "ip"
    """Addresses."""
    IP_RANGE = "ip_range"
    """Networks, `10.0.0.0/8`; a range, `10.0.0.3-10.0.0.9`, becomes the networks that make it up."""


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that holds no value of the list's type."""

    line: int
    """From 1."""
    reason: str


def lines_of(file: BinaryIO) -> Iterator[bytes]:
    """A file's lines; of one that is longer than a value may be, its beginning."""
    while line := file.readline(_LINE_BYTES):
        yield line
        while len(line) == _LINE_BYTES and not line.endswith(b"\n"):
            line = file.readline(_LINE_BYTES)


def read_values(lines: Iterable[bytes], type: ValueType) -> Iterator[tuple[str, ...] | Rejected]:
    """For each line its values or why it has none; empty lines are left out, and of addresses those that `#` starts.

    A value has at most `MAX_VALUE_BYTES`.
    """
    for number, line in enumerate(lines, 1):
        if not (stripped := line.strip()) or (type is not ValueType.KEYWORD and stripped.startswith(b"#")):
            continue
        try:
            yield _READERS[type](_text(stripped))
        except ValueError as error:
            yield Rejected(number, str(error))


def read_value(written: str, type: ValueType) -> tuple[str, ...]:
    """The values that a text stands for, in their one form. Raises `ValueError` with the reason."""
    return _READERS[type](_text(written.strip().encode(errors="surrogatepass")))


def _text(line: bytes) -> str:
    if len(line) > MAX_VALUE_BYTES:
        raise ValueError(f"it is longer than {MAX_VALUE_BYTES} bytes")
    try:
        decoded = line.decode()
    except UnicodeDecodeError as error:
        raise ValueError("it is not UTF-8") from error
    if not decoded:
        raise ValueError("it is empty")
    if not decoded.isprintable():
        raise ValueError("it holds characters that can't be seen")
    return decoded


def _keyword(text: str) -> tuple[str, ...]:
    return (text,)


def _ip(text: str) -> tuple[str, ...]:
    return (str(_address(text)),)


def _address(text: str) -> IPv4Address | IPv6Address:
    try:
        address = ip_address(text.strip())
    except ValueError:
        raise ValueError("it is no address") from None
    if isinstance(address, IPv6Address) and address.scope_id is not None:
        raise ValueError("an address with a zone is none of a network")
    return address.ipv4_mapped or address if isinstance(address, IPv6Address) else address


def _ip_range(text: str) -> tuple[str, ...]:
    first, dash, last = text.partition("-")
    if dash:
        return _networks(_address(first), _address(last))
    try:
        return (str(ip_network(text, strict=False)),)
    except ValueError:
        raise ValueError("it is no network and no range of addresses") from None


def _networks(first: IPv4Address | IPv6Address, last: IPv4Address | IPv6Address) -> tuple[str, ...]:
    if first.version != last.version or int(first) > int(last):
        raise ValueError("the range ends before it starts, or in another version of IP")
    return tuple(str(network) for network in summarize_address_range(first, last))


_READERS: dict[ValueType, Callable[[str], tuple[str, ...]]] = {
    ValueType.KEYWORD: _keyword,
    ValueType.IP: _ip,
    ValueType.IP_RANGE: _ip_range,
}
