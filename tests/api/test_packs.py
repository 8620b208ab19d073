"""Packs over HTTP."""

from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import httpx
import pytest

from bartizan.api.services import Services
from bartizan.app import App
from bartizan.detect.packs.customise import customise
from bartizan.detect.rulebook import load_rulebook
from tests.api.conftest import Serve, error_of
from tests.detect.packs.conftest import RULE, Desk


@pytest.fixture(scope="module")
def packed(
    app: App, services: Services, serve: Serve, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[httpx.Client]:
    desk = Desk(tmp_path_factory.mktemp("packs"), app.attack)
    desk.install("1.0.0", RULE, {**RULE, "id": "r-2"}, {**RULE, "id": "r-3"})
    desk.install("1.0.0", {**RULE, "id": "r-4"}, id="damaged")
    customise(desk.installed, "r-1", {"severity": "low"}, desk.attack)
    customise(desk.installed, "r-3", {"severity": "low"}, desk.attack)
    desk.update("1.1.0", {**RULE, "severity": "medium"}, {**RULE, "id": "r-2"})
    damage(desk.installed.root / "installed" / "damaged")
    with serve(replace(services, rulebook=load_rulebook([], desk.attack, desk.installed))) as client:
        yield client


def damage(folder: Path) -> None:
    for file in folder.rglob("*.toml"):
        if file.name.startswith("rule"):
            file.write_text("")


def test_packs_are_listed(packed: httpx.Client) -> None:
    answer = packed.get("/api/v1/packs").json()
    (pack,) = answer["packs"]
    assert (pack["id"], pack["version"], pack["rules"], pack["tuned"], pack["conflicts"]) == (
        "acme.aws",
        "1.1.0",
        3,
        2,
        1,
    )
    assert pack["signer"]["name"] == "acme"
    (failed,) = answer["failed"]
    assert (failed["id"], failed["problem"]["type"]) == ("damaged", "BadPack")


def test_one_pack_has_its_rules(packed: httpx.Client) -> None:
    answer = packed.get("/api/v1/packs/acme.aws").json()
    versions = {rule["id"]: (rule["version"], rule["is_tuned"]) for rule in answer["rule_list"]}
    assert versions == {"r-1": ("1.1.0", True), "r-2": ("1.1.0", False), "r-3": (None, True)}
    missing = packed.get("/api/v1/packs/nobody")
    assert (missing.status_code, error_of(missing)["type"]) == (404, "NotFound")


def test_conflicts_have_all_values(packed: httpx.Client) -> None:
    (conflict,) = packed.get("/api/v1/pack-conflicts").json()["conflicts"]
    assert conflict == {
        "pack": "acme.aws",
        "rule": "r-1",
        "name": "Logging stopped",
        "field": "severity",
        "outcome": "conflict",
        "base": "high",
        "yours": "low",
        "theirs": "medium",
        "value": "low",
    }


def test_rules_say_which_pack_they_are_of(packed: httpx.Client, client: httpx.Client) -> None:
    assert packed.get("/api/v1/rules/r-2").json()["origin"] == {
        "pack": "acme.aws",
        "version": "1.1.0",
        "is_tuned": False,
    }
    assert {rule["origin"] for rule in client.get("/api/v1/rules").json()["rules"]} == {None}
