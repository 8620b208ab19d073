"""Runs the rules that are due: what arrived since each rule's watermark, one shared scan per stream and watermark."""

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from bartizan.detect.ledger import BEGINNING, DetectionLedger
from bartizan.detect.plan import Planned, plan_rule
from bartizan.detect.rule import Rule
from bartizan.detect.scan import Cut, Match, Window, choose, scan
from bartizan.engine.base import Engine
from bartizan.errors import BartizanError
from bartizan.query.schema import Schema


@dataclass(frozen=True, slots=True)
class RuleFailed:
    """A rule that could not run; the others did."""

    rule: Rule
    error: BartizanError


@dataclass(frozen=True, slots=True)
class Scanned:
    """A window is done: its rules have seen it. Write this down once what was found is safe."""

    window: Window
    rules: tuple[str, ...]


Finding = Match | Cut | RuleFailed | Scanned


def plan_rules(
    rules: Iterable[Rule], schema: Schema, now: datetime
) -> tuple[dict[str, list[Planned]], list[RuleFailed]]:
    """Every rule on each stream that it reads; rules whose query is wrong are given back with their error."""
    by_stream: dict[str, list[Planned]] = defaultdict(list)
    failed: list[RuleFailed] = []
    for rule in rules:
        try:
            for stream, planned in plan_rule(rule, schema, now).items():
                by_stream[stream].append(planned)
        except BartizanError as error:
            failed.append(RuleFailed(rule, error))
    return by_stream, failed


def run_due(
    engine: Engine, ledger: DetectionLedger, rules: Sequence[Rule], schema: Schema, now: datetime
) -> Iterator[Finding]:
    """Evaluate each rule over what it has not seen yet. `Scanned` comes after a window's matches."""
    by_stream, failed = plan_rules(rules, schema, now)
    yield from failed
    for stream, planned in by_stream.items():
        until = ledger.last_ingested(stream)
        if until is None:
            continue
        for after, due in _by_watermark(planned, ledger.watermarks(stream)).items():
            if after < until:
                yield from run_window(engine, Window(stream, after, until), due, schema)


def run_window(engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema) -> Iterator[Finding]:
    """One shared scan; only the rules that can't run are left out of it."""
    chosen = choose(engine, window, planned, schema)
    found = _found(engine, window, chosen, schema)
    failed = {finding.rule.id for finding in found if isinstance(finding, RuleFailed)}
    yield from found
    yield Scanned(window, tuple(plan.rule.id for plan in planned if plan.rule.id not in failed))


def _found(
    engine: Engine, window: Window, planned: Sequence[Planned], schema: Schema
) -> list[Match | Cut | RuleFailed]:
    """What a shared scan finds; one that fails is done in halves, until each rule at fault is alone."""
    try:
        return list(scan(engine, window, planned, schema))
    except BartizanError as error:
        if len(planned) == 1:
            return [RuleFailed(planned[0].rule, error)]
    middle = len(planned) // 2
    return [
        finding for half in (planned[:middle], planned[middle:]) for finding in _found(engine, window, half, schema)
    ]


def _by_watermark(planned: Sequence[Planned], watermarks: Mapping[str, str]) -> dict[str, list[Planned]]:
    due: dict[str, list[Planned]] = defaultdict(list)
    for plan in planned:
        due[watermarks.get(plan.rule.id, BEGINNING)].append(plan)
    return due
