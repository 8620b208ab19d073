"""Checks rules against their own samples: each record of `X.match.ndjson` is found, none of `X.benign.ndjson` is."""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path

from sqlglot import parse_one

from bartizan.detect.meaning import Knowledge
from bartizan.detect.reason import fields
from bartizan.detect.rule import Rule
from bartizan.detect.rule_trial import Trial, tried
from bartizan.detect.runner import Evaluator
from bartizan.ecs.registry import Registry
from bartizan.engine.base import Engine, rows
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


def sample_files(rule: Rule) -> tuple[Path, Path]:
    """Where a rule's samples are: what it must find, and what it must not."""
    stem = rule.file.with_suffix("")
    return stem.with_name(f"{stem.name}.match.ndjson"), stem.with_name(f"{stem.name}.benign.ndjson")


def check_rules(rules: Iterable[Rule], store: SampleStore, now: datetime) -> Iterator[Problem]:
    """Load all samples, run all rules over them once, and tell what is not as it should be."""
    rules = [replace(rule, max_alerts=MAX_SAMPLES) for rule in rules]
    for stream in store.reading.catalog:
        store.loader.prepare(stream.name(store.namespace))
    yield from _load_samples(rules, store)
    schema = stored_schema(store.engine, store.registry)
    evaluator = Evaluator(store.engine, schema, Knowledge(now), Budget(), is_last=True)
    files = {rule.id: [file for file in sample_files(rule) if file.exists()] for rule in rules}
    trial = tried(rules, files, evaluator)
    for failure in trial.failed:
        yield Problem(failure.rule.file, str(failure.error))
    counts = _counts(store.engine, schema)
    for rule in rules:
        yield from _verdict(rule, trial, counts)
        yield from _unknown_places(rule, store.registry)


def _unknown_places(rule: Rule, registry: Registry) -> Iterator[Problem]:
    for name in fields(rule.reason):
        if registry.get(name) is None:
            near = registry.nearest(name)
            hint = f"; did you mean `{near}`?" if near else ""
            yield Problem(rule.file, f"`reason` has a place for `{name}`, which is no field{hint}")


def _load_samples(rules: Iterable[Rule], store: SampleStore) -> Iterator[Problem]:
    for file in (file for rule in rules for file in sample_files(rule) if file.exists()):
        try:
            for routed in read_object(file.open("rb"), str(file), str(file), store.reading, lambda _: NOTHING):
                store.spool.append(routed.stream.name(store.namespace), routed.entry)
        except BartizanError as error:
            yield Problem(file, str(error))
    store.spool.flush()
    for segment in store.spool.pending():
        store.loader.load(segment)


def _counts(engine: Engine, schema: Schema) -> dict[str, tuple[int, int]]:
    """Records and not-understood records of each sample file."""
    query = parse_one(_COUNTS, dialect="clickhouse")
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
