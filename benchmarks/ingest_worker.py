"""Worker: gzip objects of a folder into a new store; prints events, CPU seconds, peak memory, bytes stored.

CPU is counted from before the first object is opened until the last row is stored and merges have settled; the start of
the process and the engine is not in it (it is measured by itself).
"""

import json
import sys
import tempfile
import time
from pathlib import Path

from sqlglot import parse_one

from bartizan.app import App
from bartizan.config import Config
from bartizan.engine.base import rows
from bartizan.ingest.objects import find_files
from bartizan.pipeline.intake import file_source
from benchmarks.measure import cpu_now, peak_memory_mb

_SIZE = """
SELECT sum(rows) AS events, sum(bytes_on_disk) AS bytes, count() AS parts
FROM system.parts WHERE active AND table = 'logs-aws.cloudtrail-default'
"""
_MERGES = "SELECT count() AS running FROM system.merges"


def main(folder: Path) -> None:
    with tempfile.TemporaryDirectory() as data, App(Config(data=Path(data))) as app:
        app.intake.loader.prepare("logs-aws.cloudtrail-default")
        files = [file_source(path) for path in find_files([folder])]
        cpu, started = cpu_now(), time.monotonic()
        for told in app.intake.ingest(files, app.reading()):
            assert not told.failed, told.failed
        stored_cpu_s, wall_s = cpu_now() - cpu, time.monotonic() - started
        while rows(app.engine, parse_one(_MERGES, dialect="clickhouse"))[0]["running"]:
            time.sleep(0.1)
        size = rows(app.engine, parse_one(_SIZE, dialect="clickhouse"))[0]
        print(
            json.dumps(
                {
                    **size,
                    "cpu_s": stored_cpu_s,
                    "cpu_with_merges_s": cpu_now() - cpu,
                    "wall_s": wall_s,
                    "peak_mb": peak_memory_mb(),
                }
            )
        )


if __name__ == "__main__":
    main(Path(sys.argv[1]))
