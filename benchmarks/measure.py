"""A measurement: a command in processes of its own, CPU time and memory as the kernel counted them."""

import json
import resource
import statistics
import subprocess
import sys
import time
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Run:
    """One finished process."""

    cpu_s: float
    wall_s: float
    result: dict[str, Any]
    """What the command printed as JSON on its last line, if it did."""


def run(command: Sequence[str]) -> Run:
    """Run a command to its end; raises when it fails."""
    before = resource.getrusage(resource.RUSAGE_CHILDREN)
    started = time.monotonic()
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    wall_s = time.monotonic() - started
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != 0:
        raise RuntimeError(f"{' '.join(command[:4])} failed: {done.stderr[-2000:]}")
    cpu_s = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return Run(cpu_s, wall_s, _last_json(done.stdout))


def worker(module: str, *arguments: str) -> Run:
    """Run a worker module of this package."""
    return run([sys.executable, "-m", f"benchmarks.{module}", *arguments])


def median(values: Sequence[float]) -> float:
    """The middle value."""
    return statistics.median(values)


def cpu_now() -> float:
    """CPU seconds of this process and all its threads so far."""
    usage = resource.getrusage(resource.RUSAGE_SELF)
    return usage.ru_utime + usage.ru_stime


def peak_memory_mb() -> float:
    """The most memory this process ever held resident, MB."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def _last_json(text: str) -> dict[str, Any]:
    lines = [line for line in text.splitlines() if line.startswith("{")]
    try:
        return dict(json.loads(lines[-1])) if lines else {}
    except json.JSONDecodeError:
        return {}
