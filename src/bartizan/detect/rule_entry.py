"""A rule as the keys of its file: only what differs from what a file that doesn't say it means."""

from collections.abc import Callable, Mapping
from typing import Any

from bartizan.detect.exceptions import Entry, RuleException
from bartizan.detect.keys import span_text
from bartizan.detect.responses import action_entry, notify_entry
from bartizan.detect.rule import Rule, Schedule
from bartizan.detect.rule_file import WITHOUT_INDEX
from bartizan.detect.rule_settings import LANGUAGES
from bartizan.detect.settings import (
    CorrelationSettings,
    EqlSettings,
    EsqlSettings,
    IndicatorSettings,
    MachineLearningSettings,
    NewTermsSettings,
    Overrides,
    Settings,
    Suppression,
    ThresholdSettings,
)
from bartizan.query.query_fields import ECS_FIELDS

_DEFAULTS = IndicatorSettings((), ())


def rule_entry(rule: Rule) -> dict[str, Any]:
    """The keys in the order of a file; `read_rule` gives the same rule again, but for the file it is in."""
    entry = {
        "id": rule.id,
        "name": rule.name,
        "description": rule.description,
        "type": rule.type,
        "language": "" if LANGUAGES.get(rule.type) == rule.language else rule.language,
        "index": [] if WITHOUT_INDEX.get(rule.type) == rule.index else list(rule.index),
        "severity": rule.severity,
        "risk_score": rule.risk_score,
        "attack": [f"{one.tactic.id}/{(one.subtechnique or one.technique).id}" for one in rule.threats],
        "schedule": {} if rule.schedule == Schedule() else _schedule(rule.schedule),
        "max_alerts": rule.max_alerts if rule.max_alerts != 1000 else None,
        "building_block": rule.is_building_block or None,
        "unknown_fields": "missing" if rule.unknown_fields == "missing" else "",
        "reason": rule.reason,
        "query": rule.query,
        "filters": rule.filters,
        "false_positives": list(rule.false_positives),
        "guide": rule.guide,
        "references": list(rule.references),
        "tags": list(rule.tags),
        "suppress": _suppression(rule.suppression) if rule.suppression else {},
        "override": _overrides(rule.overrides),
        **({rule.type: _settings(rule.settings)} if rule.settings else {}),
        "exception_lists": list(rule.exception_lists),
        "notify": notify_entry(rule.notify),
        "actions": [action_entry(one) for one in rule.actions],
        "exceptions": [_exception(one) for one in rule.exceptions],
    }
    return _said(entry)


def _said(entry: Mapping[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in entry.items() if value not in (None, "", [], {})}


def _schedule(schedule: Schedule) -> dict[str, Any]:
    return {"every": span_text(schedule.every_s), "lookback": span_text(schedule.lookback_s)}


def _suppression(own: Suppression) -> dict[str, Any]:
    span = span_text(own.span_s) if own.span_s is not None else ""
    return _said({"by": list(own.by), "span": span, "missing": "alone" if own.missing == "alone" else ""})


def _overrides(own: Overrides) -> dict[str, Any]:
    severity = [{"field": one.field, "value": one.value, "severity": one.severity} for one in own.severity]
    return _said({"severity": severity, "risk_score": own.risk_score, "name": own.name, "timestamp": own.timestamp})


def _exception(own: RuleException) -> dict[str, Any]:
    entries = [_entry(one) for one in own.entries]
    return _said({"name": own.name, "expires": own.expires_at, "entries": entries})


def _entry(own: Entry) -> dict[str, Any]:
    nested = [_entry(one) for one in own.entries]
    values = list(own.values) if own.operator not in ("exists", "nested") else []
    said = {"field": own.field, "operator": own.operator, "values": values, "negate": own.negate or None}
    return _said({**said, "entries": nested})


def _settings(own: Settings) -> dict[str, Any]:
    return _said(_WRITERS[type(own)](own))


def _eql(own: EqlSettings) -> dict[str, Any]:
    fields = own.fields
    return {
        "timestamp_field": fields.timestamp if fields.timestamp != ECS_FIELDS.timestamp else "",
        "event_category_field": fields.event_category if fields.event_category != ECS_FIELDS.event_category else "",
        "tiebreaker_field": fields.tiebreaker if fields.tiebreaker != ECS_FIELDS.tiebreaker else "",
        "span": span_text(own.span_s) if own.span_s != EqlSettings().span_s else "",
    }


def _threshold(own: ThresholdSettings) -> dict[str, Any]:
    counted = {"field": own.cardinality.field, "count": own.cardinality.count} if own.cardinality else {}
    return {"fields": list(own.fields), "count": own.count, "span": span_text(own.span_s), "cardinality": counted}


def _new_terms(own: NewTermsSettings) -> dict[str, Any]:
    return {"fields": list(own.fields), "history": span_text(own.history_s)}


def _indicators(own: IndicatorSettings) -> dict[str, Any]:
    return {
        "index": list(own.index),
        "match": [[{"field": one.field, "indicator": one.indicator} for one in pairs] for pairs in own.match],
        "query": own.query if own.query != _DEFAULTS.query else "",
        "language": own.language if own.language != _DEFAULTS.language else "",
        "filters": own.filters,
        "retro": span_text(own.retro_s) if own.retro_s != _DEFAULTS.retro_s else "",
    }


def _esql(own: EsqlSettings) -> dict[str, Any]:
    return {"span": span_text(own.span_s) if own.span_s != EsqlSettings().span_s else ""}


def _correlation(own: CorrelationSettings) -> dict[str, Any]:
    return {
        "rules": list(own.rules),
        "by": list(own.by),
        "span": span_text(own.span_s),
        "ordered": own.is_ordered or None,
    }


def _machine_learning(own: MachineLearningSettings) -> dict[str, Any]:
    return {"jobs": list(own.jobs), "score": own.score if own.score != 50 else None}


_WRITERS: Mapping[type, Callable[[Any], dict[str, Any]]] = {
    EqlSettings: _eql,
    ThresholdSettings: _threshold,
    NewTermsSettings: _new_terms,
    IndicatorSettings: _indicators,
    EsqlSettings: _esql,
    CorrelationSettings: _correlation,
    MachineLearningSettings: _machine_learning,
}
