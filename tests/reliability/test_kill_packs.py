"""Whatever moment an update of a pack is killed at: the version in force is a whole one, and what was tuned is kept."""

import random
import subprocess
import sys
import time
from pathlib import Path

import pytest

from bartizan.detect.attack.registry import load_attack
from bartizan.detect.packs.customise import customise
from bartizan.detect.packs.installed import Installed
from bartizan.detect.packs.loaded import load_packs
from bartizan.detect.packs.signing import new_keys, trust
from bartizan.detect.packs.update import Allowed, install, read_pack, update
from tests.reliability.updating import RULES, VERSIONS, archive

TUNED = range(0, RULES, 2)


@pytest.mark.slow
def test_a_killed_update(tmp_path: Path) -> None:
    dice, attack, installed = random.Random(3), load_attack(), Installed(tmp_path / "packs")
    new_keys("a", tmp_path)
    trust(tmp_path / "a.pub", installed.keys)
    first, *_ = [archive(tmp_path, number, attack) for number in range(VERSIONS)]
    install(installed, read_pack(installed, first, Allowed()), attack)
    for rule in TUNED:
        customise(installed, f"r-{rule}", {"severity": "low"}, attack)
    seen: set[str] = set()
    for _ in range(25):
        process = subprocess.Popen(
            [sys.executable, "-m", "tests.reliability.updating", str(tmp_path)], stdout=subprocess.PIPE
        )
        assert process.stdout is not None
        process.stdout.readline()
        time.sleep(dice.uniform(0, 0.3))
        process.kill()
        process.communicate()
        seen.add(checked(installed))
    assert len(seen) > 1
    update(installed, read_pack(installed, first, Allowed()), Allowed(downgrade=True), attack)
    assert checked(installed) == "1.0.0"
    home = installed.root / "installed" / "p"
    assert len(list(home.iterdir())) <= 3
    assert not list(home.glob(".*"))


def checked(installed: Installed) -> str:
    """The version in force, after a look at each rule."""
    found = load_packs(installed, load_attack())
    assert found.problems == ()
    (pack,) = found.loaded
    assert (len(pack.rules), pack.problems) == (RULES, ())
    version = pack.manifest.version.text
    number = int(version.split(".")[1])
    for one in pack.rules:
        is_tuned = int(one.rule.id.removeprefix("r-")) in TUNED
        theirs = "high" if number < 2 else "medium"
        assert (one.rule.risk_score, one.rule.severity) == (number, "low" if is_tuned else theirs)
        assert [field.field for field in one.conflicts] == (["severity"] if is_tuned and number >= 2 else [])
    return version
