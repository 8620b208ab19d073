"""Elasticsearch's regular expressions as RE2 text. Every part is parsed and written anew; no text is passed through.

Source: Elasticsearch, "Regular expression syntax", with all optional operators on, and Lucene's `RegExp`. A pattern is
always for the whole value; `^` and `$` are ordinary characters; `?` after another repetition repeats it: nothing is
lazy. What repeats or joins is itself where it has nothing before it, as Lucene reads it: `*a`, `a||b`, `(&c)`.
"""

import re
from dataclasses import dataclass

from bartizan.query.operators import UnfitValue
from bartizan.query.regex.intervals import interval

MAX_PATTERN_CHARS = 1000
"""Longest pattern, Elasticsearch's own default (`index.max_regex_length`)."""

MAX_DEPTH = 50
"""Deepest nesting of groups."""

MAX_REPEAT = 1000
"""Most repetitions, of nested ones the product: RE2's limit."""

MAX_SIZE = 5000
"""Most single characters and classes once every repetition is written out; RE2 keeps a program of them."""

_SPECIAL = re.compile(r"[\\.+*?()|\[\]{}^$\-&~#]")
_COUNT = re.compile(r"\{(\d+)(?:(,)(\d*))?\}", re.ASCII)
_INTERVAL = re.compile(r"<(\d{1,10})-(\d{1,10})>", re.ASCII)
_SURROGATE = re.compile("[\ud800-\udfff]")
_CLASSES = {"d": r"0-9", "D": r"\D", "w": r"0-9A-Za-z_", "W": r"\W", "s": r" \t\n\r", "S": r"\S\f\v"}
_NOTHING = r"[^\x00-\x{10FFFF}]"
_ANY_STRING = ".*"
_SYMBOLS = {"?": (0, 1), "*": (0, None), "+": (1, None)}


@dataclass(frozen=True, slots=True)
class _Part:
    """RE2 text, whether it is one unit, how large it is written out, and the product of its counted repetitions."""

    text: str
    unit: bool
    size: int
    repeats: int = 1


def lucene_to_re2(pattern: str) -> str:
    """RE2 text that fits the values that `pattern` fits, anchored at both ends.

    Raises `UnfitValue`, which names the position, for what is no pattern, for `~`, and for an `&` that RE2 can't
    express.
    """
    if len(pattern) > MAX_PATTERN_CHARS:
        raise UnfitValue(
            f"the pattern has {len(pattern)} characters, at most {MAX_PATTERN_CHARS} are read", "write a shorter one"
        )
    parser = _Parser(pattern)
    half = _SURROGATE.search(pattern)
    if half:
        raise parser.fault("half a character", "write the whole character", half.start())
    if not pattern:
        return "^$"
    whole = parser.union(0)
    if parser.position < len(pattern):
        raise parser.fault("there is no `(` for this `)`", "write `\\)` for the character")
    return f"^(?s:{whole.text})$"


class _Parser:
    """One pass over a pattern, one method per rule of Lucene's grammar."""

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern
        self.position = 0

    def fault(self, message: str, hint: str, position: int | None = None) -> UnfitValue:
        where = (self.position if position is None else position) + 1
        return UnfitValue(f"{message}, at character {where} of the pattern", hint)

    def union(self, depth: int) -> _Part:
        options = [self.intersection(depth)]
        while self.take("|"):
            options.append(self.intersection(depth))
        if len(options) == 1:
            return options[0]
        text = "|".join(option.text for option in options)
        return _Part(text, False, sum(one.size for one in options), max(one.repeats for one in options))

    def intersection(self, depth: int) -> _Part:
        sides = [self.sequence(depth)]
        operator = self.position
        while self.take("&"):
            sides.append(self.sequence(depth))
        narrow = [side for side in sides if side.text != _ANY_STRING] or sides[:1]
        if len(narrow) > 1:
            hint = "write both as conditions joined with AND, or `\\&` for the character"
            raise self.fault("`&` needs two patterns at once, which isn't possible here", hint, operator)
        return narrow[0]

    def sequence(self, depth: int) -> _Part:
        parts = [self.repeated(depth)]
        while self.peek() not in ("", "|", "&", ")"):
            parts.append(self.repeated(depth))
        if len(parts) == 1:
            return parts[0]
        text = "".join(_within_sequence(part) for part in parts)
        return self.checked(_Part(text, False, sum(one.size for one in parts), max(one.repeats for one in parts)))

    def repeated(self, depth: int) -> _Part:
        part = self.atom(depth)
        while self.peek() and self.peek() in "?*+{":
            part = self.repeat(part)
        return part

    def repeat(self, part: _Part) -> _Part:
        start = self.position
        least, most = self.counts()
        counted = max(least, most or 0, 1)
        unit = part.text if part.unit else f"(?:{part.text})"
        written = next((symbol for symbol, bounds in _SYMBOLS.items() if bounds == (least, most)), None)
        text = unit + (written or f"{{{least},{'' if most is None else most}}}")
        repeats = part.repeats * counted if written is None else part.repeats
        if repeats > MAX_REPEAT:
            raise self.fault(f"more than {MAX_REPEAT} repetitions, nested ones multiplied", "repeat less often", start)
        return self.checked(_Part(text, False, part.size * counted, repeats))

    def counts(self) -> tuple[int, int | None]:
        symbol = self.peek()
        if symbol in _SYMBOLS:
            self.position += 1
            return _SYMBOLS[symbol]
        found = _COUNT.match(self.pattern, self.position)
        if found is None:
            raise self.fault("`{` begins no count", "write `{2}`, `{2,5}` or `{2,}`, or `\\{` for the character")
        least = int(found[1][:9])
        most = least if not found[2] else int(found[3][:9]) if found[3] else None
        if most is not None and most < least:
            raise self.fault("a count that ends before it begins", "write the smaller number first")
        self.position = found.end()
        return least, most

    def atom(self, depth: int) -> _Part:
        character = self.peek()
        match character:
            case "" | ")":
                raise self.no_atom(character)
            case "(":
                return self.group(depth)
            case "[":
                return self.char_class()
            case '"':
                return self.quoted()
            case "<":
                return self.interval()
            case "~":
                hint = "write the condition without it and negate that, or `\\~` for the character"
                raise self.fault("`~` (anything but) isn't possible here", hint)
        self.position += 1
        match character:
            case ".":
                return _Part(".", True, 1)
            case "@":
                return _Part(_ANY_STRING, False, 1)
            case "#":
                return _Part(_NOTHING, True, 1)
            case "\\":
                return self.escaped()
        return _Part(_literal(character), True, 1)

    def no_atom(self, character: str) -> UnfitValue:
        if not character:
            return self.fault("the pattern ends where something to match was expected", "write `()` for nothing")
        return self.fault(f"`{character}` has nothing before it", f"write `\\{character}` for the character")

    def group(self, depth: int) -> _Part:
        start = self.position
        if depth >= MAX_DEPTH:
            raise self.fault(f"groups nest deeper than {MAX_DEPTH} levels", "write fewer parentheses")
        self.position += 1
        if self.take(")"):
            return _Part("(?:)", True, 0)
        inner = self.union(depth + 1)
        if not self.take(")"):
            raise self.fault("`(` is never closed", "write `\\(` for the character", start)
        return inner if inner.unit else _Part(f"(?:{inner.text})", True, inner.size, inner.repeats)

    def quoted(self) -> _Part:
        end = self.pattern.find('"', self.position + 1)
        if end < 0:
            raise self.fault('`"` is never closed', 'write `\\"` for the character')
        inside = self.pattern[self.position + 1 : end]
        self.position = end + 1
        return self.checked(_Part("".join(map(_literal, inside)) or "(?:)", len(inside) < 2, len(inside)))

    def interval(self) -> _Part:
        found = _INTERVAL.match(self.pattern, self.position)
        if found is None:
            raise self.fault("`<` begins no interval", "write `<1-100>`, or `\\<` for the character")
        self.position = found.end()
        low, high = sorted((found[1], found[2]), key=int)
        text = interval(low, high)
        return self.checked(_Part(f"(?:{text})", True, len(text), 10))

    def escaped(self) -> _Part:
        character = self.escape()
        if character in _CLASSES:
            return _Part(f"[{_CLASSES[character]}]", True, 1)
        return _Part(_literal(character), True, 1)

    def escape(self) -> str:
        """The character behind a backslash, which the parser has passed."""
        character = self.peek()
        if not character:
            raise self.fault("the pattern ends with a backslash", "write `\\\\` for the character", self.position - 1)
        if character.isascii() and character.isalpha() and character not in _CLASSES:
            hint = "classes are `\\d`, `\\s`, `\\w`, `\\D`, `\\S` and `\\W`; letters need no backslash"
            raise self.fault(f"`\\{character}` is no class of characters", hint, self.position - 1)
        self.position += 1
        return character

    def char_class(self) -> _Part:
        start = self.position
        self.position += 1
        items = ["^"] if self.take("^") else []
        first = True
        while first or self.peek() != "]":
            if not self.peek():
                raise self.fault("`[` is never closed", "write `\\[` for the character", start)
            items.append(self.class_item())
            first = False
        self.position += 1
        return _Part(f"[{''.join(items)}]", True, 1)

    def class_item(self) -> str:
        start = self.position
        if self.take("\\") and (found := self.escape()) in _CLASSES:
            return _CLASSES[found]
        self.position = start
        low = self.class_char()
        if not self.take("-"):
            return _literal(low)
        high = self.class_char()
        if low > high:
            raise self.fault("a range that ends before it begins", "write the smaller character first", start)
        return f"{_literal(low)}-{_literal(high)}"

    def class_char(self) -> str:
        if self.take("\\"):
            return self.escape()
        character = self.peek()
        if not character:
            raise self.fault("`[` is never closed", "write `\\[` or `\\-` for the character")
        self.position += 1
        return character

    def checked(self, part: _Part) -> _Part:
        if part.size > MAX_SIZE:
            raise self.fault(f"the pattern stands for more than {MAX_SIZE} characters", "repeat less often")
        return part

    def peek(self) -> str:
        return self.pattern[self.position : self.position + 1]

    def take(self, character: str) -> bool:
        found = self.peek() == character
        self.position += found
        return found


def _within_sequence(part: _Part) -> str:
    return f"(?:{part.text})" if "|" in part.text and not part.unit else part.text


def _literal(character: str) -> str:
    if not character.isprintable() or character == '"':
        return f"\\x{{{ord(character):X}}}"
    return f"\\{character}" if _SPECIAL.match(character) else character
