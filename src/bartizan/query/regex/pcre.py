"""PCRE-like expressions as RE2 ones: what RE2 lacks is rewritten where that is exact, and refused where it isn't.

The dialects: pcre.org/current/doc/html/pcre2syntax.html, github.com/google/re2/wiki/Syntax. `$` is the end of the value
here; PCRE also lets one line feed follow it.
"""

import re
from collections.abc import Callable, Mapping
from typing import Any

import re2

from bartizan.query.operators import UnfitValue

MAX_REGEX_CHARS = 4_096
"""Longest expression."""
MAX_REGEX_DEPTH = 100
"""Most groups within each other."""
MAX_REPEAT = 1_000
"""Largest count in `{n,m}`, which is RE2's own limit."""

_REFUSED_GROUPS: Mapping[str, str] = {
    "?=": "a lookahead",
    "?!": "a negative lookahead",
    "?<=": "a lookbehind",
    "?<!": "a negative lookbehind",
    "?P=": "a backreference",
    "?P>": "a recursion",
    "?R": "a recursion",
    "?&": "a recursion",
    "?|": "a branch reset",
    "?(": "a condition",
    "*": "a backtracking verb",
}
_NAMED = re.compile(r"\?P?<([A-Za-z_]\w*)>|\?'([A-Za-z_]\w*)'")
_FLAGS = re.compile(r"\?([ims]*(?:-[ims]+)?)([:)])")
_REPEAT = re.compile(r"\{(\d*)(,?)(\d*)\}")
_SAME_ESCAPES = frozenset("dDwWsSbBAznrtfa")
_REWRITTEN: Mapping[str, str] = {
    "Z": r"\z",
    "h": r"[ \t]",
    "H": r"[^ \t]",
    "v": r"[\n\x0b\f\r]",
    "V": r"[^\n\x0b\f\r]",
    "R": r"(?:\r\n|[\n\x0b\f\r])",
    "N": r"[^\n]",
    "e": r"\x1b",
    "E": "",
}
_IN_CLASS: Mapping[str, str] = {"h": r" \t", "v": r"\n\x0b\f\r", "e": r"\x1b", "b": r"\x08"}
_NO_PIECE = ".)(*+?|^$"
"""Single characters of an expression that don't stand for themselves."""
_HALF = re.compile("[\ud800-\udfff]")
_SHORTER = "match a simpler expression and exclude the rest with `not`"


def pcre_to_re2(pattern: str, *, multi_line: bool = False, dot_all: bool = False) -> str:
    """An RE2 expression that finds what `pattern` finds, anywhere in a value. Raises `UnfitValue` with the place."""
    if len(pattern) > MAX_REGEX_CHARS:
        raise UnfitValue(f"the regular expression has more than {MAX_REGEX_CHARS} characters", "write a shorter one")
    reader = _Reader(pattern)
    half = _HALF.search(pattern)
    if half:
        raise reader.refused("half a character", half.start(), "write the whole character")
    rewritten = reader.read()
    on = ("m" if multi_line else "") + ("s" if dot_all and reader.has_dot else "")
    off = "-s" if reader.has_dot and not dot_all else ""
    rewritten = f"(?{on}{off}){rewritten}" if on or off else rewritten
    compiled(rewritten)
    return rewritten


def compiled(pattern: str) -> Any:
    """The expression as RE2 has it. Raises `UnfitValue` for one that it refuses; it would write to stderr otherwise."""
    options = re2.Options()
    options.log_errors = False
    try:
        return re2.compile(pattern, options)
    except re2.error as error:
        cause = error.args[0].decode(errors="replace") if isinstance(error.args[0], bytes) else str(error)
        raise UnfitValue(f"the regular expression is not valid: {cause}", "write it in RE2's syntax") from None


class _Reader:
    """One pass over an expression, piece by piece."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.at = 0
        self.depth = 0
        self.has_dot = False
        self._out: list[str] = []
        self._atomic: list[bool] = []

    def read(self) -> str:
        """The whole of it, rewritten."""
        readers: Mapping[str, Callable[[], str]] = {
            "\\": self._escape,
            "[": self._class,
            "(": self._group,
            ")": self._close,
            "{": self._braces,
            ".": self._dot,
            **dict.fromkeys("*+?", self._quantifier),
        }
        while self.at < len(self.pattern):
            self._out.append(readers.get(self.pattern[self.at], self._literal)())
        return "".join(self._out)

    def _literal(self) -> str:
        self.at += 1
        return self.pattern[self.at - 1]

    def _dot(self) -> str:
        self.has_dot = True
        return self._literal()

    def _escape(self) -> str:
        name = self.pattern[self.at + 1 : self.at + 2]
        if name == "Q":
            return self._quoted()
        self._refuse_reference(name)
        return self._escaped(name, _REWRITTEN)

    def _escaped(self, name: str, rewritten: Mapping[str, str]) -> str:
        """`\\name` rewritten, the reader behind it."""
        start = self.at
        if not name:
            raise self.refused("a backslash at the end", start, "write `\\\\` for a backslash")
        self.at += 2
        if name in rewritten:
            return rewritten[name]
        if name in _SAME_ESCAPES or (name.isascii() and not name.isalnum() and name != "_"):
            return f"\\{name}"
        if not name.isascii() or name == "_":
            return name
        return self._coded(name, start)

    def _coded(self, name: str, start: int) -> str:
        """A character or a class by its code or name: `\\x41`, `\\x{1F600}`, `\\u0041`, `\\cA`, `\\p{L}`, `\\0`."""
        forms = {"x": r"\{([0-9A-Fa-f]{1,6})\}|([0-9A-Fa-f]{1,2})", "u": r"([0-9A-Fa-f]{4})", "0": r"([0-7]{0,2})"}
        if name in "pP" and (found := re.compile(r"\{\^?\w+\}|\w").match(self.pattern, self.at)):
            self.at = found.end()
            return f"\\{name}{found.group()}"
        if name == "c" and self.pattern[self.at : self.at + 1].isascii() and self.at < len(self.pattern):
            self.at += 1
            return f"\\x{{{ord(self.pattern[self.at - 1].upper()) ^ 64:x}}}"
        if name in forms and (found := re.compile(forms[name]).match(self.pattern, self.at)):
            self.at = found.end()
            code = next(group for group in found.groups() if group is not None)
            return f"\\x{{{int(code or '0', 8 if name == '0' else 16):x}}}"
        raise self.refused(f"the escape `\\{name}`", start, "escape only what is special")

    def _refuse_reference(self, name: str) -> None:
        if name in tuple("123456789kg"):
            raise self.refused("a backreference", self.at, _SHORTER)
        if name in ("G", "K", "X", "C"):
            raise self.refused(f"the escape `\\{name}`", self.at, _SHORTER)

    def _quoted(self) -> str:
        end = self.pattern.find("\\E", self.at + 2)
        end = len(self.pattern) if end < 0 else end
        quoted = self.pattern[self.at + 2 : end]
        self.at = min(end + 2, len(self.pattern))
        return "".join(f"\\{c}" if c.isascii() and not c.isalnum() and c not in "_" else c for c in quoted)

    def _class(self) -> str:
        start, out = self.at, ["["]
        self.at += 1
        if self.pattern[self.at : self.at + 1] == "^":
            out.append(self._literal())
        first = self.at
        while self.at < len(self.pattern):
            c = self.pattern[self.at]
            if c == "]" and self.at > first:
                self.at += 1
                return "".join([*out, "]"])
            out.append(self._class_part(c))
        raise self.refused("a `[` without its `]`", start, "write `\\[` for the character itself")

    def _class_part(self, c: str) -> str:
        if c == "[" and (posix := re.compile(r"\[:\^?[a-z]+:\]").match(self.pattern, self.at)):
            self.at = posix.end()
            return posix.group()
        if c == "\\":
            name = self.pattern[self.at + 1 : self.at + 2]
            if name in tuple("BAzRNHVZGKXC123456789"):
                raise self.refused(f"`\\{name}` within `[]`", self.at, "write the characters themselves")
            return self._escaped(name, _IN_CLASS)
        return "\\[" if self._literal() == "[" else c

    def _group(self) -> str:
        start, rest = self.at, self.pattern[self.at + 1 : self.at + 100]
        self._refuse_group(start, rest)
        if rest.startswith("?#"):
            return self._comment(start)
        self.depth += 1
        if self.depth > MAX_REGEX_DEPTH:
            raise self.refused(f"more than {MAX_REGEX_DEPTH} nested groups", start, "write fewer")
        self._atomic.append(rest.startswith("?>"))
        return self._opening(start, rest)

    def _opening(self, start: int, rest: str) -> str:
        if not rest.startswith("?"):
            self.at += 1
            return "("
        if rest.startswith("?>"):
            self.at += 3
            return "(?:"
        if named := _NAMED.match(rest):
            self.at += 1 + named.end()
            return "(?:"
        flags = _FLAGS.match(rest)
        if flags is None:
            raise self.refused("this kind of group", start, "use `(?:...)` and the flags `i`, `m` and `s`")
        self.at += 1 + flags.end()
        if flags.group(2) == ")":
            self.depth -= 1
            self._atomic.pop()
        return f"({flags.group()}" if flags.group(1) or flags.group(2) == ":" else ""

    def _refuse_group(self, start: int, rest: str) -> None:
        for opening, what in _REFUSED_GROUPS.items():
            if rest.startswith(opening) and not (opening == "*" and not rest[1:2].isalpha()):
                raise self.refused(what, start, _SHORTER)
        if re.match(r"\?[+-]?\d", rest):
            raise self.refused("a recursion", start, _SHORTER)

    def _comment(self, start: int) -> str:
        end = self.pattern.find(")", start)
        if end < 0:
            raise self.refused("a comment without its `)`", start, "close it")
        self.at = end + 1
        return ""

    def _close(self) -> str:
        self.at += 1
        self.depth -= 1
        if self.depth < 0:
            raise self.refused("a `)` without its `(`", self.at - 1, "write `\\)` for the character itself")
        if self._atomic.pop() and self.at < len(self.pattern):
            raise self.refused("an atomic group with something behind it", self.at - 1, "use `(?:...)`")
        return ")"

    def _braces(self) -> str:
        found = _REPEAT.match(self.pattern, self.at)
        if found is None or not (found.group(1) or found.group(3)):
            self.at += 1
            return "\\{"
        low, comma, high = found.groups()
        if any(len(count) > 4 or int(count or 0) > MAX_REPEAT for count in (low, high)):
            raise self.refused(f"a repetition beyond {MAX_REPEAT}", self.at, "repeat fewer times, or without a limit")
        self.at = found.end()
        return self._possessive("{" + (low or "0") + comma + high + "}")

    def _quantifier(self) -> str:
        self.at += 1
        return self._possessive(self.pattern[self.at - 1])

    def _possessive(self, quantifier: str) -> str:
        """The quantifier; a `+` behind it is left out where giving back could not help."""
        if self.pattern[self.at : self.at + 1] != "+":
            return quantifier
        following = self.pattern[self.at + 1 : self.at + 2]
        if following and not self._excludes(following):
            raise self.refused("a possessive quantifier", self.at, "leave out its `+`")
        self.at += 1
        return quantifier

    def _excludes(self, following: str) -> bool:
        """Whether the piece before the quantifier can't be the plain character that follows it."""
        piece = self._out[-1] if self._out else ""
        is_single = (
            piece.startswith("[") or (len(piece) == 1 and piece not in _NO_PIECE) or piece in (r"\d", r"\w", r"\s")
        )
        plain = following not in r"\[(){}.*+?|^$"
        return is_single and plain and not compiled(f"(?i){piece}").fullmatch(following)

    def refused(self, what: str, at: int, hint: str) -> UnfitValue:
        return UnfitValue(f"the regular expression has {what} at character {at + 1}, which RE2 can't match", hint)
