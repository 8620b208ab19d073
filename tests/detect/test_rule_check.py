"""Rules against their samples, all in one store."""

import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest

from bartizan.detect.attack.registry import Attack
from bartizan.detect.rule_check import SampleStore, check_rules
from bartizan.detect.rule_file import load_rule
from bartizan.ingest.codecs import Bounds
from bartizan.ingest.objects import Reading
from bartizan.integrations.catalog import Catalog
from tests.detect.conftest import RULE
from tests.detect.store import CATALOG, NOW, REGISTRY, DetectStore, record

EVENTS = Catalog({"aws.cloudtrail": CATALOG.stream("aws.cloudtrail")})


@pytest.fixture(scope="module")
def store(make_store: Callable[[], DetectStore]) -> DetectStore:
    """One store for all tests: each has files of its own."""
    return make_store()


def samples(file: Path, kind: str, records: Sequence[dict[str, Any]]) -> None:
    file.with_suffix(f".{kind}.ndjson").write_text("\n".join(map(json.dumps, records)))


def told(store: DetectStore, attack: Attack, *files: Path) -> list[tuple[str, str]]:
    """File names and problems."""
    reading = Reading(EVENTS, Bounds(), 4096, "aws.cloudtrail")
    intake = store.intake
    add_alerts = store.alerts.add
    place = SampleStore(store.engine, intake.spool, intake.loader, reading, REGISTRY, store.namespace, add_alerts)
    rules = [load_rule(file, attack) for file in files]
    return [(problem.file.name, problem.message) for problem in check_rules(rules, place, NOW)]


def test_problems_name_the_sample(store: DetectStore, attack: Attack, tmp_path: Path) -> None:
    good, bad = tmp_path / "good.toml", tmp_path / "bad.toml"
    own = RULE.replace("logs-aws.cloudtrail-*", store.stream)
    good.write_text(own)
    samples(good, "match", [record(1, "StopLogging"), record(2, "StopLogging")])
    samples(good, "benign", [record(3, "DescribeTrails")])
    bad.write_text(own.replace("r-1", "r-2").replace("StopLogging", "DeleteTrail"))
    samples(bad, "match", [record(4, "DeleteTrail"), record(5, "StopLogging")])
    samples(bad, "benign", [record(6, "DeleteTrail"), {"nothing": "known"}])
    assert told(store, attack, good, bad) == [
        ("bad.benign.ndjson", "1 of its 2 records are not understood"),
        ("bad.match.ndjson", "the rule finds 1 of its 2 records"),
        ("bad.benign.ndjson", "the rule finds 1 of its records, it should find none"),
    ]


def test_few_alerts_are_no_problem(store: DetectStore, attack: Attack, tmp_path: Path) -> None:
    file = tmp_path / "few.toml"
    file.write_text(RULE.replace("logs-aws.cloudtrail-*", store.stream) + "max_alerts = 1\n")
    samples(file, "match", [record(number, "StopLogging") for number in range(3)])
    assert told(store, attack, file) == []


def test_more_samples_than_a_segment_holds_are_all_read(store: DetectStore, attack: Attack, tmp_path: Path) -> None:
    file = tmp_path / "large.toml"
    file.write_text(RULE.replace("logs-aws.cloudtrail-*", store.stream))
    samples(file, "match", [record(n, "StopLogging", requestParameters={"t": "x" * 50_000}) for n in range(30)])
    assert told(store, attack, file) == []


def test_a_sentence_with_a_place_for_nothing_is_told(store: DetectStore, attack: Attack, tmp_path: Path) -> None:
    file = tmp_path / "places.toml"
    own = RULE.replace("logs-aws.cloudtrail-*", store.stream)
    file.write_text(own.replace("{source.ip}", "{source.pi}").replace("StopLogging'", "StopLogging and user.nmae: x'"))
    problems = dict.fromkeys(message for _, message in told(store, attack, file))
    assert any("unknown field `user.nmae`" in message for message in problems)
    assert any("`reason` has a place for `source.pi`, which is no field" in message for message in problems)


def test_types_that_look_at_several_events_are_tried_on_each_file_alone(
    store: DetectStore, attack: Attack, tmp_path: Path
) -> None:
    own = RULE.replace("logs-aws.cloudtrail-*", store.stream).replace("StopLogging'", "Sev{}'")
    one = own.replace("{}", "One").replace("reason", "max_alerts = 5\nreason")
    (tmp_path / "one.toml").write_text(one)
    (tmp_path / "two.toml").write_text(own.replace("{}", "Two").replace("r-1", "r-2"))
    new = tmp_path / "new.toml"
    new.write_text(
        own.replace("r-1", "r-3").replace("{}", "New").replace('"query"', '"new_terms"')
        + '[new_terms]\nfields = ["source.address"]\n'
    )
    samples(new, "history", [record(40, "SevNew")])
    samples(new, "benign", [record(41, "SevNew")])
    samples(new, "match", [record(42, "SevNew", sourceIPAddress="198.51.100.9")])
    both = tmp_path / "both.toml"
    both.write_text(
        RULE.replace("r-1", "r-4")
        .replace('"query"', '"correlation"')
        .replace("query = 'event.action: StopLogging'", "")
        .replace('index = ["logs-aws.cloudtrail-*"]', f'index = ["alerts-detection-{store.namespace}"]')
        .replace('language = "kql"', "")
        + '[correlation]\nrules = ["r-1", "r-2"]\nby = ["user.name"]\n'
    )
    samples(both, "match", [record(43, "SevOne"), record(44, "SevTwo")])
    samples(both, "benign", [record(45, "SevOne"), record(46, "Other")])
    assert told(store, attack, tmp_path / "one.toml", tmp_path / "two.toml", new, both) == []
    assert told(store, attack, both) == [
        ("both.toml", "it names rule `r-1`, which is not there"),
        ("both.toml", "it names rule `r-2`, which is not there"),
        ("both.match.ndjson", "the rule finds nothing in its 4 records"),
    ]
