r"""EQL's literals, both ways: `"a\tb"`, `\"""raw\"""`, `` `field` ``, `5m` to what they mean, and back."""

import re

_ESCAPE = re.compile(r"\\(u\{[0-9a-fA-F]{2,8}\}|.)", re.DOTALL)
_MEANS = {"'": "'", "n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"', "b": "\b", "f": "\f"}
_TIMESPAN = re.compile(r"(\d+(?:\.\d+)?)[ \t]*([a-zA-Z]*)")
_UNIT_MS = {"ms": 1, "s": 1000, "m": 60_000, "h": 3_600_000, "d": 86_400_000}
_LAST_CHARACTER = 0x10FFFF


class BadLiteral(ValueError):
    """A literal with a fault: what it is, where (from the literal's beginning), and the way out."""

    def __init__(self, message: str, offset: int, hint: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


def read_string(source: str) -> str:
    r"""What `"..."` means. Raises `BadLiteral` for an escape that there is none of."""

    def meaning(found: re.Match[str]) -> str:
        name = found.group(1)
        if name in _MEANS:
            return _MEANS[name]
        number = int(name[2:-1], 16) if len(name) > 1 else -1
        if not 0 <= number <= _LAST_CHARACTER or 0xD800 <= number <= 0xDFFF:
            hint = r"write a backslash as `\\`, or the string in triple quotes"
            raise BadLiteral(f"`{found.group()}` is no escape", found.start() + 1, hint)
        return chr(number)

    return _ESCAPE.sub(meaning, source[1:-1])


def read_raw_string(source: str) -> str:
    '''What `"""..."""` means: all of it, quotes at its end included.'''
    return source[3:-3]


def read_name(source: str) -> str:
    """A field's name without its backticks."""
    return re.sub(r"`((?:[^`]|``)+)`", lambda found: found.group(1).replace("``", "`"), source)


MAX_TIMESPAN_MS = 36_500 * 86_400_000
"""Longest time span: a hundred years."""


def read_timespan(source: str) -> int:
    """Milliseconds of `5m`, `500ms`, `1.5h`. Raises `BadLiteral`, also without a unit, as Elasticsearch does."""
    found = _TIMESPAN.fullmatch(source)
    if found is not None and not found[2]:
        raise BadLiteral(f"the time span `{found[1]}` has no unit", 0, f"did you mean `{found[1]}s`?")
    if found is None or found[2] not in _UNIT_MS:
        raise BadLiteral(f"`{source}` is no time span", 0, "write a number with ms, s, m, h or d, such as `5m`")
    milliseconds = float(found[1]) * _UNIT_MS[found[2]]
    if milliseconds > MAX_TIMESPAN_MS:
        raise BadLiteral("the time span is longer than a hundred years", 0, "leave it out")
    return round(milliseconds)


def write_string(text: str) -> str:
    """`text` as a literal."""
    names = {meaning: name for name, meaning in _MEANS.items() if name != "'"}
    shown = (f"\\{names[c]}" if c in names else c if c.isprintable() else f"\\u{{{ord(c):04x}}}" for c in text)
    return f'"{"".join(shown)}"'


def write_name(name: str) -> str:
    """A field's name, in backticks where it needs them."""
    if re.fullmatch(r"[A-Za-z_@][\w@]*(\.[\w@]+)*", name) and name not in _KEYWORDS:
        return name
    return "`" + name.replace("`", "``") + "`"


def write_timespan(milliseconds: int) -> str:
    """A time span in its largest whole unit."""
    for unit in ("d", "h", "m", "s"):
        if milliseconds and milliseconds % _UNIT_MS[unit] == 0:
            return f"{milliseconds // _UNIT_MS[unit]}{unit}"
    return f"{milliseconds}ms"


_KEYWORDS = frozenset(("where", "or", "and", "not", "in", "like", "regex", "true", "false", "null", "any")) | frozenset(
    ("sequence", "sample", "by", "with", "maxspan", "runs", "until")
)
