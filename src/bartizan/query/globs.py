"""Names with `*` in them (fields, streams), matched in linear time whatever the pattern."""


def fits(pattern: str, name: str) -> bool:
    """Whether the whole of `name` fits `pattern`, in which only `*` is special (any characters, none included)."""
    first, *rest = pattern.split("*")
    if not rest:
        return name == pattern
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
