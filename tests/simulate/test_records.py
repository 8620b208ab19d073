"""The records themselves: valid in their formats, in order of time, realistic in size and diversity."""

import hashlib
import ipaddress
from collections import Counter
from datetime import UTC, datetime, timedelta

import orjson
import pytest

from bartizan.simulate import cloudtrail_records
from bartizan.simulate.company import ACCOUNTS
from bartizan.simulate.sessions import hour_sessions
from bartizan.simulate.vpcflow import CUSTOM_FIELDS, DEFAULT_FIELDS

from .conftest import SCENARIO, Written

REQUIRED = (
    "eventVersion", "userIdentity", "eventTime", "eventSource", "eventName", "awsRegion", "sourceIPAddress",
    "userAgent", "requestParameters", "responseElements", "eventID", "readOnly", "eventType", "managementEvent",
    "recipientAccountId", "eventCategory",
)  # fmt: skip
IDENTITY_TYPES = {
    "Root", "IAMUser", "AssumedRole", "FederatedUser", "AWSService", "AWSAccount", "WebIdentityUser",
    "IdentityCenterUser",
}  # fmt: skip


def test_cloudtrail_records_have_what_aws_writes(written: Written) -> None:
    for record in written.cloudtrail:
        assert [name for name in REQUIRED if name not in record] == []
        assert record["eventVersion"] in {"1.08", "1.09", "1.10", "1.11"}
        assert (record["eventCategory"] == "Data") is not record["managementEvent"]
        assert b"<" not in orjson.dumps(record).replace(b"<arn", b"")


def test_cloudtrail_ids_are_unique(written: Written) -> None:
    records = written.cloudtrail
    assert len({record["eventID"] for record in records}) == len(records)
    requests = [record["requestID"] for record in records if "requestID" in record]
    assert len(set(requests)) == len(requests)


def test_cloudtrail_objects_are_of_one_place_and_in_order(written: Written) -> None:
    for key, content in written.objects("CloudTrail"):
        _, account, _, region, *_, name = key.split("/")
        records = orjson.loads(content)["Records"]
        times = [record["eventTime"] for record in records]
        assert times == sorted(times)
        assert {(record["recipientAccountId"], record["awsRegion"]) for record in records} == {(account, region)}
        delivered = datetime.strptime(name.split("_")[3], "%Y%m%dT%H%MZ").replace(tzinfo=UTC)
        first = datetime.fromisoformat(times[0])
        assert timedelta(0) < delivered - first <= timedelta(minutes=10)


def test_cloudtrail_stays_within_the_scenario(written: Written) -> None:
    times = sorted(datetime.fromisoformat(record["eventTime"]) for record in written.cloudtrail)
    assert SCENARIO.start <= times[0]
    assert times[-1] < SCENARIO.start + timedelta(hours=SCENARIO.hours)


def test_cloudtrail_sizes_are_realistic() -> None:
    sizes = [len(record) for record in cloudtrail_records(SCENARIO)]
    assert 1_000 <= sum(sizes) / len(sizes) <= 1_350
    assert min(sizes) > 400
    assert max(sizes) < 4_000


def test_cloudtrail_is_diverse(written: Written) -> None:
    records = written.cloudtrail
    names = Counter(record["eventName"] for record in records)
    assert len(names) > 60
    assert names.most_common(1)[0][1] < len(records) * 0.4
    assert len({record["userIdentity"].get("accessKeyId") for record in records}) > 200
    assert len({record["userAgent"] for record in records}) > 15
    errors = sum("errorCode" in record for record in records)
    assert 0.005 < errors / len(records) < 0.05


def test_every_type_of_identity_occurs() -> None:
    hour = SCENARIO.start
    heads = [
        orjson.loads(b"{" + session.head + b"}")["userIdentity"]["type"]
        for account in ACCOUNTS
        for region, _ in account.regions
        for session in hour_sessions(1, account, region, hour)
    ]
    assert set(heads) == IDENTITY_TYPES


def test_global_services_are_logged_in_their_region(written: Written) -> None:
    assert {record["awsRegion"] for record in written.cloudtrail if record["eventSource"] == "iam.amazonaws.com"} == {
        "us-east-1"
    }


def test_insights_come_in_pairs(written: Written) -> None:
    for _, content in written.objects("CloudTrail-Insight"):
        start, end = orjson.loads(content)["Records"]
        assert start["sharedEventID"] == end["sharedEventID"]
        assert [record["insightDetails"]["state"] for record in (start, end)] == ["Start", "End"]
        assert start["eventTime"] < end["eventTime"]


def test_digests_vouch_for_their_objects(written: Written) -> None:
    objects = dict(written.objects("CloudTrail"))
    previous = None
    for key, content in written.objects("CloudTrail-Digest"):
        digest = orjson.loads(content)
        assert digest["digestS3Object"] == key
        assert (digest["previousDigestS3Object"], digest["previousDigestHashValue"]) == (previous or (None, None))
        for file in digest["logFiles"]:
            assert hashlib.sha256(objects[file["s3Object"]]).hexdigest() == file["hashValue"]
        previous = (key, hashlib.sha256(content).hexdigest())


def test_waf_records_are_in_order_and_of_every_action(written: Written) -> None:
    for _, content in written.objects("WAFLogs"):
        times = [orjson.loads(line)["timestamp"] for line in content.splitlines()]
        assert times == sorted(times)
    records = written.json_lines("WAFLogs")
    assert {record["action"] for record in records} == {"ALLOW", "BLOCK", "CHALLENGE"}
    countries: dict[str, set[str]] = {}
    for record in records:
        countries.setdefault(record["httpRequest"]["clientIp"], set()).add(record["httpRequest"]["country"])
    assert all(len(names) == 1 for names in countries.values())


@pytest.mark.parametrize(("log_type", "event_type"), [("alert", "alert"), ("flow", "netflow"), ("tls", None)])
def test_firewall_records_are_of_their_log_type(written: Written, log_type: str, event_type: str | None) -> None:
    count = 0
    for key, content in written.objects("network-firewall"):
        if f"/network-firewall/{log_type}/" not in key:
            continue
        records = [orjson.loads(line) for line in content.splitlines()]
        seconds = [int(record["event_timestamp"]) for record in records]
        assert seconds == sorted(seconds)
        assert {record["event"].get("event_type") for record in records} == {event_type}
        for record in records:
            ipaddress.ip_address(record["event"]["src_ip"])
            ipaddress.ip_address(record["event"]["dest_ip"])
        count += len(records)
    assert count > 30


def test_flow_logs_have_a_header_and_as_many_columns(written: Written) -> None:
    headers = set()
    for _, content in written.objects("vpcflowlogs"):
        header, *rows = content.decode().splitlines()
        names = tuple(header.split(" "))
        headers.add(names)
        starts = []
        for row in rows:
            values = dict(zip(names, row.split(" "), strict=True))
            ipaddress.ip_address(values["srcaddr"])
            assert values["action"] in {"ACCEPT", "REJECT"}
            assert int(values["start"]) <= int(values["end"])
            starts.append(int(values["start"]))
        assert starts == sorted(starts)
    assert headers == {DEFAULT_FIELDS, CUSTOM_FIELDS}
