"""Record templates: a JSON document with `<slot>` marks, compiled once and filled for every record.

Filling is one `%` operation on bytes, which is what makes millions of records affordable.
A string that is only `#<slot>` becomes a bare number.
"""

import re
from collections.abc import Mapping, Sequence
from operator import itemgetter
from typing import Any

import orjson

from bartizan.simulate.entropy import Drawer

Json = Any
"""A document that `orjson` can write."""

_NUMBER = re.compile(rb'"#<([a-z0-9_]+)>"')
_SLOT = re.compile(rb"<([a-z0-9_]+)>")


class Template:
    """A compiled record: `given` slots are passed to `fill` in their order, the others are drawn.

    A text has at least two slots; one that occurs twice gets the same value twice.
    """

    def __init__(self, text: bytes, given: Sequence[str], drawn: Mapping[str, Drawer]) -> None:
        names = [name.decode() for name in _SLOT.findall(text)]
        fresh = [name for name in dict.fromkeys(names) if name not in given]
        position = {name: index for index, name in enumerate([*given, *fresh])}
        self._format = _SLOT.sub(b"%b", text.replace(b"%", b"%%"))
        self._order = itemgetter(*(position[name] for name in names))
        self._draw = tuple(drawn[name] for name in fresh)

    def fill(self, *given: bytes) -> bytes:
        """The record with every slot filled."""
        record: bytes = self._format % self._order((*given, *[draw() for draw in self._draw]))
        return record


def to_text(document: Json) -> bytes:
    """A document as minified JSON, its number slots unquoted."""
    return _NUMBER.sub(rb"<\1>", orjson.dumps(document))


def substitute(text: bytes, values: Mapping[str, str]) -> bytes:
    """`text` with the slots named in `values` replaced for good; the others stay open."""

    def replace(match: re.Match[bytes]) -> bytes:
        value = values.get(match[1].decode())
        return match[0] if value is None else value.encode()

    return _SLOT.sub(replace, text)
