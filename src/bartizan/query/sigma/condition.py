"""A rule's `condition`: pySigma's grammar gives its tree; names and selectors are looked up here, with their place."""

from collections.abc import Callable

from pyparsing import ParseException, ParseResults
from sigma.conditions import (
    ConditionAND,
    ConditionIdentifier,
    ConditionNOT,
    ConditionOR,
    ConditionSelector,
    SigmaCondition,
)
from sigma.exceptions import SigmaError

from bartizan.query import ir
from bartizan.query.errors import QuerySyntaxError, QueryTooLarge
from bartizan.query.globs import fits
from bartizan.query.sigma.document import child, span_of
from bartizan.query.sigma.rule import DetectionRule
from bartizan.query.span import Span

MAX_CONDITION_CHARS = 10_000
"""Longest condition."""
MAX_NESTING = 40
"""Most brackets and `not`s of a condition."""

_HINT = "a condition has names, `1 of x*`, `all of them`, `and`, `or`, `not` and brackets"
Meaning = Callable[[str], ir.Expr]


def conditions(rule: DetectionRule, meaning: Meaning) -> ir.Expr:
    """One of the rule's conditions holds; `meaning` is that of a named detection. Raises `QuerySyntaxError`."""
    found = [_parse(text, index, rule) for index, text in enumerate(rule.parsed.detection.condition)]
    return ir.any_of([_Walk(rule, meaning, span).walk(tree) for tree, span in found])


def _parse(text: str, index: int, rule: DetectionRule) -> tuple[object, Span]:
    span = _span(rule, index)
    if len(text) > MAX_CONDITION_CHARS or text.count("(") > MAX_NESTING or text.lower().count("not ") > MAX_NESTING * 5:
        message = f"the condition is longer than {MAX_CONDITION_CHARS:,} characters or {MAX_NESTING} brackets"
        raise QueryTooLarge(message, rule.document.text, span)
    try:
        return SigmaCondition(text, rule.parsed.detection).parse(postprocess=False), span
    except SigmaError as error:
        cause = error.__context__
        at = _within(rule, span, text, cause.loc) if isinstance(cause, ParseException) else span
        message = "the old aggregation syntax (`|`) is not read" if "|" in text else "the condition can't be read"
        raise QuerySyntaxError(message, rule.document.text, at, hint=_HINT) from None


class _Walk:
    """From pySigma's condition tree to the IR."""

    def __init__(self, rule: DetectionRule, meaning: Meaning, span: Span) -> None:
        self._rule, self._meaning, self._span = rule, meaning, span

    def walk(self, tree: object) -> ir.Expr:
        """What `tree` means."""
        match tree:
            case ParseResults():
                return self.walk(tree[0])
            case ConditionAND():
                return ir.And(tuple([self.walk(one) for one in tree.args]))
            case ConditionOR():
                return ir.Or(tuple([self.walk(one) for one in tree.args]))
            case ConditionNOT():
                return ir.Not(self.walk(tree.args[0]))
            case ConditionSelector():
                return self._selected(tree)
            case ConditionIdentifier():
                return self._named(tree.identifier)
        raise TypeError(f"no condition: {tree!r}")

    def _named(self, name: str) -> ir.Expr:
        if name not in self._rule.parsed.detection.detections:
            known = ", ".join(f"`{one}`" for one in list(self._rule.parsed.detection.detections)[:10])
            raise self._refused(f"the rule has no detection `{name}`", name, f"it has {known}")
        return self._meaning(name)

    def _selected(self, selector: ConditionSelector) -> ir.Expr:
        pattern = "*" if selector.pattern == "them" else selector.pattern
        hidden = pattern.startswith("_")
        names = [
            name
            for name in self._rule.parsed.detection.detections
            if fits(pattern, name) and (hidden or not name.startswith("_"))
        ]
        if not names:
            message = f"no detection of the rule is called `{selector.pattern}`"
            raise self._refused(message, selector.pattern, "`_` at its beginning hides a detection")
        items = tuple([self._meaning(name) for name in names])
        return ir.And(items) if selector.cond_class is ConditionAND else ir.Or(items)

    def _refused(self, message: str, name: str, hint: str) -> QuerySyntaxError:
        text = self._rule.document.text
        start = text.find(name, self._span.start, self._span.end)
        span = Span(start, start + len(name)) if start >= 0 else self._span
        return QuerySyntaxError(message, text, span, hint=hint)


def _span(rule: DetectionRule, index: int) -> Span:
    node = rule.document.below("detection", "condition")
    if node is None:
        return rule.document.span("detection")
    item = child(node, index)
    return span_of(rule.document.text, item[0] if item else node)


def _within(rule: DetectionRule, span: Span, condition: str, offset: int) -> Span:
    """The place of a character of the condition, counted as pyparsing does, after tabs have become spaces: known where
    the file has the condition as it is."""
    start = rule.document.text.find(condition, span.start, span.end)
    if start < 0:
        return span
    places = range(len(condition))
    at = next((place for place in places if len(condition[: place + 1].expandtabs()) > offset), len(condition))
    return Span(start + at, start + at + 1)
