"""What the types of rules look for beside their query: one dataclass for each type."""

from dataclasses import dataclass
from typing import Literal

from bartizan.query.query_fields import ECS_FIELDS, QueryFields

MINUTE_S = 60
HOUR_S = 3600
DAY_S = 86400


@dataclass(frozen=True, slots=True)
class EqlSettings:
    """What an EQL query reads."""

    fields: QueryFields = ECS_FIELDS
    """Names of the fields with an event's time, category and tiebreaker."""
    span_s: int = HOUR_S
    """Seconds from the first event of a sequence to its last where the query has no `maxspan`."""


@dataclass(frozen=True, slots=True)
class Cardinality:
    """At least `count` different values of `field`."""

    field: str
    count: int


@dataclass(frozen=True, slots=True)
class ThresholdSettings:
    """At least `count` events with the same values of `fields` within `span_s`."""

    count: int
    fields: tuple[str, ...] = ()
    """None counts all events together."""
    span_s: int = 5 * MINUTE_S
    cardinality: Cardinality | None = None


@dataclass(frozen=True, slots=True)
class NewTermsSettings:
    """Values of `fields`, taken together, that no event had in the `history_s` before."""

    fields: tuple[str, ...]
    history_s: int = 14 * DAY_S


@dataclass(frozen=True, slots=True)
class Pair:
    """A field of events whose value is that of a field of indicators."""

    field: str
    indicator: str


@dataclass(frozen=True, slots=True)
class IndicatorSettings:
    """Which indicators events are compared with."""

    index: tuple[str, ...]
    match: tuple[tuple[Pair, ...], ...]
    """One of these holds; in each of them, all pairs hold for one indicator."""
    query: str = "*"
    """Which indicators count."""
    language: str = "kql"
    filters: str = ""
    """Kibana's filters beside that query, as `Rule.filters`."""
    retro_s: int = 30 * DAY_S
    """Seconds before a new indicator arrived within which stored events are compared with it; 0 is none."""


@dataclass(frozen=True, slots=True)
class EsqlSettings:
    """Over which time a query that aggregates is asked."""

    span_s: int = 5 * MINUTE_S
    """Seconds of event time that each answer is about: spans follow each other, beginning at 1970."""


@dataclass(frozen=True, slots=True)
class CorrelationSettings:
    """Alerts of all of `rules` about the same entity within `span_s`."""

    rules: tuple[str, ...]
    """Ids of the rules, in their order where `is_ordered`."""
    by: tuple[str, ...]
    """Fields whose values make the entity."""
    span_s: int = HOUR_S
    is_ordered: bool = False


@dataclass(frozen=True, slots=True)
class MachineLearningSettings:
    """Anomalies that jobs found."""

    jobs: tuple[str, ...]
    score: int = 50
    """Least score of an anomaly, 0 to 100."""


Settings = (
    EqlSettings
    | ThresholdSettings
    | NewTermsSettings
    | IndicatorSettings
    | EsqlSettings
    | CorrelationSettings
    | MachineLearningSettings
)


@dataclass(frozen=True, slots=True)
class Suppression:
    """Of the alerts with the same values of `by`, one is raised, and the others are counted."""

    by: tuple[str, ...]
    span_s: int | None = None
    """Seconds of event time that one alert stands for, spans beginning at 1970; None is one run of the rule."""
    missing: Literal["together", "alone"] = "together"
    """Whether events without a value of `by` are taken together or stay alerts of their own."""


@dataclass(frozen=True, slots=True)
class SeverityOverride:
    """An event whose `field` has `value` raises an alert of this severity."""

    field: str
    value: str
    severity: str


@dataclass(frozen=True, slots=True)
class Overrides:
    """What of an alert the event decides instead of the rule."""

    severity: tuple[SeverityOverride, ...] = ()
    """The gravest that holds counts."""
    risk_score: str = ""
    """A field with a number from 0 to 100."""
    name: str = ""
    """A field with the alert's rule name."""
    timestamp: str = ""
    """A field with the time by which events count as they happened."""
