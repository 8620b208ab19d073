"""`bartizan` as a user runs it: a process, what it prints, how it ends."""

import json
import os
import subprocess
import sys
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

PATIENCE_S = 300


@dataclass
class Answer:
    """What a run came to."""

    status: int
    stdout: bytes
    stderr: str

    @cached_property
    def rows(self) -> list[dict[str, Any]]:
        """The lines of `--format ndjson`."""
        return [json.loads(line) for line in self.stdout.splitlines()]

    @property
    def summary(self) -> dict[str, Any]:
        """What `ingest` says last."""
        return self.rows[-1]

    @property
    def acknowledged(self) -> set[str]:
        """Names of the objects that `ingest` acknowledged."""
        return {Path(row["acknowledged"]).name for row in self.rows if "acknowledged" in row}


def bartizan(*arguments: str | Path, cwd: Path | None = None, **environment: str) -> Answer:
    """Run a command to its end."""
    command = [Path(sys.executable).with_name("bartizan"), *arguments]
    done = subprocess.run(
        command, capture_output=True, timeout=PATIENCE_S, cwd=cwd, env={**os.environ, **environment}, check=False
    )
    return Answer(done.returncode, done.stdout, done.stderr.decode())


def ingest(data: Path, *paths: Path, **environment: str) -> Answer:
    """`bartizan ingest --format ndjson`."""
    return bartizan("ingest", "--format", "ndjson", "--data", data, *paths, **environment)


def search(data: Path, query: str = "*") -> list[dict[str, Any]]:
    """Documents that a KQL query finds."""
    arguments = ("search", query, "--index", "logs-*", "--limit", "10000", "--format", "ndjson", "--data", data)
    found = bartizan(*arguments)
    assert found.status == 0, found.stderr
    return found.rows
