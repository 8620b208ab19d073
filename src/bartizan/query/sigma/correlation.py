"""Correlation rules, parsed and checked; `wanted.py` says what they mean.

sigmahq.io/docs/meta/correlations.html. What is read: which rules, grouped by which fields, within which time, and when.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

from sigma.correlations import SigmaCorrelationCondition, SigmaCorrelationRule
from sigma.exceptions import SigmaError

from bartizan.query.errors import QuerySyntaxError
from bartizan.query.sigma.document import Document
from bartizan.query.span import Span

_HINT = "how correlations are written: sigmahq.io/docs/meta/correlations.html"
MAX_RULES = 100
"""Most rules that one correlation names."""
MAX_TIMESPAN_S = 10 * 366 * 86_400
"""Longest time a correlation may span, in seconds."""


class CorrelationKind(StrEnum):
    """What is counted, summed or ordered."""

    EVENT_COUNT = "event_count"
    VALUE_COUNT = "value_count"
    TEMPORAL = "temporal"
    TEMPORAL_ORDERED = "temporal_ordered"
    VALUE_SUM = "value_sum"
    VALUE_AVG = "value_avg"
    VALUE_PERCENTILE = "value_percentile"
    VALUE_MEDIAN = "value_median"


@dataclass(frozen=True, slots=True)
class Threshold:
    """The number that the correlation's value is compared with."""

    operator: Literal["lt", "lte", "gt", "gte", "eq", "neq"]
    value: int | float
    fields: tuple[str, ...] = ()
    """What is counted or summed; empty where events or rules are."""
    percentile: int | None = None
    """Which one, 0 to 100, for `value_percentile`."""


@dataclass(frozen=True, slots=True)
class RuleExpression:
    """Which of the rules must have matched: names with `and`, `or`, `not` and brackets."""

    text: str


@dataclass(frozen=True, slots=True)
class SigmaCorrelation:
    """A rule over the matches of other rules."""

    document: Document
    title: str
    id: str
    name: str
    kind: CorrelationKind
    rules: tuple[str, ...]
    """Names or ids, in the order in which `temporal_ordered` wants them."""
    group_by: tuple[str, ...]
    timespan_s: int
    condition: Threshold | RuleExpression
    aliases: tuple[tuple[str, tuple[tuple[str, str], ...]], ...] = ()
    """A name used in `group_by`, and the field it stands for in each rule."""
    generate: bool = False
    """Whether the rules named also alert by themselves."""


def read_correlation(document: Document) -> SigmaCorrelation:
    """The correlation that a document is. Raises `QuerySyntaxError` with the place of what is wrong."""
    _check_shape(document)
    try:
        parsed = SigmaCorrelationRule.from_dict(document.data)
        found = _correlation(document, parsed)
    except SigmaError as error:
        raise _refused(document, " ".join(str(error).split())[:300], _key(str(error))) from None
    except QuerySyntaxError:
        raise
    except Exception as error:  # as with detection rules, pySigma trusts the types of what it reads
        raise _refused(document, f"the correlation can't be read: {type(error).__name__}", "") from None
    _check(document, found)
    return found


def _correlation(document: Document, parsed: SigmaCorrelationRule) -> SigmaCorrelation:
    named = tuple(rule.reference for rule in parsed.rules or ())
    if isinstance(parsed.condition, SigmaCorrelationCondition):
        condition: Threshold | RuleExpression = _threshold(parsed.condition)
    else:
        condition = RuleExpression(parsed.condition.expression)
        named = named or tuple(parsed.condition.get_referenced_rules())
    return SigmaCorrelation(
        document=document,
        title=parsed.title,
        id=str(parsed.id or ""),
        name=parsed.name or "",
        kind=CorrelationKind(parsed.type.name.lower()),
        rules=named,
        group_by=tuple(parsed.group_by or ()),
        timespan_s=parsed.timespan.seconds,
        condition=condition,
        aliases=tuple(
            (alias.alias, tuple((rule.reference, field) for rule, field in alias.mapping.items()))
            for alias in parsed.aliases
        ),
        generate=parsed.generate,
    )


def _threshold(condition: SigmaCorrelationCondition) -> Threshold:
    named = condition.fieldref
    fields = (named,) if isinstance(named, str) else tuple(named or ())
    operator: Literal["lt", "lte", "gt", "gte", "eq", "neq"] = condition.op.name.lower()  # type: ignore[assignment]
    return Threshold(operator, condition.count, fields, condition.percentile)


def _check_shape(document: Document) -> None:
    """What pySigma takes as given."""
    section = document.data["correlation"]
    if not isinstance(section, dict):
        raise QuerySyntaxError("`correlation` is a map", document.text, document.span("correlation"), hint=_HINT)
    for key in ("rules", "group-by"):
        value = section.get(key)
        if value is not None and not (isinstance(value, str) or _are_texts(value)):
            raise _refused(document, f"`{key}` is a name or a list of names", key)
    condition = section.get("condition")
    if isinstance(condition, str) and (len(condition) > 10_000 or condition.count("(") > 50):
        raise _refused(document, "the condition is too long", "condition")
    field = condition.get("field") if isinstance(condition, dict) else None
    if field is not None and not (isinstance(field, str) or _are_texts(field)):
        raise _refused(document, "a condition's `field` is a name or a list of names", "condition")


def _check(document: Document, found: SigmaCorrelation) -> None:
    if not 1 <= len(found.rules) <= MAX_RULES:
        raise _refused(document, f"a correlation names 1 to {MAX_RULES} rules", "rules")
    if found.timespan_s > MAX_TIMESPAN_S:
        raise _refused(document, "the timespan is longer than ten years", "timespan")
    percentile = found.condition.percentile if isinstance(found.condition, Threshold) else None
    if found.kind is CorrelationKind.VALUE_PERCENTILE and (percentile is None or not 0 <= percentile <= 100):
        raise _refused(document, "`value_percentile` has a `percentile` from 0 to 100", "condition")
    for alias, mapping in found.aliases:
        unknown = [rule for rule, _ in mapping if rule not in found.rules]
        if unknown:
            raise _refused(document, f"the alias `{alias}` names `{unknown[0]}`, which is none of `rules`", "aliases")


def _are_texts(value: object) -> bool:
    return isinstance(value, list) and all(isinstance(one, str) for one in value)


def _key(message: str) -> str:
    """The part of the correlation that a message of pySigma's is about."""
    lowered = message.lower()
    keys = ("condition", "timespan", "alias", "group-by", "generate", "type", "rule reference")
    found = next((key for key in keys if key in lowered), "")
    return {"alias": "aliases", "rule reference": "rules"}.get(found, found)


def _refused(document: Document, message: str, key: str) -> QuerySyntaxError:
    span: Span = document.span("correlation", key) if key else document.span("correlation")
    return QuerySyntaxError(message, document.text, span, hint=_HINT)
