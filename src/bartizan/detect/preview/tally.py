"""Adds up what each rule finds, slice by slice and alert by alert, within bounds."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from heapq import nlargest
from typing import Any, Protocol

from bartizan.detect.document import alert_id, alert_of
from bartizan.detect.executor import Hit
from bartizan.detect.preview.period import Period, date_of
from bartizan.detect.preview.result import Entity, Preview, RulePreview
from bartizan.detect.rule import Rule
from bartizan.ecs.registry import Registry

ENTITY_FIELDS = (
    "user.name",
    "source.ip",
    "host.name",
    "cloud.account.id",
    "cloud.region",
    "event.action",
    "process.name",
    "destination.ip",
)
"""Fields that tell whom and what alerts are about."""

TOP = 10
"""Values that are shown of a field."""
KEPT_VALUES = 200
"""Values that are kept of a field from slice to slice."""
SAMPLES = 3
"""Alerts of a rule that are given whole."""
_V4_PREFIX = "::ffff:"
"""What ClickHouse writes before an IPv4 address within IPv6 (RFC 4291, 2.5.5.2)."""


@dataclass(slots=True)
class RuleTally:
    """What one rule has found so far."""

    rule: Rule
    """As it is, not as it is evaluated for the preview."""
    is_off: bool = False
    streams: frozenset[str] = frozenset()
    alerts: int = 0
    is_least: bool = False
    matched: int = 0
    suppressed: int = 0
    error: str = ""
    buckets: Counter[int] = field(default_factory=Counter)
    entities: dict[str, Counter[str]] = field(default_factory=dict)
    samples: dict[str, Hit] = field(default_factory=dict)
    """By the alert's id."""

    def add_counts(self, alerts: int, buckets: Mapping[int, int], entities: Mapping[str, Mapping[str, int]]) -> None:
        """Events of a slice, each an alert."""
        self.alerts += alerts
        self.matched += alerts
        self.buckets.update(buckets)
        for name, values in entities.items():
            self._count(name, values)

    def add_hits(self, hits: Iterable[Hit], period: Period) -> None:
        """Alerts one by one; those outside of the period don't count."""
        for hit in hits:
            at_ms = int(datetime.fromisoformat(hit.at).timestamp() * 1000)
            if period.start_ms <= at_ms < period.end_ms:
                self._add_hit(hit, at_ms // period.bucket_ms)

    def add_samples(self, hits: Iterable[Hit]) -> None:
        """Alerts that may be shown: the newest are kept."""
        for hit in hits:
            self.samples[alert_id(self.rule.id, hit.identity)] = hit
        self.samples = dict(nlargest(SAMPLES, self.samples.items(), key=lambda item: (item[1].at, item[0])))

    def _add_hit(self, hit: Hit, bucket: int) -> None:
        self.alerts += 1
        self.matched += max(hit.count, hit.suppressed)
        self.suppressed += max(hit.suppressed - 1, 0)
        self.buckets[bucket] += 1
        for name in ENTITY_FIELDS:
            if isinstance(value := hit.fields.get(name), str | int):
                self._count(name, {str(value): 1})
        self.add_samples([hit])

    def _count(self, name: str, values: Mapping[str, int]) -> None:
        counted = self.entities.setdefault(name, Counter())
        counted.update({value.removeprefix(_V4_PREFIX): count for value, count in values.items() if value})
        if len(counted) > 2 * KEPT_VALUES:
            self.entities[name] = Counter(dict(counted.most_common(KEPT_VALUES)))


def preview_of(tallies: Iterable[RuleTally], period: Period, events: Mapping[str, int], registry: Registry) -> Preview:
    """The preview, given the number of the period's events by stream."""
    rules = [_rule_preview(tally, period, events, registry) for tally in tallies]
    rules.sort(key=lambda one: (-one.alerts, one.id))
    alerts = sum(one.alerts for one in rules)
    return Preview(
        start=date_of(period.start_ms),
        end=date_of(period.end_ms),
        bucket_s=period.bucket_ms // 1000,
        buckets=tuple(date_of(number * period.bucket_ms) for number in period.buckets),
        events=sum(events.values()),
        alerts=alerts,
        per_day=round(alerts / period.days, 2),
        histogram=tuple(map(sum, zip(*(one.histogram for one in rules), strict=True))) or (0,) * len(period.buckets),
        entities=together(rules),
        rules=tuple(rules),
        failed=sum(bool(one.error) for one in rules),
    )


def _rule_preview(tally: RuleTally, period: Period, events: Mapping[str, int], registry: Registry) -> RulePreview:
    rule = tally.rule
    looked_at = sum(events.get(stream, 0) for stream in tally.streams)
    return RulePreview(
        id=rule.id,
        name=rule.name,
        type=rule.type,
        severity=rule.severity,
        alerts=tally.alerts,
        is_least=tally.is_least,
        per_day=round(tally.alerts / period.days, 2),
        matched=tally.matched,
        share=round(min(tally.matched / looked_at, 1.0), 6) if looked_at else 0.0,
        cut=max(tally.alerts - rule.max_alerts, 0),
        suppressed=tally.suppressed,
        histogram=tuple(tally.buckets[number] for number in period.buckets),
        entities=top_of(tally.entities),
        samples=samples_of(tally, registry),
        error=tally.error,
        exceptions=len(rule.exceptions),
        is_off=tally.is_off,
    )


class _Counted(Protocol):
    @property
    def entities(self) -> Mapping[str, tuple[Entity, ...]]: ...


def together(rules: Iterable[_Counted]) -> dict[str, tuple[Entity, ...]]:
    """The most frequent values of each field over some rules."""
    counted: dict[str, Counter[str]] = {}
    for rule in rules:
        for name, values in rule.entities.items():
            counted.setdefault(name, Counter()).update({one.value: one.alerts for one in values})
    return top_of(counted)


def samples_of(tally: RuleTally, registry: Registry) -> tuple[dict[str, Any], ...]:
    """The alerts that are shown, as they would have been stored."""
    return tuple(alert_of(hit, registry) for hit in tally.samples.values())


def top_of(counted: Mapping[str, Counter[str]]) -> dict[str, tuple[Entity, ...]]:
    """The most frequent values of each field."""
    fields = [name for name in ENTITY_FIELDS if counted.get(name)]
    return {name: tuple(Entity(*one) for one in counted[name].most_common(TOP)) for name in fields}
