"""A detection rule: what is looked for, how grave it is, and what it means in ATT&CK."""

from dataclasses import dataclass, field
from pathlib import Path

from bartizan.detect.attack.registry import Threat
from bartizan.detect.exceptions import RuleException
from bartizan.detect.settings import Overrides, Settings, Suppression
from bartizan.query.schema import UnknownFields

SEVERITIES = ("low", "medium", "high", "critical")


@dataclass(frozen=True, slots=True)
class Schedule:
    """How often a rule runs, and how far before its window it looks."""

    every_s: int = 300
    lookback_s: int = 60


@dataclass(frozen=True, slots=True)
class RuleNotify:
    """Whom a rule's alerts are told to."""

    connectors: tuple[str, ...]
    """Their names."""
    every_s: int = 0
    """Least seconds between two notifications of the rule by one connector: what comes sooner waits and is told
    together. 0 tells each alert."""


@dataclass(frozen=True, slots=True)
class DeclaredAction:
    """Something to be done about a rule's alerts, as it is declared; whether that may be is not decided here."""

    type: str
    settings: tuple[tuple[str, str | tuple[str, ...]], ...] = ()


@dataclass(frozen=True, slots=True)
class Rule:
    """What is looked for, how grave it is, and what it means in ATT&CK."""

    id: str
    name: str
    type: str
    language: str
    query: str
    index: tuple[str, ...]
    """Index patterns of the streams it reads."""
    severity: str
    risk_score: int
    threats: tuple[Threat, ...]
    description: str
    reason: str
    """One sentence for people with `{ecs.field}` places; empty takes a general one."""
    schedule: Schedule
    guide: str
    false_positives: tuple[str, ...]
    references: tuple[str, ...]
    tags: tuple[str, ...]
    file: Path
    max_alerts: int = 1000
    """Alerts of one run; what is cut is counted and told."""
    settings: Settings | None = None
    """What its type asks for beside the query; None for `query`."""
    filters: str = ""
    """Kibana's filters beside the query, JSON in Elasticsearch's Query DSL; empty for none."""
    suppression: Suppression | None = None
    overrides: Overrides = field(default_factory=Overrides)
    exceptions: tuple[RuleException, ...] = ()
    """Events that it never counts."""
    exception_lists: tuple[str, ...] = ()
    """Names of shared lists of exceptions that are its own too."""
    is_building_block: bool = False
    """Whether its alerts are only there for other rules, and shown to people who ask for them."""
    notify: RuleNotify | None = None
    """Whom its alerts are told to, beside the routes of the configuration."""
    actions: tuple[DeclaredAction, ...] = ()
    """What is to be done about its alerts."""
    unknown_fields: UnknownFields = "error"
    """`error`, or `missing` for rules of others: a field that nobody knows has no value."""
