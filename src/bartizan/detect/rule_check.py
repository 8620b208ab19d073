"""Checks rules against their own samples: each record of `X.match.ndjson` is found, none of `X.benign.ndjson` is. What
`X.history.ndjson` holds was there before."""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from bartizan.detect.meaning import Knowledge
from bartizan.detect.reason import fields
from bartizan.detect.rule import Rule
from bartizan.detect.rule_trial import AddAlerts, Samples, Trial, Trying
from bartizan.detect.runner import Evaluator
from bartizan.detect.settings import CorrelationSettings
from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine, rows
from bartizan.engine.statements import fixed
from bartizan.errors import BartizanError
from bartizan.ingest.loader import Loader
from bartizan.ingest.objects import Reading, read_object
from bartizan.ingest.progress import NOTHING
from bartizan.ingest.spool import Spool
from bartizan.query.budget import Budget
from bartizan.query.schema import Schema
from bartizan.query.search import stored_schema

MAX_SAMPLES = 1_000_000
"""A rule is asked for every sample that it finds, also those of other rules, however few alerts it may raise."""

_COUNTS = """
SELECT `log.file.path` AS file, count() AS records, countIf(`event.kind` = 'pipeline_error') AS failed
FROM {table: Identifier} GROUP BY file
"""

_LAST = "SELECT toString(max(`event.ingested`)) AS last, count() AS events FROM {table: Identifier}"


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a rule or a sample."""

    file: Path
    message: str


@dataclass(frozen=True, slots=True)
class SampleStore:
    """A throw-away store that samples are loaded into."""

    engine: Engine
    spool: Spool
    loader: Loader
    reading: Reading
    registry: Registry
    namespace: str
    add_alerts: AddAlerts | None = None
    """Stores alerts, for correlations."""


def sample_files(rule: Rule) -> tuple[Path, Path]:
    """Where a rule's samples are: what it must find, and what it must not."""
    return _beside(rule, "match"), _beside(rule, "benign")


def _beside(rule: Rule, kind: str) -> Path:
    stem = rule.file.with_suffix("")
    return stem.with_name(f"{stem.name}.{kind}.ndjson")


@dataclass(frozen=True, slots=True)
class Tested:
    """What a rule finds in its samples."""

    rule: Rule
    found: int
    """Records of the match samples, or alerts over them, that were found."""
    expected: int
    """Least that must be found; 0 without samples."""
    benign: int
    """What was found in the benign samples; must be 0."""
    form: str
    """Its type, and where that has several, the language or what is asked for."""
    problems: tuple[Problem, ...]


@dataclass(frozen=True, slots=True)
class Report:
    """What testing rules came to."""

    tested: tuple[Tested, ...]
    problems: tuple[Problem, ...]
    """All of them, those of samples that can't be read first."""


def try_samples(rules: Iterable[Rule], store: SampleStore, now: datetime, others: Mapping[str, Rule]) -> Report:
    """Load all samples, run all rules over them, and tell what is not as it should be; correlations may name rules
    of `others` too."""
    rules = [replace(rule, max_alerts=MAX_SAMPLES) for rule in rules]
    problems = [*_missing(rules, others)]
    for stream in store.reading.catalog:
        store.loader.prepare(stream.name(store.namespace))
    problems += _load(store, (_beside(rule, "history") for rule in rules))
    after = _last_ingested(store)
    problems += _load(store, (file for rule in rules for file in sample_files(rule)))
    schema = stored_schema(store.engine, store.registry)
    evaluator = Evaluator(store.engine, schema, Knowledge(now), Budget(), is_last=True)
    trying = Trying(evaluator, {rule.id: _samples(rule) for rule in rules}, after, store.add_alerts)
    trial = trying.run([*rules, *_named_others(rules, others)])
    counts = _counts(store.engine, schema)
    tested = tuple(_tested(rule, trial, counts, store.registry) for rule in rules)
    return Report(tested, (*problems, *(problem for one in tested for problem in one.problems)))


def check_rules(
    rules: Iterable[Rule], store: SampleStore, now: datetime, others: Mapping[str, Rule] | None = None
) -> tuple[Problem, ...]:
    """What is wrong with rules and their samples."""
    return try_samples(rules, store, now, others or {}).problems


def _samples(rule: Rule) -> Samples:
    history = _beside(rule, "history")
    files = tuple(file for file in sample_files(rule) if file.exists())
    return Samples(files, history if history.exists() else None)


def _named(rule: Rule) -> tuple[str, ...]:
    return rule.settings.rules if isinstance(rule.settings, CorrelationSettings) else ()


def _named_others(rules: Sequence[Rule], others: Mapping[str, Rule]) -> list[Rule]:
    own = {rule.id for rule in rules}
    named = dict.fromkeys(id for rule in rules for id in _named(rule))
    return [replace(others[id], max_alerts=MAX_SAMPLES) for id in named if id not in own and id in others]


def _missing(rules: Sequence[Rule], others: Mapping[str, Rule]) -> Iterator[Problem]:
    known = {rule.id for rule in rules} | others.keys()
    for rule in rules:
        for id in _named(rule):
            if id not in known:
                yield Problem(rule.file, f"it names rule `{id}`, which is not there")


def _tested(rule: Rule, trial: Trial, counts: Mapping[str, tuple[int, int]], registry: Registry) -> Tested:
    match, benign = sample_files(rule)
    found = trial.found.get(rule.id, {})
    records = counts.get(str(match), (0, 0))[0]
    problems = [
        *(Problem(rule.file, str(one.error)) for one in trial.failed if one.rule.id == rule.id),
        *_verdict(rule, trial, counts),
        *_unknown_places(rule, registry),
    ]
    expected = min(records, 1) if rule.id in trial.alone else records
    form = trial.forms.get(rule.id, rule.type)
    return Tested(rule, found.get(str(match), 0), expected, found.get(str(benign), 0), form, tuple(problems))


def _unknown_places(rule: Rule, registry: Registry) -> Iterator[Problem]:
    for name in fields(rule.reason):
        if registry.get(name) is None:
            near = registry.nearest(name)
            hint = f"; did you mean `{near}`?" if near else ""
            yield Problem(rule.file, f"`reason` has a place for `{name}`, which is no field{hint}")


def _load(store: SampleStore, files: Iterable[Path]) -> list[Problem]:
    problems = []
    for file in filter(Path.exists, files):
        try:
            for routed in read_object(file.open("rb"), str(file), str(file), store.reading, lambda _: NOTHING):
                store.spool.append(routed.stream.name(store.namespace), routed.entry)
        except BartizanError as error:
            problems.append(Problem(file, str(error)))
    store.spool.flush()
    for segment in store.spool.pending():
        store.loader.load(segment)
    return problems


def _last_ingested(store: SampleStore) -> dict[str, str]:
    """The newest arrival in each stream that has one."""
    query = fixed(_LAST)
    streams = stored_schema(store.engine, store.registry).streams
    found = {stream: rows(store.engine, query, {"table": stream})[0] for stream in streams}
    return {stream: str(row["last"]) for stream, row in found.items() if int(row["events"])}


def _counts(engine: Engine, schema: Schema) -> dict[str, tuple[int, int]]:
    """Records and not-understood records of each sample file."""
    query = fixed(_COUNTS)
    found = (row for stream in schema.streams for row in rows(engine, query, {"table": stream}))
    return {row["file"]: (row["records"], row["failed"]) for row in found}


def _verdict(rule: Rule, trial: Trial, counts: Mapping[str, tuple[int, int]]) -> Iterator[Problem]:
    match, benign = sample_files(rule)
    found = trial.found.get(rule.id, {})
    for file in (match, benign):
        records, failed = counts.get(str(file), (0, 0))
        if failed:
            yield Problem(file, f"{failed} of its {records} records are not understood")
    if match.exists():
        yield from _missed(rule, match, counts.get(str(match), (0, 0))[0], found.get(str(match), 0), trial)
    if found.get(str(benign), 0):
        yield Problem(benign, f"the rule finds {found[str(benign)]} of its records, it should find none")


def _missed(rule: Rule, match: Path, records: int, found: int, trial: Trial) -> Iterator[Problem]:
    """A rule on single events finds each record; one on several finds something."""
    if rule.id not in trial.alone and found != records:
        yield Problem(match, f"the rule finds {found} of its {records} records")
    elif not found:
        yield Problem(match, f"the rule finds nothing in its {records} records")
