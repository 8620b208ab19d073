"""Escapes of KQL literals, both ways: source text to what it means, and back."""

import re

_QUOTED_ESCAPE = re.compile(r'\\([trn"\\]|u[0-9a-fA-F]{4})')
_UNQUOTED_PART = re.compile(r"\\(u[0-9a-fA-F]{4}|(?i:or|and|not)|.)|\*|[^\\*]+", re.DOTALL)
_CONTROL = {"t": "\t", "r": "\r", "n": "\n"}
_UNPRINTABLE = str.maketrans({"\t": r"\t", "\r": r"\r", "\n": r"\n"})
_SPECIAL = re.compile(r'[\\():<>"*{}]')
_KEYWORD = re.compile(r"(?<![^ \t\r\n\xa0])(?=(?:or|and|not)(?![^ \t\r\n\xa0]))", re.IGNORECASE)
_SURROGATE = re.compile("[\ud800-\udfff]")
_EDGE_SPACE = re.compile(r"^[ \xa0]+|[ \xa0]+$")


def read_quoted(source: str) -> str:
    r"""What `"..."` means: `\"`, `\\`, `\t`, `\r`, `\n` and `\uXXXX` are escapes, another backslash is itself."""
    return _join_surrogates(_QUOTED_ESCAPE.sub(lambda found: _escaped(found.group(1)), source[1:-1]))


def read_unquoted(source: str) -> tuple[str, ...]:
    """The texts around the wildcards of an unquoted literal, escapes read."""
    if "\\" not in source:
        return tuple(source.split("*"))
    pieces: list[list[str]] = [[]]
    for part in _UNQUOTED_PART.finditer(source):
        if part.group() == "*":
            pieces.append([])
        else:
            pieces[-1].append(part.group() if part.group(1) is None else _escaped(part.group(1)))
    return tuple(_join_surrogates("".join(piece)) for piece in pieces)


def write_quoted(text: str) -> str:
    """`text` as a quoted literal."""
    return '"' + text.replace("\\", "\\\\").replace('"', '\\"').translate(_UNPRINTABLE) + '"'


def write_unquoted(pieces: tuple[str, ...]) -> str:
    """`pieces` as an unquoted literal."""
    joined = "*".join(_SPECIAL.sub(r"\\\g<0>", piece).translate(_UNPRINTABLE) for piece in pieces)
    spaced = _EDGE_SPACE.sub(lambda found: "".join(f"\\u{ord(c):04x}" for c in found.group()), joined)
    return _KEYWORD.sub(r"\\", spaced)


def _escaped(name: str) -> str:
    if len(name) == 5 and name[0] == "u":
        return chr(int(name[1:], 16))
    return _CONTROL.get(name, name)


def _join_surrogates(text: str) -> str:
    r"""`\ud83d\ude00` is one character; half of such a pair is none, so it becomes the replacement character."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
