"""Worker: the least that Python could do: decompress each object and `orjson.loads` it, storing nothing."""

import gzip
import json
import sys
from pathlib import Path

import orjson

from bartizan.ingest.objects import find_files
from benchmarks.measure import cpu_now


def main(folder: Path) -> None:
    cpu = cpu_now()
    events = 0
    for path in find_files([folder]):
        events += len(orjson.loads(gzip.decompress(path.read_bytes())).get("Records", [1]))
    print(json.dumps({"events": events, "cpu_s": cpu_now() - cpu}))


if __name__ == "__main__":
    main(Path(sys.argv[1]))
