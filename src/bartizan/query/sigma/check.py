"""Checks rule files as an import would meet them: parsed, compiled, and run on an empty table that has every field."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Literal

from sqlglot import exp

from bartizan.ecs.registry import Registry
from bartizan.engine.base import READ_ONLY, Engine, rows
from bartizan.errors import BartizanError
from bartizan.query.binder import Binder
from bartizan.query.budget import Budget
from bartizan.query.compile import checked, checked_wanted, predicate
from bartizan.query.empty_stream import BASE, AskedFields, column_type, empty_stream, empty_table
from bartizan.query.schema import Schema
from bartizan.query.search import Search, ready_for, run
from bartizan.query.sigma.correlation import SigmaCorrelation
from bartizan.query.sigma.document import MAX_CHARS
from bartizan.query.sigma.logsource import all_fields, source_of
from bartizan.query.sigma.lower import Placeholders, lower_rule
from bartizan.query.sigma.rule import DetectionRule, SigmaDocument, fields_of, read_rules
from bartizan.query.sigma.wanted import correlation_to_wanted

SUFFIXES = (".yml", ".yaml")
BUDGET = Budget(timeout_s=30)
"""What a correlation may take on an empty stream."""

Run = Callable[[DetectionRule], tuple[str, ...]]


@dataclass(frozen=True, slots=True)
class Checked:
    """What became of a rule: it can run (`ok`), can run but for what `message` says (`note`), or can't."""

    file: Path
    outcome: Literal["ok", "note", "failed"]
    message: str = ""


def sigma_files(paths: Iterable[Path]) -> tuple[Path, ...]:
    """The rule files that `paths` name or hold, in order."""
    found: dict[Path, None] = {}
    for path in paths:
        below = sorted(one for one in path.rglob("*") if one.suffix in SUFFIXES and one.is_file())
        found.update(dict.fromkeys(below if path.is_dir() else [path]))
    return tuple(found)


def check_files(
    files: Iterable[Path], engine: Engine, registry: Registry, now: datetime, placeholders: Placeholders | None = None
) -> Iterator[Checked]:
    """Each rule's outcome; correlations last, when all rules that they may name are known."""
    schema = empty_schema(registry)

    def run(rule: DetectionRule) -> tuple[str, ...]:
        return run_rule(rule, schema, engine, now, placeholders)

    correlations: list[tuple[Path, SigmaCorrelation]] = []
    known: list[SigmaDocument] = []
    for file in files:
        try:
            rules = read_rules(_text(file))
        except (BartizanError, OSError, UnicodeDecodeError) as error:
            yield Checked(file, "failed", str(error))
            continue
        for rule in rules:
            known.append(rule)
            if isinstance(rule, DetectionRule):
                yield _checked(file, rule, run)
            else:
                correlations.append((file, rule))
    for file, rule in correlations:
        yield _correlation(file, rule, known, Trial(schema, engine, now, placeholders))


def empty_schema(registry: Registry) -> Schema:
    """One stream with a column for every field that the tables of log sources name, and what all streams have."""
    columns = {**{name: column_type(name, registry) for name in sorted(all_fields())}, **BASE}
    return Schema({"logs-empty-default": columns}, registry, unknown_fields="missing")


def run_rule(
    rule: DetectionRule, schema: Schema, engine: Engine, now: datetime, placeholders: Placeholders | None = None
) -> tuple[str, ...]:
    """Compile `rule`, run it on an empty table, and give its notes. Raises a `BartizanError`."""
    own = _with_fields_of(rule, schema)
    lowered, binder = lower_rule(rule, own, now, placeholders), Binder()
    tree = predicate(checked(lowered.expr, rule.document.text, own), own, binder)
    (columns,) = own.streams.values()
    statement = exp.Select(expressions=[exp.Count(this=exp.Star())]).from_(empty_table(columns)).where(tree)
    parameters = {name: parameter.value for name, parameter in binder.params.items()}
    rows(engine, statement, parameters, settings=READ_ONLY)
    return lowered.notes


def _with_fields_of(rule: DetectionRule, schema: Schema) -> Schema:
    """`schema` with columns for the rule's own fields too: a condition on a column that isn't there would vanish."""
    source, ((stream, columns),) = source_of(rule.logsource), schema.streams.items()
    asked = AskedFields(schema.streams, schema.registry)
    for name in filter(None, fields_of(rule)):
        asked.resolve(source.field(name, schema.registry))
    return Schema({stream: {**columns, **asked.columns_asked()}}, schema.registry, schema.unknown_fields)


def _checked(file: Path, rule: DetectionRule, run: Run) -> Checked:
    try:
        notes = run(rule)
    except BartizanError as error:
        return Checked(file, "failed", str(error))
    return Checked(file, "note" if notes else "ok", "; ".join(notes))


@dataclass(frozen=True, slots=True)
class Trial:
    """What correlations are tried with."""

    schema: Schema
    engine: Engine
    now: datetime
    placeholders: Placeholders | None


def _correlation(file: Path, rule: SigmaCorrelation, known: Sequence[SigmaDocument], trial: Trial) -> Checked:
    try:
        _run_correlation(rule, known, trial)
    except BartizanError as error:
        return Checked(file, "failed", str(error))
    return Checked(file, "ok")


def _run_correlation(rule: SigmaCorrelation, known: Sequence[SigmaDocument], trial: Trial) -> None:
    schema = trial.schema
    for one in known:
        if isinstance(one, DetectionRule) and {one.id, one.name} & set(rule.rules):
            schema = _with_fields_of(one, schema)
    noting = AskedFields(schema.streams, schema.registry)
    correlation_to_wanted(rule, known, noting, trial.now, trial.placeholders)
    ((stream, columns),) = schema.streams.items()
    whole = Schema({stream: {**columns, **noting.columns_asked()}}, schema.registry, schema.unknown_fields)
    wanted = correlation_to_wanted(rule, known, whole, trial.now, trial.placeholders)
    checked_wanted(wanted, rule.document.text, whole)
    with empty_stream(stream, whole.streams[stream], trial.engine):
        run(trial.engine, whole, ready_for(wanted, Search(""), whole, trial.now), BUDGET)


def _text(file: Path) -> str:
    """The file's text, no more of it than is needed to see that it is too long."""
    with file.open(encoding="utf-8") as opened:
        return opened.read(MAX_CHARS + 1)
