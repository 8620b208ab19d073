"""Versions of packs, as Semantic Versioning 2.0.0 has them (semver.org)."""

import re
from dataclasses import dataclass, field

from bartizan.detect.packs.errors import BadPack

MAX_CHARACTERS = 64
_VERSION = re.compile(
    r"(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})\.(0|[1-9][0-9]{0,8})"
    r"(?:-([0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*))?(?:\+[0-9A-Za-z-]+(?:\.[0-9A-Za-z-]+)*)?"
)


@dataclass(frozen=True, slots=True, order=True)
class Version:
    """A version; the order is that of precedence, for which build metadata counts nothing."""

    release: tuple[int, int, int]
    is_final: bool
    """Whether it is no pre-release: those come before."""
    pre_release: tuple[tuple[int, int, str], ...]
    """Identifiers: numbers in their order, then texts."""
    text: str = field(compare=False)

    def __str__(self) -> str:
        return self.text


def read_version(text: str, where: str) -> Version:
    """The version that a text says; raises `BadPack`."""
    found = _VERSION.fullmatch(text) if len(text) <= MAX_CHARACTERS else None
    identifiers = (found[4] or "").split(".") if found else []
    if not found or any(one.isdigit() and len(one) > 1 and one[0] == "0" for one in identifiers):
        raise BadPack(f"`{text[:MAX_CHARACTERS]}` is no version", where=where, hint="write 1.2.3 or 1.2.3-rc.1")
    pre_release = tuple((0, int(one), "") if one.isdigit() else (1, 0, one) for one in identifiers if one)
    return Version((int(found[1]), int(found[2]), int(found[3])), not found[4], pre_release, text)
