"""What the rules cover of ATT&CK: each technique with its rules, those whose streams have data, and their last run."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from bartizan.detect.attack.registry import Technique, Threat
from bartizan.detect.executors import executor_of
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.meaning import Knowledge, streams_of
from bartizan.detect.rule import Rule
from bartizan.errors import BartizanError
from bartizan.query.schema import Schema


@dataclass(frozen=True, slots=True)
class Covered:
    """A technique, used for one tactic."""

    tactic: str
    """Short name, such as `defense-evasion`."""
    technique: Technique
    rules: tuple[Rule, ...]
    with_data: tuple[Rule, ...]
    """Of the rules, those that read a stream that has events."""
    last_run: str | None
    """When one of the rules last ran (a ClickHouse date text); None for never."""


@dataclass(frozen=True, slots=True)
class Data:
    """What is stored, as far as coverage depends on it."""

    schema: Schema
    """Of the streams that have events."""
    runs: Mapping[str, str]
    """When each rule last ran, by its id."""


def stored_data(schema: Schema, ledger: DetectionLedger) -> Data:
    """What is stored now."""
    with_events = [stream for stream in schema.streams if ledger.last_ingested(stream) is not None]
    return Data(schema.only(with_events), ledger.last_runs())


def coverage(rules: Iterable[Rule], data: Data, known: Knowledge) -> tuple[Covered, ...]:
    """Every technique that a rule names, by tactic and id; a sub-technique stands for itself."""
    found: dict[tuple[str, Technique], list[Rule]] = defaultdict(list)
    for rule in rules:
        for tactic, technique in dict.fromkeys(map(_named, rule.threats)):
            found[tactic, technique].append(rule)
    reading = {rule.id for own in found.values() for rule in own if _reads(rule, data.schema, known)}
    return tuple(
        _covered(tactic, technique, own, reading, data.runs)
        for (tactic, technique), own in sorted(found.items(), key=lambda item: (item[0][0], item[0][1].id))
    )


def _named(threat: Threat) -> tuple[str, Technique]:
    return threat.tactic.short_name, threat.subtechnique or threat.technique


def _covered(
    tactic: str, technique: Technique, rules: list[Rule], reading: set[str], runs: Mapping[str, str]
) -> Covered:
    with_data = tuple(rule for rule in rules if rule.id in reading)
    last_run = max((runs[rule.id] for rule in rules if rule.id in runs), default=None)
    return Covered(tactic, technique, tuple(rules), with_data, last_run)


def _reads(rule: Rule, schema: Schema, known: Knowledge) -> bool:
    """Whether a stream of the rule has events; ES|QL names its streams in the query."""
    if rule.type != "esql":
        return bool(streams_of(rule, schema).streams)
    try:
        return bool(executor_of(rule, schema, known).schema.streams)
    except BartizanError:
        return False
