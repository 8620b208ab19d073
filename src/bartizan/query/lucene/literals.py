"""Escapes of Lucene literals, both ways: source text to what it means, and back."""

import re

from bartizan.query.ir import Pattern, Wild

_ESCAPE = re.compile(r"\\(u[0-9a-fA-F]{4}|.)", re.DOTALL)
_PART = re.compile(r"\\(u[0-9a-fA-F]{4}|.)|([*?])|[^\\*?]+", re.DOTALL)
_WILD = {"*": Wild.MANY, "?": Wild.ONE}
_SPECIAL = re.compile(r"""[ \t\n\r\u3000+\-!():^\[\]"{}~*?\\/&|<>=]|^(?:AND|OR|NOT|TO)$""")
_QUOTED_SPECIAL = re.compile(r'[\\"]')
_SURROGATE = re.compile("[\ud800-\udfff]")


def read_escapes(source: str) -> str:
    r"""`source` without its escapes: a backslash makes the next character an ordinary one, `\uXXXX` is a character."""
    return _join_surrogates(_ESCAPE.sub(lambda found: _escaped(found.group(1)), source))


def read_term(source: str) -> Pattern:
    """The texts and wildcards of a term; wildcards side by side are joined where that means the same."""
    parts: list[str | Wild] = []
    for found in _PART.finditer(source):
        part = _WILD.get(found.group(2)) or (_escaped(found.group(1)) if found.group(1) else found.group())
        if isinstance(part, str) and parts and isinstance(parts[-1], str):
            parts[-1] += part
        elif part is not Wild.MANY or not parts or parts[-1] is not Wild.MANY:
            parts.append(part)
    return tuple(part if isinstance(part, Wild) else _join_surrogates(part) for part in parts)


def write_term(pattern: Pattern) -> str:
    """`pattern` as a term."""
    return "".join(
        part.value if isinstance(part, Wild) else _SPECIAL.sub(lambda found: "\\" + found.group(), part)
        for part in pattern
    )


def write_quoted(text: str) -> str:
    """`text` in double quotes."""
    return '"' + _QUOTED_SPECIAL.sub(r"\\\g<0>", text) + '"'


def _escaped(name: str) -> str:
    return chr(int(name[1:], 16)) if len(name) == 5 else name


def _join_surrogates(text: str) -> str:
    """Two halves are one character; half of such a pair is none, so it becomes the replacement character."""
    if not _SURROGATE.search(text):
        return text
    return text.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
