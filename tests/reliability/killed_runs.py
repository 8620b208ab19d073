"""Runs of `bartizan ingest` that are killed, and what their stores hold afterwards."""

import gzip
import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import IO

from bartizan.simulate import Scenario, cloudtrail_records, write

START = datetime(2026, 3, 1, tzinfo=UTC)
SMALL = {"BARTIZAN_INGEST_SEGMENT_BYTES": "90000", "BARTIZAN_INGEST_PIECE_BYTES": "8000"}
"""So small that little data makes many segments."""
PATIENCE_S = 300
FLOW_HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)
_AT = int(START.timestamp())

_STORED = """
import sys, chdb
connection = chdb.connect(sys.argv[1])
tables = connection.query("SELECT name FROM system.tables WHERE database = 'default' AND name LIKE 'logs-%'", "TSV")
for table in tables.bytes().decode().split():
    columns = "`event.dataset` AS dataset, `event.id` AS id, `event.original` AS raw, `error.message` AS error"
    rows = connection.query(f"SELECT {columns} FROM `{table}`", "JSONEachRow")
    sys.stdout.buffer.write(rows.bytes())
"""


def make_logs(folder: Path) -> None:
    """Many small objects of every dataset, and two that span segments: one document and one of lines."""
    counts = {"waf_events": 40, "firewall_events": 40, "flow_records": 120}
    write(Scenario(START, seed=5, hours=1, cloudtrail_events=60, **counts, attack=False), folder)
    none = dict.fromkeys(counts, 0)
    calls = list(cloudtrail_records(Scenario(START, seed=6, hours=1, cloudtrail_events=150, **none, attack=False)))
    (folder / "document.json.gz").write_bytes(gzip.compress(b'{"Records":[' + b",".join(calls) + b"]}"))
    make_few_logs(folder)


def make_few_logs(folder: Path) -> None:
    """One dataset whose mapping is quick: an object that spans segments, and some small ones."""
    (folder / "lines.log").write_text("\n".join([FLOW_HEADER, *map(flow_line, range(4000))]) + "\n")
    for number in range(4000, 4020):
        (folder / f"{number}.log").write_text(f"{FLOW_HEADER}\n{flow_line(number)}\n")


def flow_line(number: int) -> str:
    client = f"{number // 250}.{number % 250}.0.7"
    return f"2 210987650011 eni-0a1b2c3d {client} 10.0.0.9 443 {number} 6 10 840 {_AT} {_AT + 60} ACCEPT OK"


def raw_records(file: Path) -> Iterator[str]:
    """The records of one object as `event.original` has them."""
    content = file.read_bytes()
    plain = (gzip.decompress(content) if file.suffix == ".gz" else content).decode()
    if plain.startswith('{"Records":'):
        yield from (canonical(record) for record in json.loads(plain)["Records"])
    else:
        lines = plain.splitlines()
        header = lines[:1] if lines and lines[0].startswith("version ") else []
        yield from (canonical(line) for line in lines[len(header) :])


def canonical(record: object) -> str:
    """JSON without what spacing leaves open."""
    if isinstance(record, str):
        if not record.startswith("{"):
            return record
        record = json.loads(record)
    return json.dumps(record, sort_keys=True)


@dataclass(frozen=True)
class Stored:
    """What a store holds."""

    records: Counter[str]
    ids: Counter[tuple[str, str]]
    errors: list[str]


def stored(data: Path) -> Stored:
    """Read a store, in a process of its own: only one may have it."""
    command = [sys.executable, "-c", _STORED, str(data / "engine")]
    answer = subprocess.run(command, capture_output=True, check=True, timeout=PATIENCE_S).stdout
    rows = [json.loads(line) for line in answer.splitlines()]
    return Stored(
        Counter(canonical(row["raw"]) for row in rows),
        Counter((row["dataset"], row["id"]) for row in rows),
        [row["error"] for row in rows if row["error"]],
    )


def started(logs: Path, data: Path, output: IO[bytes]) -> subprocess.Popen[bytes]:
    """`bartizan ingest`, at work."""
    bartizan = Path(sys.executable).with_name("bartizan")
    command = [str(bartizan), "ingest", "--format", "ndjson", "--data", str(data), str(logs)]
    return subprocess.Popen(command, stdout=output, stderr=subprocess.PIPE, env={**os.environ, **SMALL})


def finished(logs: Path, data: Path, output: Path) -> None:
    """Let a run come to its end; it understands everything."""
    with output.open("wb") as file:
        run = started(logs, data, file)
        _, complaints = run.communicate(timeout=PATIENCE_S)
    assert run.returncode == 0, complaints.decode()


def acknowledged(output: Path) -> set[str]:
    """Objects that a run acknowledged before its end; a line that was cut off tells nothing."""
    told = set()
    for line in output.read_bytes().splitlines(keepends=True):
        if line.endswith(b"\n") and "acknowledged" in (row := json.loads(line)):
            told.add(row["acknowledged"])
    return told


Moment = Callable[[subprocess.Popen[bytes], Path], None]
"""Waits for the moment to kill a run, given its data folder; returns early when the run is over."""


def moments(dice: random.Random, run_s: float) -> Iterator[Moment]:
    """When to kill: at any time of a run of `run_s`, or just around a step of it; a step each in turn."""
    while True:
        yield after(dice.uniform(0, run_s))
        yield once_a_segment("appears", dice.randint(1, 4), dice.uniform(0, 0.05))
        yield once_a_segment("appears", dice.randint(1, 8), dice.uniform(0.02, 0.5))
        yield once_a_segment("goes", dice.randint(1, 8), dice.uniform(0, 0.02))
        yield after(dice.uniform(0.5, run_s))


def kill(run: subprocess.Popen[bytes]) -> None:
    """SIGKILL: the process learns nothing of it."""
    run.send_signal(signal.SIGKILL)
    run.wait()
    if run.stderr:
        run.stderr.close()


def after(seconds: float) -> Moment:
    def wait(run: subprocess.Popen[bytes], data: Path) -> None:
        end = time.monotonic() + seconds
        while time.monotonic() < end and run.poll() is None:
            time.sleep(0.005)

    return wait


def once_a_segment(does: str, count: int, delay_s: float) -> Moment:
    """After so many segments have come to the spool or gone from it, and a moment more."""

    def wait(run: subprocess.Popen[bytes], data: Path) -> None:
        before: set[Path] = set()
        seen = 0
        while seen < count and run.poll() is None:
            now = set((data / "spool").glob("*/*.rb"))
            seen += len(now - before if does == "appears" else before - now)
            before = now
            time.sleep(0.0005)
        time.sleep(delay_s)

    return wait
