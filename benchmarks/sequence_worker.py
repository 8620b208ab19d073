"""Worker: three steps of one user over millions of events, a tenth of them candidates under 100,000 keys."""

import json
import sys
import tempfile
import time
from pathlib import Path

from sqlglot import parse_one

from bartizan.ecs import load_registry
from bartizan.engine.address import open_engine
from bartizan.engine.base import Engine
from bartizan.engine.limits import Limits
from bartizan.query import ir
from bartizan.query.budget import Budget
from bartizan.query.schema import Schema
from bartizan.query.search import rows_to_read
from bartizan.query.sequence.evaluate import Evaluation, evaluate, evaluation
from bartizan.query.sequence.settings import Asked
from benchmarks.measure import cpu_now, median, peak_memory_mb

STREAM = "logs-benchmark-default"
COLUMNS = {
    "@timestamp": "DateTime64(3, 'UTC')",
    "event.ingested": "DateTime64(3, 'UTC')",
    "event.id": "String",
    "event.action": "LowCardinality(String)",
    "user.name": "String",
}
KEYS = 100_000
RUNS = 3
ACTIONS = ("AssumeRole", "CreateUser", "AttachUserPolicy")
MAKE = """
CREATE TABLE `{stream}` ENGINE = MergeTree ORDER BY `@timestamp` AS SELECT
    toDateTime64('2024-01-01', 3, 'UTC') + toIntervalMillisecond(number * 8) AS `@timestamp`,
    `@timestamp` AS `event.ingested`,
    hex(sipHash64(number)) AS `event.id`,
    toLowCardinality(if(number % 10 = 0, arrayElement({actions}, 1 + sipHash64(number, 1) % 3), 'Other'))
        AS `event.action`,
    concat('user-', toString(sipHash64(number, 2) % {keys})) AS `user.name`
FROM numbers({events})
"""

COUNT = """
SELECT `user.name`, count() FROM `{stream}` WHERE `event.action` IN {actions} GROUP BY `user.name`
"""


def sequence() -> ir.Sequence:
    """Three actions of one user within an hour."""
    action, user = ir.FieldRef("event.action", ir.Kind.KEYWORD), ir.FieldRef("user.name", ir.Kind.KEYWORD)
    return ir.Sequence(tuple(ir.Step(ir.Equals(action, name), (user,)) for name in ACTIONS), 3_600_000)


def timed(engine: Engine, ready: Evaluation) -> tuple[float, float, int]:
    """Seconds, CPU seconds and sequences."""
    started, cpu = time.monotonic(), cpu_now()
    found = evaluate(engine, ready, Budget())
    return time.monotonic() - started, cpu_now() - cpu, len(found)


def grouped(engine: Engine) -> float:
    """CPU seconds in which the engine alone counts the same events by key: what no evaluation can be faster than."""
    cpu = cpu_now()
    engine.query(parse_one(COUNT.format(stream=STREAM, actions=ACTIONS), dialect="clickhouse"), format="Null")
    return cpu_now() - cpu


def main(events: int) -> None:
    with tempfile.TemporaryDirectory() as data:
        engine = open_engine(f"chdb://{Path(data) / 'store'}", Limits())
        make = MAKE.format(stream=STREAM, actions=list(ACTIONS), keys=KEYS, events=events)
        engine.query(parse_one(make, dialect="clickhouse"), format="Null")
        schema = Schema({STREAM: COLUMNS}, load_registry())
        ready = evaluation(schema, sequence(), Asked([STREAM], keeps=(ir.Keep(1000, newest=True),)))
        runs = [timed(engine, ready) for _ in range(RUNS)]
        bare_s = median([grouped(engine) for _ in range(RUNS)])
        read = rows_to_read(engine, ready)
        engine.close()
    wall_s, cpu_s = median([run[0] for run in runs]), median([run[1] for run in runs])
    result = {"events": events, "candidates": events // 10, "keys": KEYS, "sequences": runs[0][2], "rows_read": read}
    figures = {"wall_s": wall_s, "cpu_s": cpu_s, "grouped_cpu_s": bare_s, "peak_memory_mb": peak_memory_mb()}
    print(json.dumps({**result, **figures}))


if __name__ == "__main__":
    main(int(sys.argv[1]))
