"""Worker: searches over 10 million stored events, each beside the same statement without the table's skip indexes."""

import json
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sqlglot import parse_one

from bartizan.app import App
from bartizan.config import Config
from bartizan.engine.base import READ_ONLY, answer
from bartizan.query.budget import Budget
from bartizan.query.explanation import values
from bartizan.query.schema import Schema
from bartizan.query.search import Search, prepared, run
from benchmarks.measure import median, peak_memory_mb

STREAM = "logs-aws.cloudtrail-default"
INDEX = ("logs-aws.cloudtrail-*",)
NOW = datetime(2026, 2, 1, tzinfo=UTC)
BUDGET = Budget(timeout_s=300)
PLAIN = {**READ_ONLY, "use_skip_indexes": 0, "use_query_condition_cache": 0}
"""Settings of the baseline: neither the table's skip indexes nor what the engine remembers of earlier searches."""
BLOCK = 1_000_000
FILL = """
INSERT INTO `logs-aws.cloudtrail-default` (
    `@timestamp`, `event.ingested`, `event.id`, `event.action`, `event.provider`, `event.outcome`, `event.kind`,
    `event.category`, `user.name`, `source.ip`, `cloud.account.id`, `cloud.region`, `user_agent.original`,
    `event.original`
)
WITH sipHash64(n, 1) AS h, arrayElement(
    ['GetObject', 'AssumeRole', 'DescribeInstances', 'ListBuckets', 'PutObject', 'Decrypt', 'GetCallerIdentity',
     'DescribeVolumes', 'ListUsers', 'PutMetricData', 'DeleteObject', 'RunInstances', 'CreateUser', 'StopLogging'],
    1 + toUInt8(sqrt(h % 196))
) AS action, if(n = {needle: UInt64}, 'mallory', concat('user-', toString(h % 20000))) AS who,
if(n = {needle: UInt64}, 'aws-cli/2.0 needle-tool/0.9', arrayElement(
    ['aws-cli/2.15.30 Python/3.11.8 Linux/6.1', 'Boto3/1.34.51 md/Botocore#1.34.51', 'console.amazonaws.com',
     'APN/1.0 HashiCorp/1.0 Terraform/1.7.4', 'aws-sdk-go/1.44.0 (go1.21; linux; amd64)'], 1 + (h % 5)
)) AS agent
SELECT
    toDateTime64('2026-01-01', 3, 'UTC') + toIntervalMillisecond(n * 200) AS t, t, hex(sipHash128(n)), action,
    concat(arrayElement(['s3', 'sts', 'ec2', 'iam', 'kms', 'cloudtrail'], 1 + h % 6), '.amazonaws.com'),
    if(h % 50 = 0, 'failure', 'success'), 'event', ['network'], who,
    toIPv6(concat('203.0.', toString(h % 256), '.', toString(intDiv(h, 256) % 256))),
    toString(210000000000 + h % 12), arrayElement(['eu-west-1', 'us-east-1', 'us-west-2'], 1 + h % 3), agent,
    concat('{"eventVersion":"1.11","eventName":"', action, '","userIdentity":{"userName":"', who, '"},"userAgent":"',
        agent, '","requestID":"', hex(h), '"}')
FROM (SELECT number + {start: UInt64} AS n FROM numbers({count: UInt64}))
"""


def questions(identity: str) -> dict[str, Search]:
    """What is asked, by name."""
    by_hour = "STATS n = COUNT(*) BY hour = DATE_TRUNC(1 hour, @timestamp), event.outcome"
    top = "STATS n = COUNT(*) BY user.name | SORT n DESC | LIMIT 10"
    return {
        "needle: one id": Search(f'event.id: "{identity}"', index=INDEX),
        "needle: a rare user": Search("user.name: mallory", index=INDEX),
        "substring of a user agent": Search("user_agent.original: *needle-tool*", index=INDEX),
        "words anywhere": Search('"needle-tool"', index=INDEX),
        "newest 100 of an action": Search("event.action: StopLogging", index=INDEX),
        "histogram by hour and outcome": Search(f"FROM {INDEX[0]} | {by_hour} | LIMIT 10000", "esql", limit=10_000),
        "10 most frequent users of failures": Search(
            f'FROM {INDEX[0]} | WHERE event.outcome == "failure" | {top}', "esql"
        ),
    }


def timed(ask: Callable[[], Any]) -> tuple[float, Any]:
    """Milliseconds and the answer."""
    started = time.monotonic()
    found = ask()
    return (time.monotonic() - started) * 1000, found


def measured(app: App, schema: Schema, asked: Search) -> dict[str, Any]:
    """A search's time and what was read for it, the first time and again, and the same without skip indexes."""
    ready = prepared(schema, asked, NOW)
    assert ready.tree is not None
    plain_ms, without = timed(lambda: answer(app.engine, ready.tree, values(ready), settings=PLAIN))
    first_ms, found = timed(lambda: run(app.engine, schema, prepared(schema, asked, NOW), BUDGET))
    again = [timed(lambda: run(app.engine, schema, prepared(schema, asked, NOW), BUDGET))[0] for _ in range(3)]
    return {
        "first_ms": first_ms,
        "again_ms": median(again),
        "rows_read": found.rows_read,
        "mb_read": found.bytes_read / 1e6,
        "found": len(found.table.rows) if found.table else len(found.documents),
        "plain_ms": plain_ms,
        "plain_rows_read": without.rows_read,
    }


def main(events: int) -> None:
    with tempfile.TemporaryDirectory() as data, App(Config(data=Path(data))) as app:
        app.intake.loader.prepare(STREAM)
        fill = parse_one(FILL, dialect="clickhouse")
        for start in range(0, events, BLOCK):
            counted = {"start": start, "count": min(BLOCK, events - start), "needle": events // 2}
            app.engine.query(fill, counted, format="Null")
        schema = app.schema()
        made = parse_one("SELECT hex(sipHash128(toUInt64({n: UInt64}))) AS id", dialect="clickhouse")
        identity = answer(app.engine, made, {"n": events // 2}).rows[0]["id"]
        results = {name: measured(app, schema, asked) for name, asked in questions(identity).items()}
        print(json.dumps({"events": events, "searches": results, "peak_memory_mb": peak_memory_mb()}))


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 10_000_000)
