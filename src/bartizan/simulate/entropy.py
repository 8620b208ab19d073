"""Seeded randomness in the forms that log records need: hex, UUIDs, AWS ids, picks from a pool.

Everything is drawn from one reseedable generator, so a block of records depends on its key alone
and not on what was written before it.
"""

import hashlib
from base64 import b32encode, b64encode
from collections.abc import Callable, Sequence
from random import Random

Drawer = Callable[[], bytes]
"""Gives the next value of one slot of a record, ready to be written into JSON."""

HEX_BLOCK_BYTES = 4096
_TO_BASE32 = b"ABCDEFGHIJKLMNOPQRSTUVWXYZ234567" * 8
"""Translates any byte to a base 32 digit."""
_ALPHANUMERIC = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


class Entropy:
    """A stream of random values that restarts at every `reseed`; drawers stay bound to it."""

    def __init__(self, key: str) -> None:
        self.rng = Random()
        self.reseed(key)

    def reseed(self, key: str) -> None:
        """Restart the stream at a point that only `key` decides."""
        self.rng.seed(key, version=2)
        self._hex = b""
        self._at = 0

    def hex(self, length: int) -> bytes:
        """`length` lower-case hex digits."""
        start = self._reserve(length)
        return self._hex[start : start + length]

    def uuid(self) -> bytes:
        """A random (version 4) UUID, RFC 9562."""
        at = self._reserve(32)
        text = self._hex
        return b"%b-%b-4%b-a%b-%b" % (
            text[at : at + 8],
            text[at + 8 : at + 12],
            text[at + 13 : at + 16],
            text[at + 17 : at + 20],
            text[at + 20 : at + 32],
        )

    def base64(self, size_bytes: int) -> bytes:
        """Base64 of `size_bytes` random bytes."""
        return b64encode(self.rng.randbytes(size_bytes))

    def aws_id(self, prefix: str) -> bytes:
        """An id as IAM makes them: a four-letter prefix (`ASIA`, `AKIA`) and 16 characters of base 32."""
        return prefix.encode() + self.rng.randbytes(16).translate(_TO_BASE32)

    def object_suffix(self) -> str:
        """The 16 characters that end the name of a CloudTrail object."""
        return "".join(self.rng.choices(_ALPHANUMERIC, k=16))

    def pick(self, pool: Sequence[bytes]) -> Drawer:
        """A drawer over `pool` that favours its head: real traffic is skewed."""
        random, size = self.rng.random, len(pool)

        def draw() -> bytes:
            point = random()
            return pool[int(point * point * size)]

        return draw

    def number(self, low: int, high: int) -> Drawer:
        """A drawer of decimal integers in [low, high), small ones more often."""
        random, span = self.rng.random, high - low

        def draw() -> bytes:
            point = random()
            return b"%d" % (low + int(point * point * point * span))

        return draw

    def digits(self, length: int) -> Drawer:
        """A drawer of fixed-length hex strings."""
        return lambda: self.hex(length)

    def _reserve(self, length: int) -> int:
        """Make sure that `length` unused hex digits exist; gives where they start."""
        start = self._at
        if start + length > len(self._hex):
            self._hex = self.rng.randbytes(HEX_BLOCK_BYTES).hex().encode()
            start = 0
        self._at = start + length
        return start


def fixed_hex(name: str, length: int) -> str:
    """Hex digits that are always the same for `name`: ids of things that outlive a scenario."""
    return hashlib.sha256(name.encode()).hexdigest()[:length]


def fixed_aws_id(prefix: str, name: str) -> str:
    """An IAM unique id that is always the same for `name` (`AROA` role, `AIDA` user, `AKIA` access key)."""
    return prefix + b32encode(hashlib.sha256(name.encode()).digest()[:10]).decode() + ("" if prefix == "AKIA" else "X")


def fixed_uuid(name: str) -> str:
    """A UUID that is always the same for `name`."""
    text = fixed_hex(name, 32)
    return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-a{text[17:20]}-{text[20:]}"


def public_pool(name: str, size: int) -> list[bytes]:
    """`size` public-looking IPv4 addresses that are always the same for `name`."""
    octets = [bytes.fromhex(fixed_hex(f"{name}{number}", 8)) for number in range(size)]
    return [b"%d.%d.%d.%d" % (13 + four[0] % 87, four[1], four[2], 1 + four[3] % 254) for four in octets]
