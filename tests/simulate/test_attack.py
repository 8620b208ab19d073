"""The attack: every named step is there, in order, with the parameters by which rules know it."""

import re
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from bartizan.simulate import attack
from bartizan.simulate.attack_calls import FOREIGN_ACCOUNT
from bartizan.simulate.attack_traffic import ATTACKER, ATTACKER_LAPTOP, BAD_DOMAIN

from .conftest import SCENARIO, Written

STORY = (
    "ConsoleLogin", "GetCallerIdentity", "ListUsers", "ListBuckets", "GetAccountAuthorizationDetails",
    "CreateAccessKey", "AttachUserPolicy", "DeactivateMFADevice", "ConsoleLogin", "StopLogging", "UpdateTrail",
    "DeleteTrail", "DeleteFlowLogs", "DeleteDetector", "DeleteRule", "DeleteWebACL", "GetSecretValue",
    "DeleteAccountPublicAccessBlock", "PutBucketPublicAccessBlock", "PutBucketPolicy", "ModifySnapshotAttribute",
    "ModifyDBSnapshotAttribute", "AuthorizeSecurityGroupIngress", "GetCallerIdentity", "ListBuckets", "GetObject",
    "ScheduleKeyDeletion", "DeleteBucket",
)  # fmt: skip

PARAMETERS: dict[str, dict[str, Any]] = {
    "CreateAccessKey": {"userName": "svc-backup"},
    "AttachUserPolicy": {"userName": "svc-backup", "policyArn": "arn:aws:iam::aws:policy/AdministratorAccess"},
    "DeactivateMFADevice": {"userName": "erik.solberg", "serialNumber": "arn:aws:iam::210987650022:mfa/erik.solberg"},
}


def _by_attacker(written: Written, name: str) -> list[dict[str, Any]]:
    return [
        record
        for record in written.cloudtrail
        if record["eventName"] == name and record["sourceIPAddress"] in {ATTACKER, ATTACKER_LAPTOP}
    ]


def test_the_story_is_told_in_order(written: Written) -> None:
    steps = iter(step.event_name for step in written.summary.attack)
    assert [name for name in STORY if name not in steps] == []  # `in` consumes: a subsequence


def test_steps_have_attack_ids_and_times(written: Written) -> None:
    times = [step.time for step in written.summary.attack]
    assert times == sorted(times)
    assert all(re.fullmatch(r"T\d{4}(\.\d{3})?", step.technique) for step in written.summary.attack)
    assert len({step.technique for step in written.summary.attack}) >= 15


def test_every_api_step_is_in_cloudtrail(written: Written) -> None:
    left: dict[str, int] = {}
    for step in written.summary.attack:
        if step.source.endswith(".amazonaws.com"):
            left[step.event_name] = left.get(step.event_name, 0) + step.events
    assert {name: len(_by_attacker(written, name)) for name in left} == left


@pytest.mark.parametrize("name", PARAMETERS)
def test_parameters_of_iam_calls(written: Written, name: str) -> None:
    (record,) = _by_attacker(written, name)
    assert record["requestParameters"] == PARAMETERS[name]


def test_sign_ins_are_without_mfa_and_one_is_root(written: Written) -> None:
    successes = [
        record
        for record in _by_attacker(written, "ConsoleLogin")
        if record["responseElements"] == {"ConsoleLogin": "Success"}
    ]
    assert [record["userIdentity"]["type"] for record in successes] == ["IAMUser", "Root"]
    assert {record["additionalEventData"]["MFAUsed"] for record in successes} == {"No"}
    assert {record["eventType"] for record in successes} == {"AwsConsoleSignIn"}


def test_the_new_key_is_the_one_used(written: Written) -> None:
    (made,) = _by_attacker(written, "CreateAccessKey")
    assert made["userIdentity"]["userName"] == "marta.kellan"
    (used,) = _by_attacker(written, "StopLogging")
    assert used["userIdentity"]["accessKeyId"] == made["responseElements"]["accessKey"]["accessKeyId"]


def test_snapshots_are_shared_with_a_foreign_account(written: Written) -> None:
    (volume,) = _by_attacker(written, "ModifySnapshotAttribute")
    added = volume["requestParameters"]["createVolumePermission"]["add"]["items"]
    assert added == [{"userId": FOREIGN_ACCOUNT}]
    assert volume["responseElements"]["requestId"] == volume["requestID"]
    (database,) = _by_attacker(written, "ModifyDBSnapshotAttribute")
    assert database["requestParameters"]["valuesToAdd"] == [FOREIGN_ACCOUNT]


def test_the_role_is_used_from_outside(written: Written) -> None:
    objects = _by_attacker(written, "GetObject")
    assert len(objects) == 25
    assert {record["sourceIPAddress"] for record in objects} == {ATTACKER_LAPTOP}
    assert {record["userIdentity"]["sessionContext"]["ec2RoleDelivery"] for record in objects} == {"2.0"}
    assert all("aws-cli" in record["userAgent"] for record in objects)


def test_secrets_are_read_in_bulk(written: Written) -> None:
    ids = {record["requestParameters"]["secretId"] for record in _by_attacker(written, "GetSecretValue")}
    assert len(ids) == 18


def test_traffic_shows_the_attacker(written: Written) -> None:
    web = [record for record in written.json_lines("WAFLogs") if record["httpRequest"]["clientIp"] == ATTACKER]
    assert {record["action"] for record in web} == {"BLOCK", "ALLOW"}
    alerts = [record["event"] for record in written.json_lines("network-firewall") if "alert" in record["event"]]
    assert any(event.get("tls", {}).get("sni") == BAD_DOMAIN for event in alerts)
    assert any(event["alert"]["severity"] == 1 and event["alert"]["action"] == "allowed" for event in alerts)
    flows = b"".join(content for _, content in written.objects("vpcflowlogs")).decode().splitlines()
    assert sum(f" {ATTACKER} " in row and " REJECT " in row for row in flows) == 60
    assert sum(f" {ATTACKER_LAPTOP} " in row and " ACCEPT " in row for row in flows) == 12


@pytest.mark.parametrize("hours", [1, 2, 3, 24, 72])
def test_the_attack_fits_into_its_scenario(hours: int) -> None:
    story = attack(1, SCENARIO.start, hours)
    end = SCENARIO.start + timedelta(hours=hours)
    assert all(SCENARIO.start <= record.time < end for record in story.records)
    assert sum(step.events for step in story.steps) == len(story.records)


def test_the_attack_depends_on_the_seed() -> None:
    first, again, other = (attack(seed, SCENARIO.start, 4) for seed in (1, 1, 2))
    assert first == again
    assert {record.record for record in first.records} != {record.record for record in other.records}
    assert [replace(step) for step in first.steps] == list(other.steps)
