"""Updates a pack from version to version until it is killed: `python -m tests.reliability.updating FOLDER`."""

import itertools
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from bartizan.detect.attack.registry import Attack, load_attack
from bartizan.detect.packs.build import build, write_pack
from bartizan.detect.packs.installed import Installed
from bartizan.detect.packs.signing import load_signing_key
from bartizan.detect.packs.update import Allowed, read_pack, update
from bartizan.detect.toml_text import toml_text
from tests.detect.packs.conftest import RULE

RULES = 20
VERSIONS = 4


def archive(folder: Path, number: int, attack: Attack) -> Path:
    """Version `1.NUMBER.0`, all of whose rules have the risk score NUMBER and, from 2 on, another severity."""
    source, file = folder / f"source-{number}", folder / f"p-{number}.tar.gz"
    source.mkdir()
    head = {"id": "p", "name": "P", "version": f"1.{number}.0", "description": "d", "author": "a"}
    (source / "pack.toml").write_text(toml_text(head))
    for rule in range(RULES):
        (source / f"r{rule}.toml").write_text(toml_text(of_version(rule, number)))
    write_pack(build(source, load_signing_key(folder / "a.key"), attack), file)
    return file


def of_version(rule: int, number: int) -> Mapping[str, Any]:
    """A rule as version NUMBER has it."""
    severity = "high" if number < 2 else "medium"
    return {**RULE, "id": f"r-{rule}", "name": f"R {rule}", "risk_score": number, "severity": severity}


def main(folder: Path) -> None:
    """Print each version once it is in force."""
    attack, installed = load_attack(), Installed(folder / "packs")
    for round in itertools.count(1):
        number = round % VERSIONS
        allowed = Allowed(downgrade=True)
        update(installed, read_pack(installed, folder / f"p-{number}.tar.gz", allowed), allowed, attack)
        sys.stdout.write(f"{number}\n")
        sys.stdout.flush()


if __name__ == "__main__":
    main(Path(sys.argv[1]))
