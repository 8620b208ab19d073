"""The shipped rules hold to what rules/README.md says: names, ids, bands, samples, fields."""

import json
import tomllib
import uuid
from collections import Counter
from collections.abc import Iterator, Mapping
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack import Attack, load_attack
from bartizan.detect.reason import fields
from bartizan.detect.rule_file import load_rule
from bartizan.detect.rule_settings import TYPES
from bartizan.ecs import Registry, load_registry
from bartizan.integrations.catalog import load_catalog

RULES = Path(__file__).parents[2] / "rules"
FILES = sorted(RULES.rglob("*.toml"))
BANDS = {"low": range(1, 22), "medium": range(22, 48), "high": range(48, 74), "critical": range(74, 101)}
ADDRESS_KEYS = ("sourceIPAddress", "clientIp", "src_ip", "dest_ip", "ip")
INVENTED = [
    ip_network(block)
    for block in (
        *("192.0.2.0/24", "198.51.100.0/24", "203.0.113.0/24", "2001:db8::/32"),
        *("10.0.0.0/8", "172.16.0.0/12", "192.168.0.0/16"),
    )
]
"""The documentation blocks of RFC 5737 and RFC 3849 and RFC 1918's private ones."""
HEADINGS = ("## What to look at", "## Triage", "## Response")

each_rule = pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)


@pytest.fixture(scope="module")
def attack() -> Attack:
    return load_attack()


@pytest.fixture(scope="module")
def registry() -> Registry:
    return load_catalog().registry(load_registry())


def _entry(file: Path) -> Mapping[str, Any]:
    return tomllib.loads(file.read_text(encoding="utf-8"))


def _records(file: Path, kind: str) -> list[Mapping[str, Any]]:
    lines = file.with_suffix(f".{kind}.ndjson").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


def test_there_are_rules_and_ids_and_names_are_unique() -> None:
    entries = [_entry(file) for file in FILES]
    assert len(entries) >= 76
    for key in ("id", "name"):
        twice = [value for value, count in Counter(entry[key] for entry in entries).items() if count > 1]
        assert not twice, f"two rules have one `{key}`"


def test_every_sample_file_has_its_rule() -> None:
    rules = {file.stem for file in FILES}
    samples = {file.name.split(".")[0] for file in RULES.rglob("*.ndjson")}
    assert samples == rules


def test_every_type_that_has_data_is_there(attack: Attack) -> None:
    rules = [load_rule(file, attack) for file in FILES]
    assert {rule.type for rule in rules} == {*TYPES} - {"machine_learning"}
    assert {rule.language for rule in rules} >= {"kql", "lucene", "eql", "esql", "sigma"}


@each_rule
def test_loads_and_has_a_random_id(file: Path, attack: Attack) -> None:
    rule = load_rule(file, attack)
    assert uuid.UUID(rule.id).version == 4
    assert rule.id == str(uuid.UUID(rule.id))


@each_rule
def test_file_name_starts_with_the_first_tactic(file: Path, attack: Attack) -> None:
    first = load_rule(file, attack).threats[0].tactic.short_name.replace("-", "_")
    assert file.stem.startswith(f"{first}_")


@each_rule
def test_techniques_are_of_the_pinned_release(file: Path, attack: Attack) -> None:
    for reference in _entry(file)["attack"]:
        technique = reference.partition("/")[2]
        assert attack.technique(technique).id == technique


@each_rule
def test_severity_fits_the_risk_score(file: Path) -> None:
    entry = _entry(file)
    assert entry["risk_score"] in BANDS[entry["severity"]]


@each_rule
def test_texts_are_whole(file: Path) -> None:
    entry = _entry(file)
    assert 80 <= len(entry["description"]) <= 500
    assert entry["description"].endswith(".")
    assert [line for line in entry["guide"].splitlines() if line.startswith("#")] == list(HEADINGS)
    assert 300 <= len(entry["guide"]) <= 4000
    assert entry["false_positives"]
    assert all(url.startswith("https://docs.aws.amazon.com/") for url in entry["references"])


@each_rule
def test_reason_names_known_fields(file: Path, registry: Registry) -> None:
    places = fields(_entry(file)["reason"])
    assert places
    for place in places:
        field = registry.get(place)
        assert field is not None, f"`{place}`: did you mean `{registry.nearest(place)}`?"
        assert not field.is_array


def _addresses(value: Any) -> Iterator[str]:
    """Addresses of whoever took part, anywhere in a record; services that call by themselves have a name instead."""
    if isinstance(value, list):
        for item in value:
            yield from _addresses(item)
    elif isinstance(value, dict):
        yield from (value[key] for key in ADDRESS_KEYS if key in value and value[key][0].isdigit())
        yield from _addresses(list(value.values()))


@each_rule
def test_samples_are_there_and_invented(file: Path) -> None:
    for kind, least in (("match", 1), ("benign", 2)):
        records = _records(file, kind)
        assert len(records) >= least
        for address in _addresses(records):
            assert any(ip_address(address) in block for block in INVENTED), f"{address} may be somebody's"


def test_records_have_ids_of_their_own() -> None:
    ids = [
        record["eventID"]
        for file in FILES
        for kind in ("match", "benign")
        for record in _records(file, kind)
        if "eventID" in record
    ]
    assert [one for one, count in Counter(ids).items() if count > 1] == []
