"""A file's documents as rules: detection rules that pySigma has parsed, and correlations over them."""

import re
from dataclasses import dataclass
from typing import Any, cast

from sigma.exceptions import SigmaError
from sigma.policy import SigmaPolicy
from sigma.policy.regex_engine import RegexEngine, RegexPattern
from sigma.rule import SigmaRule
from sigma.rule.detection import SigmaDetection, SigmaDetectionItem

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.sigma.correlation import SigmaCorrelation, read_correlation
from bartizan.query.sigma.document import Document, read_documents
from bartizan.query.span import Span

_HINT = "what a rule is made of: sigmahq.io/docs/basics/rules.html"
_PLACES = {"condition": ("detection", "condition")}
"""Where pySigma's error about a part of a rule stands, unless it is the part's own key."""


@dataclass(frozen=True, slots=True)
class LogSource:
    """What a rule says of the logs it is for; '' where it says nothing."""

    product: str = ""
    category: str = ""
    service: str = ""

    def __str__(self) -> str:
        return "/".join(part or "*" for part in (self.product, self.category, self.service))


@dataclass(frozen=True, slots=True)
class DetectionRule:
    """A rule that decides one event: `parsed` is pySigma's, with its modifiers already applied to the values."""

    document: Document
    title: str
    id: str
    name: str
    logsource: LogSource
    parsed: SigmaRule


SigmaDocument = DetectionRule | SigmaCorrelation


class _Unchecked(RegexEngine):
    """pySigma tries each `re` value in an engine of its own; here `query/regex/pcre.py` reads them afterwards."""

    def compile(self, pattern: str, flags: int = 0) -> RegexPattern:
        return cast(RegexPattern, re.compile(""))

    @property
    def error(self) -> type[Exception]:
        return re.error


def read_rules(text: str) -> tuple[SigmaDocument, ...]:
    """Every rule of a file. Raises `QuerySyntaxError` with the place for what is wrong."""
    documents = read_documents(text)
    if not documents:
        raise QuerySyntaxError("the file has no rule", text, Span(0, 1), hint=_HINT)
    return tuple(_rule(document) for document in documents)


def read_detection_rule(text: str) -> DetectionRule:
    """The one detection rule that `text` is. Raises `QuerySyntaxError`."""
    first, *others = read_rules(text)
    if others or not isinstance(first, DetectionRule):
        raise QuerySyntaxError(
            "this is not one detection rule",
            text,
            Span(0, 1),
            hint="a correlation is a search of its own, no condition on one event",
        )
    return first


def fields_of(rule: DetectionRule) -> frozenset[str]:
    """The fields that a rule names."""
    pending: list[SigmaDetection | SigmaDetectionItem] = list(rule.parsed.detection.detections.values())
    found: set[str] = set()
    while pending:
        part = pending.pop()
        if isinstance(part, SigmaDetection):
            pending.extend(part.detection_items)
        elif part.field is not None:
            found.add(part.field)
    return frozenset(found)


def _rule(document: Document) -> SigmaDocument:
    for key, what in (("action", "collections of rules (`action`)"), ("filter", "Sigma's filters")):
        if key in document.data:
            raise QuerySyntaxError(f"{what} are not read", document.text, document.span(key), hint=_HINT)
    if "correlation" in document.data:
        return read_correlation(document)
    _check_shape(document)
    try:
        parsed = SigmaRule.from_dict(document.data, policy=SigmaPolicy(regex_engine=_Unchecked()))
    except SigmaError as error:
        raise QuerySyntaxError(_sentence(error), document.text, _place(document, error), hint=_HINT) from None
    except Exception as error:  # pySigma trusts the types of what it reads, a hostile rule breaks it anywhere
        message = f"the rule can't be read: {type(error).__name__}"
        raise QuerySyntaxError(message, document.text, _place(document, error), hint=_HINT) from None
    source = parsed.logsource
    logsource = LogSource(source.product or "", source.category or "", source.service or "")
    return DetectionRule(document, parsed.title, str(parsed.id or ""), parsed.name or "", logsource, parsed)


def _check_shape(document: Document) -> None:
    detection = document.data.get("detection")
    if not isinstance(detection, dict) or not all(isinstance(name, str) for name in detection):
        span = document.span("detection")
        raise QuerySyntaxError("a rule has a map `detection` of named conditions", document.text, span, hint=_HINT)
    if not isinstance(document.data.get("logsource"), dict):
        raise QuerySyntaxError("a rule has a map `logsource`", document.text, document.span("logsource"), hint=_HINT)
    condition = detection.get("condition")
    if not all(isinstance(one, str) for one in (condition if isinstance(condition, list) else [condition])):
        span = document.span("detection", "condition")
        raise QuerySyntaxError("a rule has a `condition`, a text or a list of them", document.text, span, hint=_HINT)


def _place(document: Document, error: Exception) -> Span:
    """The first item of the detection that pySigma refuses, else the part that its error is named for."""
    detection = document.data["detection"]
    for name, definition in detection.items():
        for path, key, value in _items((name,), definition):
            try:
                SigmaDetectionItem.from_mapping(key, value, policy=SigmaPolicy(regex_engine=_Unchecked()))
            except Exception as again:
                if type(again) is type(error) and name != "condition":
                    return document.span("detection", *path)
    part = type(error).__name__.removeprefix("Sigma").removesuffix("Error").lower()
    return document.span(*_PLACES.get(part, (part,)))


def _items(path: tuple[str | int, ...], definition: Any) -> list[tuple[tuple[str | int, ...], str | None, Any]]:
    if isinstance(definition, dict):
        return [((*path, key), key, value) for key, value in definition.items()]
    if isinstance(definition, list) and any(isinstance(one, dict | list) for one in definition):
        return [item for index, one in enumerate(definition) for item in _items((*path, index), one)]
    return [(path, None, definition)]


def _sentence(error: SigmaError) -> str:
    return " ".join(str(error).split())[:300]
