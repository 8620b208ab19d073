"""What a written scenario promises: the same bytes every time, exact counts, keys as AWS makes them."""

import re
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import orjson
import pytest

from bartizan.simulate import Scenario, ScenarioError, cloudtrail_records, write

from .conftest import SCENARIO, Written

KEYS = {
    "CloudTrail": r"AWSLogs/(\d{12})/CloudTrail/([a-z0-9-]+)/\d{4}/\d\d/\d\d/"
    r"\1_CloudTrail_\2_\d{8}T\d{4}Z_\w{16}\.json\.gz",
    "CloudTrail-Insight": r"AWSLogs/(\d{12})/CloudTrail-Insight/([a-z0-9-]+)/\d{4}/\d\d/\d\d/"
    r"\1_CloudTrail-Insight_\2_\d{8}T\d{4}Z_\w{16}\.json\.gz",
    "CloudTrail-Digest": r"AWSLogs/(\d{12})/CloudTrail-Digest/([a-z0-9-]+)/\d{4}/\d\d/\d\d/"
    r"\1_CloudTrail-Digest_\2_[\w-]+_\2_\d{8}T\d{6}Z\.json\.gz",
    "WAFLogs": r"AWSLogs/(\d{12})/WAFLogs/([a-z0-9-]+)/([\w-]+)/\d{4}/\d\d/\d\d/\d\d/\d\d/"
    r"\1_waflogs_\2_\3_\d{8}T\d{4}Z_[0-9a-f]{8}\.log\.gz",
    "network-firewall": r"AWSLogs/(\d{12})/network-firewall/(alert|flow|tls)/([a-z0-9-]+)/([\w-]+)/"
    r"\d{4}/\d\d/\d\d/\d\d/\1_network-firewall_\2_\3_\4_\d{8}T\d{4}Z_[0-9a-f]{8}\.log\.gz",
    "vpcflowlogs": r"AWSLogs/(\d{12})/vpcflowlogs/([a-z0-9-]+)/\d{4}/\d\d/\d\d/"
    r"\1_vpcflowlogs_\2_fl-[0-9a-f]{17}_\d{8}T\d{4}Z_[0-9a-f]{8}\.log\.gz",
}


def _bytes(folder: Path) -> dict[str, bytes]:
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*.gz")}


def test_same_scenario_gives_the_same_bytes(written: Written, tmp_path: Path) -> None:
    assert write(SCENARIO, tmp_path) == written.summary
    assert _bytes(tmp_path) == _bytes(written.folder)


@pytest.mark.slow
def test_another_seed_gives_other_bytes(written: Written, tmp_path: Path) -> None:
    write(replace(SCENARIO, seed=8), tmp_path)
    assert not set(_bytes(tmp_path).values()) & set(_bytes(written.folder).values())


def test_counts_add_up(written: Written) -> None:
    attack = {"aws.cloudtrail": 0, "aws.waf": 0, "aws.firewall_logs": 0, "aws.vpcflow": 0}
    for step in written.summary.attack:
        attack[step.source if step.source in attack else "aws.cloudtrail"] += step.events
    found = {
        "aws.cloudtrail": len(written.cloudtrail),
        "aws.waf": len(written.json_lines("WAFLogs")),
        "aws.firewall_logs": len(written.json_lines("network-firewall")),
        "aws.vpcflow": sum(len(content.splitlines()) - 1 for _, content in written.objects("vpcflowlogs")),
    }
    asked = {
        "aws.cloudtrail": SCENARIO.cloudtrail_events,
        "aws.waf": SCENARIO.waf_events,
        "aws.firewall_logs": SCENARIO.firewall_events,
        "aws.vpcflow": SCENARIO.flow_records,
    }
    assert found == {name: asked[name] + attack[name] for name in asked}
    assert {name: written.summary.records[name] for name in asked} == found


def test_summary_tells_files_and_bytes(written: Written) -> None:
    files = _bytes(written.folder)
    assert written.summary.files == len(files)
    assert written.summary.size_bytes == sum(map(len, files.values()))


@pytest.mark.parametrize("folder", KEYS)
def test_keys_are_as_aws_makes_them(written: Written, folder: str) -> None:
    keys = [key for key, _ in written.objects(folder)]
    assert keys
    assert [key for key in keys if not re.fullmatch(KEYS[folder], key)] == []


def test_every_object_has_a_known_folder(written: Written) -> None:
    assert {key.split("/")[2] for key in _bytes(written.folder)} == set(KEYS)


def test_progress_adds_up_to_the_records(tmp_path: Path) -> None:
    seen: list[int] = []
    summary = write(replace(SCENARIO, hours=1), tmp_path, seen.append)
    assert sum(seen) == sum(summary.records.values())


@pytest.mark.parametrize("events", [0, 1, 13, 1000])
def test_cloudtrail_records_are_as_many_as_asked(events: int) -> None:
    records = list(cloudtrail_records(replace(SCENARIO, cloudtrail_events=events)))
    assert len(records) == events


def test_cloudtrail_records_are_the_ordinary_ones_of_the_folder(written: Written) -> None:
    alone = [orjson.loads(record)["eventID"] for record in cloudtrail_records(SCENARIO)]
    assert set(alone) < {record["eventID"] for record in written.cloudtrail}


def test_nothing_asked_leaves_only_the_attack(tmp_path: Path) -> None:
    empty = replace(SCENARIO, cloudtrail_events=0, waf_events=0, firewall_events=0, flow_records=0)
    summary = write(empty, tmp_path)
    assert summary.records["aws.cloudtrail"] == sum(s.events for s in summary.attack if "amazonaws" in s.source)


@pytest.mark.slow
def test_without_attack_there_are_no_steps(tmp_path: Path) -> None:
    summary = write(replace(SCENARIO, attack=False), tmp_path)
    assert summary.attack == ()
    assert summary.records["aws.cloudtrail"] == SCENARIO.cloudtrail_events


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"hours": 0}, "`hours` is 0"),
        ({"hours": 10**6}, "`hours` is 1000000"),
        ({"waf_events": -1}, "`waf_events` is -1"),
        ({"start": datetime(2026, 1, 1)}, "no time zone"),
    ],
)
def test_impossible_scenarios_are_refused(change: dict[str, object], message: str) -> None:
    arguments: dict[str, object] = {"start": datetime(2026, 1, 1, tzinfo=UTC), **change}
    with pytest.raises(ScenarioError, match=message):
        Scenario(**arguments)  # type: ignore[arg-type]


def test_start_moves_to_the_hour() -> None:
    east = datetime.fromisoformat("2026-01-01T10:47:12+02:00")
    assert Scenario(east).start == datetime(2026, 1, 1, 8, tzinfo=UTC)
    assert Scenario(east).start.utcoffset() == timedelta(0)
