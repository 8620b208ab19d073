"""Names with `*` in them (fields, streams), matched in linear time whatever the pattern."""

from collections.abc import Sequence


def fits(pattern: str, name: str) -> bool:
    """Whether the whole of `name` fits `pattern`, in which only `*` is special (any characters, none included)."""
    return fits_parts(pattern.split("*"), name)


def fits_parts(parts: Sequence[str], name: str) -> bool:
    """Whether `name` is these texts in order with anything between them, and nothing around."""
    first, *rest = parts
    if not rest:
        return name == first
    *middle, last = rest
    if not name.startswith(first) or not name.endswith(last) or len(name) < len(first) + len(last):
        return False
    position, end = len(first), len(name) - len(last)
    for part in middle:
        found = name.find(part, position, end)
        if found < 0:
            return False
        position = found + len(part)
    return True
