"""What tests of packs share: keys of an author, a folder of rules to make packs of, and a place to install them."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack.registry import Attack
from bartizan.detect.packs.build import build, write_pack
from bartizan.detect.packs.installed import Installed
from bartizan.detect.packs.pack import Pack
from bartizan.detect.packs.signing import SigningKey, load_signing_key, new_keys, trust
from bartizan.detect.packs.update import Allowed, Update, install, read_pack, update
from bartizan.detect.toml_text import toml_text

RULE: Mapping[str, Any] = {
    "id": "r-1",
    "name": "Logging stopped",
    "type": "query",
    "language": "kql",
    "index": ["logs-aws.cloudtrail-*"],
    "severity": "high",
    "risk_score": 73,
    "description": "A trail was stopped.",
    "query": "event.action: StopLogging",
    "tags": ["AWS", "CloudTrail"],
}


NOTHING = Allowed()


class Desk:
    """An author who makes packs, and a user who installs them."""

    def __init__(self, folder: Path, attack: Attack) -> None:
        self.folder = folder
        self.attack = attack
        new_keys("acme", folder)
        self.key: SigningKey = load_signing_key(folder / "acme.key")
        self.installed = Installed(folder / "data" / "packs")
        trust(folder / "acme.pub", self.installed.keys)

    def source(self, version: str, *rules: Mapping[str, Any], id: str = "acme.aws") -> Path:
        """The folder of a pack before it is built."""
        folder = self.folder / f"source-{id}-{version}"
        (folder / "rules").mkdir(parents=True)
        head = {"id": id, "name": "Acme AWS", "version": version, "description": "d", "author": "Acme"}
        (folder / "pack.toml").write_text(toml_text(head))
        for at, rule in enumerate(rules):
            (folder / "rules" / f"rule{at}.toml").write_text(toml_text(rule))
        return folder

    def archive(self, version: str, *rules: Mapping[str, Any], id: str = "acme.aws", signed: bool = True) -> Path:
        """A finished pack."""
        into = self.folder / f"{id}-{version}{'' if signed else '-unsigned'}.tar.gz"
        write_pack(build(self.source(version, *rules, id=id), self.key if signed else None, self.attack), into)
        return into

    def read(self, path: Path, allowed: Allowed = NOTHING) -> Pack:
        return read_pack(self.installed, path, allowed)

    def install(self, version: str, *rules: Mapping[str, Any], id: str = "acme.aws") -> Update:
        return install(self.installed, self.read(self.archive(version, *rules, id=id)), self.attack)

    def update(self, version: str, *rules: Mapping[str, Any], allowed: Allowed = NOTHING) -> Update:
        return update(self.installed, self.read(self.archive(version, *rules)), allowed, self.attack)


@pytest.fixture
def desk(tmp_path: Path, attack: Attack) -> Desk:
    return Desk(tmp_path, attack)
