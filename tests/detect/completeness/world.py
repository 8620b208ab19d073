"""A small store of events and alerts that arrive in any order, and rules of every type over it."""

import random
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import orjson
from sqlglot import parse_one

from bartizan.detect.attack.registry import load_attack
from bartizan.detect.document import alert_of
from bartizan.detect.executor import Hit
from bartizan.detect.findings import Cut, RuleFailed, Scanned
from bartizan.detect.meaning import Knowledge
from bartizan.detect.planner import Planner
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import load_rule
from bartizan.detect.runner import Evaluator, run_due
from bartizan.ecs.registry import Registry, load_registry
from bartizan.engine.base import Engine, rows
from bartizan.engine.literals import date_text
from bartizan.query.budget import Budget
from bartizan.query.schema import Schema

START = datetime(2026, 3, 1, 10, tzinfo=UTC)
COLUMNS = {
    "@timestamp": "DateTime64(3, 'UTC')",
    "event.ingested": "DateTime64(3, 'UTC')",
    "event.id": "String",
    "event.action": "LowCardinality(String)",
    "user.name": "String",
    "host.name": "String",
    "rule.id": "String",
    "threat.indicator.name": "String",
}
_INSERT = "INSERT INTO {table: Identifier} SELECT * FROM format('JSONEachRow', {structure: String}, {rows: String})"


@dataclass(frozen=True, slots=True)
class Event:
    """An event, and how late it arrives."""

    id: str
    at: datetime
    action: str
    user: str
    host: str
    delay_s: float
    stream: int


@dataclass
class World:
    """Streams of one name's own."""

    engine: Engine
    connection: Any
    name: str
    registry: Registry = field(default_factory=load_registry)
    newest_ms: int = 0
    planner: Planner = field(default_factory=Planner)

    def __post_init__(self) -> None:
        columns = ", ".join(f'"{name}" {type}' for name, type in COLUMNS.items())
        for table in self.tables:
            self.connection.query(f'CREATE TABLE "{table}" ({columns}) ENGINE = MergeTree ORDER BY "event.ingested"')

    @property
    def tables(self) -> tuple[str, ...]:
        """Two streams of events, one of indicators and one of alerts."""
        kinds = ("logs-one", "logs-two", "logs-indicators", "alerts-own")
        return tuple(f"{kind}-{self.name}" for kind in kinds)

    def drop(self) -> None:
        """Leave nothing behind."""
        for table in self.tables:
            self.connection.query(f'DROP TABLE "{table}"')

    def schema(self) -> Schema:
        """Its own streams alone."""
        return Schema(dict.fromkeys(self.tables, COLUMNS), self.registry)

    def insert(self, table: str, events: Iterable[Mapping[str, Any]], now: datetime) -> None:
        """Store rows as one batch. Its instant is later than any before, whatever the clock says."""
        self.newest_ms = max(self.newest_ms + 1, int(now.timestamp() * 1000))
        ingested = date_text(datetime.fromtimestamp(self.newest_ms / 1000, UTC))
        body = b"\n".join(orjson.dumps({**event, "event.ingested": ingested}) for event in events)
        structure = ", ".join(f"`{name}` {type}" for name, type in COLUMNS.items())
        parameters = {"table": table, "structure": structure, "rows": body.decode()}
        self.engine.query(parse_one(_INSERT, dialect="clickhouse"), parameters, format="Null")


@dataclass
class Ledger:
    """Watermarks in memory: what a crash forgets is what was not recorded."""

    engine: Engine
    seen: dict[tuple[str, str], str] = field(default_factory=dict)

    def last_ingested(self, stream: str) -> str | None:
        """The newest instant of a stream."""
        query = 'SELECT toString(max("event.ingested")) AS last, count() AS n FROM {table: Identifier}'
        row = rows(self.engine, parse_one(query, dialect="clickhouse"), {"table": stream})[0]
        return row["last"] if row["n"] else None

    def watermarks(self, stream: str) -> Mapping[str, str]:
        """How far each rule is."""
        return {rule: until for (rule, own), until in self.seen.items() if own == stream}

    def record(self, scanned: Scanned) -> None:
        """Windows are done, all at once."""
        for window, rules in scanned.seen.items():
            self.seen.update({(rule, window.stream): window.until for rule in rules})


def stream_of_events(seed: int, count: int = 120) -> list[Event]:
    """Events of few users and actions within two hours; some are very late, some are there twice."""
    chance = random.Random(seed)
    events = []
    for number in range(count):
        at = START + timedelta(seconds=chance.randrange(7200))
        delay_s = chance.choice([0, 0, 0, 1, 5, 60, 600, 3000, 7000]) * chance.random()
        events.append(
            Event(
                id=f"{seed}-{number}",
                at=at,
                action=chance.choice("ABCDX"),
                user=f"user{chance.randrange(4)}",
                host=f"host{chance.randrange(3)}",
                delay_s=delay_s,
                stream=chance.randrange(2),
            )
        )
    twice = [replace(event, delay_s=event.delay_s + chance.random() * 3000) for event in chance.sample(events, 6)]
    return sorted([*events, *twice], key=lambda event: event.at + timedelta(seconds=event.delay_s))


def row_of(event: Event) -> dict[str, Any]:
    """The event as it is stored."""
    return {
        "@timestamp": date_text(event.at),
        "event.id": event.id,
        "event.action": event.action,
        "user.name": event.user,
        "host.name": event.host,
    }


def rows_of_alerts(hits: Sequence[Hit], registry: Registry) -> list[dict[str, Any]]:
    """The alerts as rows."""
    return [
        {
            "@timestamp": hit.at.replace("T", " ").rstrip("Z"),
            "event.id": alert_of(hit, registry)["alert"]["id"],
            "user.name": str(hit.fields.get("user.name") or ""),
            "host.name": str(hit.fields.get("host.name") or ""),
            "rule.id": hit.rule.id,
        }
        for hit in hits
    ]


def run(world: World, rules: Sequence[Rule], ledger: Ledger, now: datetime, is_last: bool = False) -> list[object]:
    """One run of the rules."""
    evaluator = Evaluator(world.engine, world.schema(), Knowledge(now), Budget(), is_last, world.planner)
    return list(run_due(evaluator, ledger, rules))  # type: ignore[arg-type]


def hits_of(findings: Iterable[object]) -> list[Hit]:
    """What was found; nothing may have failed or been cut."""
    found = list(findings)
    assert not [str(one.error) for one in found if isinstance(one, RuleFailed)]
    assert not [one for one in found if isinstance(one, Cut)]
    return [one for one in found if isinstance(one, Hit)]


def load_rules() -> list[Rule]:
    """Rules of every type."""
    return [load_rule(file, load_attack()) for file in sorted((Path(__file__).parent / "rules").glob("*.toml"))]
