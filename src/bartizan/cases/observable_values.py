"""Values of observables: checked by type, and brought into the one form in which the same thing is found again."""

import re
from collections.abc import Callable
from enum import StrEnum
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit, urlunsplit

from bartizan.state.errors import Invalid
from bartizan.state.texts import line

MAX_VALUE_CHARACTERS = 4096


class ObservableType(StrEnum):
    """What was observed."""

    IPV4 = "ipv4"
    IPV6 = "ipv6"
    DOMAIN = "domain"
    URL = "url"
    EMAIL = "email"
    MD5 = "md5"
    SHA1 = "sha1"
    SHA256 = "sha256"
    USER = "user"
    HOST = "host"
    PROCESS = "process"
    AWS_ARN = "aws_arn"
    AWS_ACCESS_KEY = "aws_access_key"
    OTHER = "other"


_LABEL = r"(?!-)[a-z0-9_-]{1,63}(?<!-)"
_DOMAIN = re.compile(rf"(?=.{{1,253}}$){_LABEL}(\.{_LABEL})+")
"""RFC 1035, 2.3.4, and the underscore that names of services have (RFC 8552)."""
_EMAIL = re.compile(r"[^\s@<>\"(),:;\[\]\\]{1,64}")
"""A local part that needs no quotes (RFC 5321, 4.1.2)."""
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]{0,30}")
_ARN = re.compile(r"arn:aws[a-z-]{0,20}:[a-z0-9-]{1,60}:[a-z0-9-]{0,30}:(\d{12}|aws|):\S.*")
"""docs.aws.amazon.com/IAM/latest/UserGuide/reference-arns.html"""
_ACCESS_KEY = re.compile(r"(AKIA|ASIA|ABIA|ACCA)[A-Z2-7]{12,124}")
"""docs.aws.amazon.com/IAM/latest/UserGuide/reference_identifiers.html#identifiers-unique-ids"""
_DEFANGED = (("[.]", "."), ("(.)", "."), ("[dot]", "."), ("[:]", ":"), ("[@]", "@"), ("[at]", "@"), ("hxxp", "http"))
"""What people write so that nobody follows an address by accident."""


def normal(type: ObservableType, value: str) -> str:
    """The value in its one form; defanged addresses (`hxxp://evil[.]example`) are made whole. Raises `Invalid`."""
    whole = line(value, "value", MAX_VALUE_CHARACTERS)
    if type in _ADDRESSES:
        for written, meant in _DEFANGED:
            whole = whole.replace(written, meant)
    try:
        return _READERS[type](whole)
    except ValueError as error:
        raise Invalid(f"it is no {type}", where="value") from error


def _domain(value: str) -> str:
    name = value.rstrip(".").encode("idna").decode().lower()
    return _matching(_DOMAIN)(name)


def _url(value: str) -> str:
    parts = urlsplit(value)
    if not (_SCHEME.fullmatch(parts.scheme) and parts.hostname) or re.search(r"\s", value):
        raise ValueError("no address")
    _ = parts.port  # raises for one that is none
    return urlunsplit(parts._replace(netloc=parts.netloc.lower() if "@" not in parts.netloc else parts.netloc))


def _email(value: str) -> str:
    local, _, domain = value.rpartition("@")
    return f"{_matching(_EMAIL)(local)}@{_domain(domain)}"


def _digest(characters: int) -> Callable[[str], str]:
    hexadecimal = _matching(re.compile(rf"[0-9a-f]{{{characters}}}"))
    return lambda value: hexadecimal(value.lower())


def _matching(pattern: re.Pattern[str]) -> Callable[[str], str]:
    def read(value: str) -> str:
        if not pattern.fullmatch(value):
            raise ValueError("of another form")
        return value

    return read


_ADDRESSES = {
    ObservableType.IPV4,
    ObservableType.IPV6,
    ObservableType.DOMAIN,
    ObservableType.URL,
    ObservableType.EMAIL,
}
_READERS: dict[ObservableType, Callable[[str], str]] = {
    ObservableType.IPV4: lambda value: str(IPv4Address(value)),
    ObservableType.IPV6: lambda value: str(IPv6Address(value)),
    ObservableType.DOMAIN: _domain,
    ObservableType.URL: _url,
    ObservableType.EMAIL: _email,
    ObservableType.MD5: _digest(32),
    ObservableType.SHA1: _digest(40),
    ObservableType.SHA256: _digest(64),
    ObservableType.USER: str,
    ObservableType.HOST: str.lower,
    ObservableType.PROCESS: str,
    ObservableType.AWS_ARN: _matching(_ARN),
    ObservableType.AWS_ACCESS_KEY: _matching(_ACCESS_KEY),
    ObservableType.OTHER: str,
}
