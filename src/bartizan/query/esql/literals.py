r"""ES|QL's literals, both ways: `"a\tb"`, `\"""raw\"""`, `` `column` `` to what they mean, and back."""

import re

_ESCAPE = re.compile(r"\\(.)", re.DOTALL)
_MEANS = {"n": "\n", "r": "\r", "t": "\t", "\\": "\\", '"': '"'}
_PIECE = re.compile(r"`((?:[^`]|``)+)`|(\*)|([^`*]+)")
_PLAIN_NAME = re.compile(r"[A-Za-z_@][\w@]*(\.[\w@]+)*")


class BadLiteral(ValueError):
    """A literal with a fault: what it is, where (from the literal's beginning), and the way out."""

    def __init__(self, message: str, offset: int, hint: str) -> None:
        super().__init__(message)
        self.offset = offset
        self.hint = hint


def read_string(source: str) -> str:
    r"""What `"..."` means. Raises `BadLiteral` for an escape that there is none of."""

    def meaning(found: re.Match[str]) -> str:
        if found[1] not in _MEANS:
            hint = r"write a backslash as `\\`, or the string in triple quotes"
            raise BadLiteral(f"`{found.group()}` is no escape", found.start() + 1, hint)
        return _MEANS[found[1]]

    return _ESCAPE.sub(meaning, source[1:-1])


def read_raw_string(source: str) -> str:
    '''What `"""..."""` means: all of it, quotes at its end included.'''
    return source[3:-3]


def read_name(source: str) -> str:
    """A column's name without its backticks."""
    return "".join(read_pattern(source, wildcards=False))


def read_pattern(source: str, *, wildcards: bool = True) -> tuple[str, ...]:
    """The texts between the wildcards of a pattern; a `*` in backticks is itself."""
    parts = [""]
    for quoted, star, plain in _PIECE.findall(source):
        if star and wildcards:
            parts.append("")
        else:
            parts[-1] += quoted.replace("``", "`") or star or plain
    return tuple(parts)


def write_string(text: str) -> str:
    """`text` as a literal."""
    names = {meaning: name for name, meaning in _MEANS.items()}
    return '"' + "".join(f"\\{names[c]}" if c in names else c for c in text) + '"'


def write_name(name: str) -> str:
    """A column's name, in backticks where it needs them."""
    if _PLAIN_NAME.fullmatch(name) and name.lower() not in KEYWORDS:
        return name
    return "`" + name.replace("`", "``") + "`"


def write_pattern(parts: tuple[str, ...]) -> str:
    """A pattern, what is not a wildcard in backticks where it needs them."""
    return "*".join(part if re.fullmatch(r"[\w@.]*", part) else _quoted_around_dots(part) for part in parts)


def _quoted_around_dots(part: str) -> str:
    pieces = part.split(".")
    return ".".join(piece and "`" + piece.replace("`", "``") + "`" for piece in pieces)


KEYWORDS = frozenset(
    ("and", "as", "asc", "by", "desc", "false", "first", "in", "is", "join", "last", "like", "metadata", "not", "null")
) | frozenset(("nulls", "on", "or", "rlike", "true", "where", "with"))
"""Words that are no column's name without backticks."""
