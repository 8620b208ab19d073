"""Reads JSON text to a tree with places. Python's own reader keeps no places, and takes a name twice."""

import math
import re
from collections.abc import Iterator, Mapping
from json.decoder import JSONDecodeError, scanstring  # type: ignore[attr-defined]

from bartizan.query.errors import QuerySyntaxError, QueryTooLarge
from bartizan.query.limits import check_text
from bartizan.query.query_dsl.json_tree import MAX_DEPTH, MAX_NODES, Array, Member, Node, Object, Value, is_whole, named
from bartizan.query.span import Span

_SPACE = re.compile(r"[ \t\n\r]*")
_NUMBER = re.compile(r"-?(?:0|[1-9]\d*)(\.\d+)?([eE][+-]?\d+)?", re.ASCII)
_WORDS: Mapping[str, bool | None] = {"true": True, "false": False, "null": None}
_WORD = re.compile(r"[A-Za-z]+|.", re.DOTALL)
_MAX_DIGITS = 400


def read_json(text: str, root: str = "") -> Node:
    """The tree of `text`, whose paths begin with `root`. Raises `QuerySyntaxError`, beyond bounds `QueryTooLarge`."""
    check_text(text, "[{")
    return _Reader(text).document(root)


class _Reader:
    """One pass over a text. Nesting is bounded by `check_text` before."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.position = 0
        self.count = 0

    def document(self, root: str) -> Node:
        self.skip()
        node = self.node(root, 0)
        self.skip()
        if self.position < len(self.text):
            raise self.fault("nothing more was expected behind the JSON", self.position)
        return node

    def node(self, path: str, depth: int) -> Node:
        self.count += 1
        if self.count > MAX_NODES or depth > MAX_DEPTH:
            what = f"more than {MAX_NODES:,} values" if self.count > MAX_NODES else f"more than {MAX_DEPTH} levels"
            raise QueryTooLarge(f"the JSON has {what}", self.text, self.here(), hint="split the query")
        match self.text[self.position : self.position + 1]:
            case "{":
                return self.object(path, depth)
            case "[":
                return self.array(path, depth)
            case '"':
                start = self.position
                return Value(self.string(), path, Span(start, self.position))
            case _:
                return self.bare(path)

    def object(self, path: str, depth: int) -> Object:
        start, members = self.position, dict[str, Member]()
        for _ in self.elements("}"):
            at = self.position
            if self.text[at : at + 1] != '"':
                raise self.fault('a name in `"` was expected', at)
            name = self.string()
            span = Span(at, self.position)
            if name in members:
                raise QuerySyntaxError("a name stands twice in an object", self.text, span, hint="use a list in `bool`")
            self.skip()
            self.expect(":")
            self.skip()
            below = named(path, name)
            members[name] = Member(name, self.node(below, depth + 1), below, span)
        return Object(tuple(members.values()), path, Span(start, self.position))

    def array(self, path: str, depth: int) -> Array:
        start, items = self.position, list[Node]()
        for index, _ in enumerate(self.elements("]")):
            items.append(self.node(f"{path}[{index}]", depth + 1))
        return Array(tuple(items), path, Span(start, self.position))

    def elements(self, closing: str) -> Iterator[None]:
        """Stops before each element of a list or an object, and passes what is around them."""
        self.position += 1
        self.skip()
        if self.text[self.position : self.position + 1] == closing:
            self.position += 1
            return
        while True:
            yield
            self.skip()
            if self.text[self.position : self.position + 1] == closing:
                self.position += 1
                return
            self.expect(",", f"`,` or `{closing}`")
            self.skip()

    def string(self) -> str:
        start = self.position
        try:
            value, self.position = scanstring(self.text, start + 1, True)
        except JSONDecodeError as error:
            raise self.fault(f"no JSON text: {error.msg.lower()}", min(error.pos, len(self.text))) from None
        if not is_whole(value):
            raise QuerySyntaxError("the text holds half a character", self.text, Span(start, self.position))
        return str(value)

    def bare(self, path: str) -> Value:
        start = self.position
        number = _NUMBER.match(self.text, start)
        if number:
            self.position = number.end()
            return Value(self.number(number), path, Span(start, self.position))
        word = _WORD.match(self.text, start)
        if word is None or word.group() not in _WORDS:
            found = f"`{word.group()[:40]}`" if word else "the end"
            raise self.fault(f"a JSON value was expected, not {found}", start)
        self.position = word.end()
        return Value(_WORDS[word.group()], path, Span(start, self.position))

    def number(self, found: re.Match[str]) -> int | float:
        whole = not (found[1] or found[2])
        value = math.inf if len(found[0]) > _MAX_DIGITS else int(found[0]) if whole else float(found[0])
        if isinstance(value, float) and not math.isfinite(value):
            raise self.fault("the number is too large", found.start())
        return value

    def expect(self, character: str, what: str = "") -> None:
        if self.text[self.position : self.position + 1] != character:
            raise self.fault(f"{what or f'`{character}`'} was expected", self.position)
        self.position += 1

    def skip(self) -> None:
        found = _SPACE.match(self.text, self.position)
        self.position = found.end() if found else self.position

    def here(self) -> Span:
        return Span(self.position, self.position + 1)

    def fault(self, message: str, position: int) -> QuerySyntaxError:
        hint = 'a query is JSON, such as `{"term": {"user.name": "alice"}}`'
        return QuerySyntaxError(message, self.text, Span(position, position + 1), hint=hint)
