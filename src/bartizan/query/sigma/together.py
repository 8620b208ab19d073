"""The condition of a temporal correlation: which rules must have matched, with `and`, `or`, `not` and brackets."""

import re

from bartizan.query import ir
from bartizan.query.errors import QuerySyntaxError
from bartizan.query.sigma.correlation import SigmaCorrelation

_TOKEN = re.compile(r"\s*(?:([()])|([^\s()]+))")


def together(text: str, correlation: SigmaCorrelation) -> ir.Seen | ir.Together:
    """The condition `text`. Raises `QuerySyntaxError` for what is none or names another rule."""
    reader = _Reader([found[1] or found[2] for found in _TOKEN.finditer(text)], correlation)
    found = reader.either()
    if reader.tokens:
        raise reader.fault(f"`{reader.tokens[0]}` has no place there")
    return found


class _Reader:
    """Reads tokens from the front: `or` of `and` of `not` of names."""

    def __init__(self, tokens: list[str], correlation: SigmaCorrelation) -> None:
        self.tokens = tokens
        self._correlation = correlation

    def fault(self, message: str) -> QuerySyntaxError:
        document = self._correlation.document
        hint = "a condition has names of rules, `and`, `or`, `not` and brackets"
        return QuerySyntaxError(message, document.text, document.span("correlation", "condition"), hint=hint)

    def either(self) -> ir.Seen | ir.Together:
        items = [self._both()]
        while self._take("or"):
            items.append(self._both())
        return items[0] if len(items) == 1 else ir.Together("or", tuple(items))

    def _both(self) -> ir.Seen | ir.Together:
        items = [self._one()]
        while self._take("and"):
            items.append(self._one())
        return items[0] if len(items) == 1 else ir.Together("and", tuple(items))

    def _one(self) -> ir.Seen | ir.Together:
        if self._take("not"):
            return ir.Together("not", (self._one(),))
        if self._take("("):
            inner = self.either()
            if not self._take(")"):
                raise self.fault("a bracket is never closed")
            return inner
        if not self.tokens:
            raise self.fault("the condition ends where a rule was expected")
        name = self.tokens.pop(0)
        if name not in self._correlation.rules:
            raise self.fault(f"`{name}` is none of `rules`")
        return ir.Seen(self._correlation.rules.index(name))

    def _take(self, word: str) -> bool:
        if self.tokens and self.tokens[0].lower() == word:
            self.tokens.pop(0)
            return True
        return False
