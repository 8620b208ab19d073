"""A large object goes through `bartizan ingest` within the memory and the open files of a small machine.

`BARTIZAN_LARGE_OBJECT_MIB` sets the compressed size: 300 MiB takes a few minutes, 1024 is what is promised.
"""

import os
import re
import subprocess
import sys
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import orjson
import pytest

from tests.engine.large_object import write_large_object

MAX_RESIDENT_BYTES = 2 * 1024**3
MAX_OPEN_FILES = 2000

RUN = "from bartizan.cli.main import run; run()"

_SAMPLE_S = 0.05


@dataclass
class Peak:
    """The most that a process was seen to take."""

    resident_bytes: int = 0
    open_files: int = 0

    def sample(self, pid: int) -> None:
        """Look at /proc (proc(5)); a process that just ended is left out."""
        try:
            status = Path(f"/proc/{pid}/status").read_text()
            self.open_files = max(self.open_files, len(os.listdir(f"/proc/{pid}/fd")))  # noqa: PTH208 - a count of links
        except OSError:
            return
        if found := re.search(r"^VmHWM:\s+(\d+) kB", status, re.MULTILINE):
            self.resident_bytes = max(self.resident_bytes, int(found[1]) * 1024)


@pytest.fixture
def large_object(tmp_path: Path) -> Iterator[tuple[Path, int]]:
    path = tmp_path / "large.json.gz"
    size_bytes = int(os.environ.get("BARTIZAN_LARGE_OBJECT_MIB", "300")) * 1024**2
    yield path, write_large_object(path, size_bytes)
    path.unlink()


@pytest.mark.slow
def test_memory_and_open_files_stay_bounded(large_object: tuple[Path, int], tmp_path: Path) -> None:
    path, records = large_object
    command = [sys.executable, "-c", RUN, "ingest", str(path), "--format", "ndjson"]
    peak = Peak()
    with subprocess.Popen([*command, "--data", str(tmp_path / "data")], stdout=subprocess.PIPE) as process:
        while process.poll() is None:
            peak.sample(process.pid)
            time.sleep(_SAMPLE_S)
        assert process.stdout is not None
        summary = orjson.loads(process.stdout.read().splitlines()[-1])
    assert process.returncode == 0
    assert summary["records"] == records
    assert peak.resident_bytes < MAX_RESIDENT_BYTES, peak
    assert peak.open_files < MAX_OPEN_FILES, peak
