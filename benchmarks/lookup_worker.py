"""Worker: a million events against a million indicators, and new terms among a million values, each as one run."""

import json
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sqlglot import parse_one

from bartizan.clock import system_clock
from bartizan.detect.attack.registry import load_attack
from bartizan.detect.executor import Hit
from bartizan.detect.findings import Finding, RuleFailed
from bartizan.detect.ledger import DetectionLedger
from bartizan.detect.meaning import Knowledge
from bartizan.detect.rule import Rule
from bartizan.detect.rule_file import load_rule
from bartizan.detect.runner import Evaluator, run_due
from bartizan.ecs import load_registry
from bartizan.engine.address import open_engine
from bartizan.engine.base import Engine
from bartizan.engine.limits import Limits
from bartizan.query.budget import Budget
from bartizan.query.search import stored_schema
from benchmarks.measure import cpu_now, peak_memory_mb

EVENTS = """
CREATE TABLE `logs-benchmark-default` ENGINE = MergeTree ORDER BY `event.ingested` AS SELECT
    toDateTime64('2024-01-01', 3, 'UTC') + toIntervalMillisecond(number * 80) AS `@timestamp`,
    toDateTime64('2024-02-01', 3, 'UTC') + toIntervalMillisecond(intDiv(number, 10000)) AS `event.ingested`,
    hex(sipHash64(number)) AS `event.id`,
    toLowCardinality(arrayElement(['GetObject', 'PutObject', 'ListBuckets'], 1 + number % 3)) AS `event.action`,
    concat('user-', toString(sipHash64(number, 2) % {values})) AS `user.name`,
    CAST(toIPv6(concat('::ffff:', IPv4NumToString(toUInt32(sipHash64(number, 3) % 4294967295)))), 'Nullable(IPv6)')
        AS `source.ip`
FROM numbers({events})
"""

INDICATORS = """
CREATE TABLE `logs-ti_benchmark-default` ENGINE = MergeTree ORDER BY `event.ingested` AS SELECT
    toDateTime64('2024-01-01', 3, 'UTC') AS `@timestamp`,
    toDateTime64('2024-02-01', 3, 'UTC') AS `event.ingested`,
    hex(sipHash64(number, 9)) AS `event.id`,
    toLowCardinality('ipv4-addr') AS `threat.indicator.type`,
    CAST(toIPv6(concat('::ffff:', IPv4NumToString(toUInt32(sipHash64(number, 4) % 4294967295)))), 'Nullable(IPv6)')
        AS `threat.indicator.ip`
FROM numbers({events})
"""

HEAD = (
    'id = "{name}"\nname = "{name}"\nseverity = "low"\nrisk_score = 1\ndescription = "Measured."\nmax_alerts = 100000\n'
)
RULES = {
    "indicators": """
type = "indicator_match"
language = "kql"
index = ["logs-benchmark-*"]
query = "*"
[indicator_match]
index = ["logs-ti_*"]
match = [[{ field = "source.ip", indicator = "threat.indicator.ip" }]]
""",
    "new_terms": """
type = "new_terms"
language = "kql"
index = ["logs-benchmark-*"]
query = "*"
[new_terms]
fields = ["user.name"]
history = "30d"
""",
}


@dataclass(frozen=True, slots=True)
class From:
    """A ledger that has seen everything up to an instant."""

    ledger: DetectionLedger
    after: str

    def last_ingested(self, stream: str) -> str | None:
        """The newest instant of the stream."""
        return self.ledger.last_ingested(stream)

    def watermarks(self, stream: str) -> dict[str, str]:
        """How far the rules are on events; indicators are known."""
        return dict.fromkeys(RULES, self.after) if self.after and "ti_" not in stream else {}


def rule_of(name: str, folder: Path) -> Rule:
    """The rule by its name."""
    file = folder / f"{name}.toml"
    file.write_text(HEAD.replace("{name}", name) + RULES[name])
    return load_rule(file, load_attack())


def timed(engine: Engine, rule: Rule, after: str) -> dict[str, float | int]:
    """Seconds, CPU seconds and hits of one run over what arrived after an instant."""
    evaluator = Evaluator(engine, stored_schema(engine, load_registry()), Knowledge(system_clock()), Budget())
    started, cpu = time.monotonic(), cpu_now()
    found: list[Finding] = list(run_due(evaluator, From(DetectionLedger(engine), after), [rule]))  # type: ignore[arg-type]
    failed = [str(one.error) for one in found if isinstance(one, RuleFailed)]
    assert not failed, failed
    hits = sum(isinstance(one, Hit) for one in found)
    return {"wall_s": time.monotonic() - started, "cpu_s": cpu_now() - cpu, "hits": hits}


def main(events: int) -> None:
    with tempfile.TemporaryDirectory() as folder:
        engine = open_engine(f"chdb://{folder}/engine", Limits())
        for made in (EVENTS, INDICATORS):
            text = made.replace("{events}", str(events)).replace("{values}", str(events))
            engine.query(parse_one(text, dialect="clickhouse"), format="Null")
        result: dict[str, object] = {"events": events}
        for name in RULES:
            rule = rule_of(name, Path(folder))
            result[name] = timed(engine, rule, "")
            result[f"{name}_batch"] = timed(engine, rule, "2024-02-01 00:00:00.098" if events >= 1_000_000 else "")
        print(json.dumps({**result, "peak_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
