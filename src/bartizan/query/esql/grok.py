"""GROK's patterns: `%{IP:client} %{NUMBER:bytes:int} (?<rest>.*)` as one RE2 expression with a group for each column.

Source: elastic.co, ES|QL "Process data with DISSECT and GROK". The expression is found anywhere in the text; where it
isn't, every column is null. A name that stands twice has several values.
"""

import re
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass, field

from sqlglot import exp

from bartizan.query.esql.conversions import convert
from bartizan.query.esql.dissect import Extracted, groups_of
from bartizan.query.esql.grok_patterns import GROK_PATTERNS
from bartizan.query.esql.typed import Env, Mistake, Tree, Type, Typed, cast, number
from bartizan.query.operators import UnfitValue
from bartizan.query.regex.pcre import compiled, pcre_to_re2
from bartizan.query.sql import call, each, text

MAX_COLUMNS = 100
"""Most columns of a pattern."""

_TYPES = {
    "": Type.KEYWORD,
    "string": Type.KEYWORD,
    "int": Type.INTEGER,
    "integer": Type.INTEGER,
    "long": Type.LONG,
    "float": Type.DOUBLE,
    "double": Type.DOUBLE,
    "boolean": Type.BOOLEAN,
}
_USE = re.compile(r"%\{(\w+)(?::([\w@.\[\]-]+))?(?::(\w+))?\}|\(\?<([A-Za-z_][\w@.-]*)>")
_NAMED_USE = re.compile(r"%\{(\w+)\}")
_MARKS = 0xE000
"""Private characters that stand for what is put in after the rest has been translated (unicode.org, private use)."""


@dataclass(slots=True)
class _Reading:
    columns: list[tuple[str, Type]] = field(default_factory=list)
    put_in: list[str] = field(default_factory=list)

    def mark(self, expression: str) -> str:
        """A character that stands for `expression`."""
        self.put_in.append(expression)
        return chr(_MARKS + len(self.put_in) - 1)


def grokked(pattern: str) -> tuple[Extracted, ...]:
    """The columns of `pattern`. Raises `Mistake` for what is no pattern, or names an unknown one."""
    if any(_MARKS <= ord(character) < _MARKS + 0x1900 for character in pattern):
        raise Mistake("the pattern has characters of private use")
    reading = _Reading()
    marked = _USE.sub(lambda found: _marked(found, reading), pattern)
    if "%{" in marked:
        raise Mistake("a `%{` is never closed", "write `%{WORD:name}`")
    if not reading.columns or len(reading.columns) > MAX_COLUMNS:
        raise Mistake(f"a pattern names 1 to {MAX_COLUMNS} columns", "write `%{WORD:name}`")
    expression = _expression(marked, reading)
    places = _places(expression, len(reading.columns))
    own: dict[str, list[tuple[int, Type]]] = defaultdict(list)
    for (name, type), place in zip(reading.columns, places, strict=True):
        own[name].append((place, type))
    return tuple(Extracted(name, _column(expression, found)) for name, found in own.items())


def _marked(found: re.Match[str], reading: _Reading) -> str:
    known, name, type, inline = found.groups()
    if inline:
        reading.columns.append((inline, Type.KEYWORD))
        return "(?:" + reading.mark(f"(?P<c{len(reading.columns) - 1}>")
    expression = expanded(known)
    if not name:
        return reading.mark(f"(?:{expression})")
    if (type or "") not in _TYPES:
        raise Mistake(f"`{type}` is no type of a column", "take int, long, float, double or boolean")
    reading.columns.append((name, _TYPES[type or ""]))
    return reading.mark(f"(?P<c{len(reading.columns) - 1}>{expression})")


def expanded(name: str) -> str:
    """The expression of a known name. Raises `Mistake`."""
    if name not in GROK_PATTERNS:
        raise Mistake(
            f"there is no pattern `{name}`", "take `DATA`, `WORD`, `NUMBER`, `IP`, or an expression in parentheses"
        )
    return _NAMED_USE.sub(lambda found: f"(?:{expanded(found[1])})", GROK_PATTERNS[name])


def _expression(marked: str, reading: _Reading) -> str:
    try:
        translated = pcre_to_re2(marked)
    except UnfitValue as error:
        raise Mistake(str(error), error.hint) from error
    for place, expression in enumerate(reading.put_in):
        mark = chr(_MARKS + place)
        translated = translated.replace(
            f"(?:{mark}"
            if expression.endswith(">") and expression.startswith("(?P<c") and ")" not in expression
            else mark,
            expression,
        )
    return translated


def _places(expression: str, count: int) -> list[int]:
    try:
        known = compiled(expression).groupindex
    except UnfitValue as error:
        raise Mistake("the pattern is no valid expression", error.hint) from error
    places = [known.get(f"c{number_}") for number_ in range(count)]
    if None in places:
        raise Mistake("the pattern names a column within a character class", "put it outside of the brackets")
    return [place for place in places if place is not None]


def _column(expression: str, found: list[tuple[int, Type]]) -> Callable[[Tree, Env], Typed]:
    def build(value: Tree, env: Env) -> Typed:
        groups = groups_of(value.copy(), expression, env)
        parts = [call("nullIf", call("arrayElement", groups.copy(), number(place)), text("")) for place, _ in found]
        if len(parts) == 1:
            is_missing = call("or", call("isNull", value), call("empty", groups.copy()))
            only = Typed(call("if", is_missing, exp.Null(), parts[0]), Type.KEYWORD)
            return convert(only, found[0][1], env)
        listed = call(
            "arrayFilter", each("_g", lambda one: call("isNotNull", one)), exp.array(*parts, dialect="clickhouse")
        )
        return convert(Typed(cast(listed, "Array(String)"), Type.KEYWORD, True), found[0][1], env)

    return build
