"""`python -m tests.query.fuzzing [--inputs N] [--processes N] [--seed N] [TARGET...]`: fuzz the parsers of queries."""

import argparse
import sys
import time
from collections.abc import Iterator
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from itertools import repeat

from tests.query.fuzzing.run import CHUNK, Fault, run_chunk
from tests.query.fuzzing.targets import targets

REPORT_EVERY_S = 10.0
MOST_FAULTS = 20
"""Different faults of a target that are shown."""


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m tests.query.fuzzing", description=__doc__)
    parser.add_argument("targets", nargs="*", help=f"which of {', '.join(targets())}; all of them without one")
    parser.add_argument("--inputs", type=int, default=1_000_000, help="texts for each target")
    parser.add_argument("--processes", type=int, default=2)
    parser.add_argument("--seed", type=int, default=0)
    asked = parser.parse_args(arguments)
    failed = False
    for name in asked.targets or targets():
        failed |= fuzz(name, asked.inputs, asked.processes, asked.seed)
    return int(failed)


def fuzz(name: str, inputs: int, processes: int, seed: int) -> bool:
    """Whether a target has faults; prints them, and how it goes on."""
    start = reported = time.perf_counter()
    shown: dict[str, Fault] = {}
    done = 0
    for faults in _chunks(name, -(-inputs // CHUNK), processes, seed):
        done += CHUNK
        for fault in faults:
            kind = fault.says.rsplit("\n  File", 1)[-1].split("\n")[0]
            if kind not in shown and len(shown) < MOST_FAULTS:
                print(f"\n{name}: {fault.text!r}\n{fault.says}", flush=True)
            shown.setdefault(kind, fault)
        if time.perf_counter() - reported > REPORT_EVERY_S:
            reported = time.perf_counter()
            print(f"{name}: {done:,} of {inputs:,}, {done / (reported - start):,.0f} a second", flush=True)
    seconds = time.perf_counter() - start
    print(
        f"{name}: {done:,} inputs in {seconds:,.0f} s, {done / seconds:,.0f} a second, {len(shown)} faults", flush=True
    )
    return bool(shown)


def _chunks(name: str, count: int, processes: int, seed: int) -> Iterator[list[Fault]]:
    run = partial(run_chunk, name, seed)
    if processes == 1:
        yield from map(run, range(count))
        return
    with ProcessPoolExecutor(processes) as pool:
        yield from pool.map(run_chunk, repeat(name), repeat(seed), range(count), chunksize=4)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
