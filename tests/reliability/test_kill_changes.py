"""A change of many alerts, killed again and again: in the end each alert is changed and told once."""

import json
import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.reliability.changing import ALERTS

PATIENCE_S = 300


def process(what: str, data: Path) -> subprocess.Popen[str]:
    program = [sys.executable, "-m", "tests.reliability.changing", what, str(data)]
    return subprocess.Popen(program, stdout=subprocess.PIPE, text=True)


@pytest.mark.slow
@pytest.mark.parametrize("seed", range(3))
def test_kills(tmp_path: Path, seed: int) -> None:
    dice = random.Random(seed)
    killed = 0
    for _ in range(6):
        running = process("change", tmp_path)
        assert running.stdout is not None
        running.stdout.readline()
        time.sleep(dice.uniform(0, 0.4))
        killed += running.poll() is None
        running.kill()
        running.communicate()
    assert killed >= 2
    out, _ = process("look", tmp_path).communicate(timeout=PATIENCE_S)
    done, undone = map(json.loads, out.splitlines())
    assert done == {
        "changed": ALERTS,
        "statuses": [{"status": "closed", "n": ALERTS}],
        "rows": 2 * ALERTS,
        "fields": 2 * ALERTS,
    }
    assert undone == {
        "changed": ALERTS,
        "statuses": [{"status": "open", "n": ALERTS}],
        "rows": 4 * ALERTS,
        "fields": 2 * ALERTS,
    }
