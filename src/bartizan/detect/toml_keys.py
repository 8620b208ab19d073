"""Bounds how deep the keys of a TOML file go, before it is parsed.

`tomllib` takes time in proportion to the square of the parts of a dotted key: 16 kB of `a.a.a…` take a second, a
megabyte an hour. This looks at the text once, whatever it is.
"""

import re

from bartizan.detect.errors import RuleError

MAX_DOTS = 16
"""Dots of one line outside of texts and comments: our keys have at most two."""

_TEXTS = re.compile(
    r'''"""(?:[^"\\]|\\.|\\\Z|"(?!""))*+(?:"""|\Z)|"(?:[^"\\\n]|\\.)*+"?|#[^\n]*+'''
    r"""|'''(?:[^']|'(?!''))*+(?:'''|\Z)|'[^'\n]*+'?""",
    re.DOTALL,
)
"""Strings and comments (toml.io, version 1.0). No alternative fails once it has begun: nothing is read twice."""


def check_keys(text: str, where: str) -> None:
    """Raises `RuleError` for a line with more than `MAX_DOTS` dots outside of texts."""
    for number, line in enumerate(_TEXTS.sub(_lines, text).split("\n"), 1):
        if line.count(".") > MAX_DOTS:
            raise RuleError(f"line {number} has a key of more than {MAX_DOTS} parts", where=where)


def _lines(found: re.Match[str]) -> str:
    """What stands for a text: the lines that it spans."""
    return "\n" * found[0].count("\n")
