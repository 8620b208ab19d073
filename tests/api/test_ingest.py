"""Objects in over HTTP: acknowledged once they are on disk, stored once, bounded, and only data."""

import gzip
import json
from dataclasses import replace

import httpx
import pytest

from bartizan.api.services import Services
from tests.api.conftest import BATCH, OBJECT, Serve, error_of, is_empty, raw_connection, record, tar

STREAM = "logs-aws.cloudtrail-api"
HEAD = b"POST /api/v1/ingest HTTP/1.1\r\nHost: localhost\r\nContent-Type: a/b\r\n"


def post(client: httpx.Client, body: bytes, **params: str | bool) -> httpx.Response:
    return client.post("/api/v1/ingest", params=params, content=body, headers=OBJECT)


def lines(*ids: str) -> bytes:
    return b"".join(json.dumps(record(one)).encode() + b"\n" for one in ids)


def found(client: httpx.Client, query: str) -> list[str]:
    answer = client.post("/api/v1/search", json={"query": query, "index": ["logs-*-api"]})
    return sorted(document["event"]["id"] for document in answer.json()["documents"])


def test_an_object_is_stored_once(client: httpx.Client) -> None:
    body = lines("once")
    answer = post(client, body, wait=True, name="AWSLogs/once.json").json()
    assert answer["size_bytes"] == len(body)
    assert answer["objects"] == [{"name": "AWSLogs/once.json", "is_known": False, "error": None}]
    assert answer["spooled"] == {STREAM: 1}
    assert answer["stored"] == [{"stream": STREAM, "records": 1, "failed": 0, "problems": []}]
    again = post(client, body, wait=True).json()
    assert (again["objects"][0]["is_known"], again["spooled"], again["stored"]) == (True, {}, [])
    assert found(client, "event.id: once") == ["once"]


def test_an_object_is_what_a_file_would_hold(client: httpx.Client) -> None:
    records = json.dumps({"Records": [record("wrapped")]}).encode()
    zipped = gzip.compress(json.dumps({"Records": [record("zipped")]}).encode())
    answer = client.post(
        "/api/v1/ingest", params={"wait": True}, content=tar({"a": records, "b": zipped}), headers=BATCH
    ).json()
    assert [told["error"] for told in answer["objects"]] == [None, None]
    assert found(client, "event.id: (wrapped or zipped)") == ["wrapped", "zipped"]


def test_an_object_is_acknowledged_before_it_is_loaded(client: httpx.Client, services: Services) -> None:
    body = lines("later", "later-2")
    answer = post(client, body).json()
    assert (answer["spooled"], answer["stored"]) == ({STREAM: 1}, None)
    assert post(client, body).json()["objects"][0]["is_known"]
    post(client, lines("after"), wait=True)
    assert found(client, "event.id: later*") == ["later", "later-2"]
    assert is_empty(services.incoming)


def test_records_that_are_not_understood_are_kept_and_told(client: httpx.Client) -> None:
    body = lines("fine") + b'{"eventID": "bad", "eventVersion": "1.11", "eventTime": "yesterday"}\n'
    (stored,) = post(client, body, dataset="aws.cloudtrail", wait=True).json()["stored"]
    assert (stored["records"], stored["failed"], len(stored["problems"])) == (2, 1, 1)


def test_what_comes_before_a_fault_is_kept(client: httpx.Client) -> None:
    whole = lines(*(f"cut-{number}" for number in range(2000)))
    answer = post(client, gzip.compress(whole)[:-2000], wait=True, name="cut.gz").json()
    assert answer["objects"][0]["error"]["type"] == "BadObject"
    assert 0 < sum(stored["records"] for stored in answer["stored"]) < 2000


@pytest.mark.parametrize(
    ("body", "params", "status", "type"),
    [
        (b"hello world", {}, 422, "UnknownContent"),
        (b"\x1f\x8b garbage", {}, 422, "BadObject"),
        (b"PK\x03\x04 garbage", {}, 422, "BadObject"),
        (b"{" * 100_000, {}, 422, "UnknownContent"),
        (lines("x"), {"dataset": "aws.cloudtrial"}, 400, "UnknownDataset"),
        (lines("x"), {"dataset": "detection"}, 400, "UnknownDataset"),
        (lines("x"), {"datset": "aws.cloudtrail"}, 422, "InvalidRequest"),
        (lines("x"), {"wait": "perhaps"}, 422, "InvalidRequest"),
        (lines("x"), {"name": "n" * 2000}, 422, "InvalidRequest"),
    ],
)
def test_what_cannot_be_taken_is_refused(
    client: httpx.Client, body: bytes, params: dict[str, str], status: int, type: str
) -> None:
    answer = post(client, body, **params)
    assert (answer.status_code, error_of(answer)["type"]) == (status, type)


def test_nothing_to_store_is_no_error(client: httpx.Client) -> None:
    answer = post(client, b"")
    assert (answer.status_code, answer.json()["spooled"]) == (200, {})
    assert answer.json()["objects"][0]["error"]["type"] == "NoRecords"


def test_alerts_cannot_be_sent_in(client: httpx.Client) -> None:
    forged = {"alert": {"id": "a" * 32}, "rule": {"id": "x"}, "threat": {}, "@timestamp": "2026-05-01T10:00:00Z"}
    answer = post(client, json.dumps(forged).encode())
    assert (answer.status_code, error_of(answer)["type"]) == (422, "UnknownContent")


def test_a_batch_is_many_objects(client: httpx.Client, services: Services) -> None:
    files = {
        "a.json": lines("batch-a"),
        "../../b": lines("batch-b"),
        "junk": b"hello world",
        "/etc/c": lines("batch-a"),
    }
    answer = client.post("/api/v1/ingest", params={"wait": True}, content=tar(files), headers=BATCH).json()
    assert [
        (told["name"], told["is_known"], told["error"] and told["error"]["type"]) for told in answer["objects"]
    ] == [
        ("a.json", False, None),
        ("../../b", False, None),
        ("junk", False, "UnknownContent"),
        ("/etc/c", True, None),
    ]
    assert answer["stored"] == [{"stream": STREAM, "records": 2, "failed": 0, "problems": []}]
    assert found(client, "event.id: batch-*") == ["batch-a", "batch-b"]
    assert is_empty(services.incoming)


@pytest.mark.parametrize(
    "body",
    [b"", b"hello", gzip.compress(tar({"a": b"b"})), tar({"a": b"b" * 5000})[:2000]],
    ids=["empty", "text", "compressed", "cut off"],
)
def test_a_batch_that_is_no_tar_archive(client: httpx.Client, body: bytes) -> None:
    answer = client.post("/api/v1/ingest", content=body, headers=BATCH)
    assert (answer.status_code, error_of(answer)["type"]) == (422, "BadObject")


@pytest.mark.parametrize("kind", ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data", ""])
def test_what_a_foreign_page_could_send_is_refused(client: httpx.Client, kind: str) -> None:
    answer = client.post("/api/v1/ingest", content=lines("form"), headers={"Content-Type": kind})
    assert (answer.status_code, error_of(answer)["type"]) == (415, "UnsupportedMediaType")


def test_a_body_is_bounded_with_and_without_a_length(services: Services, serve: Serve) -> None:
    small = replace(services, limits=replace(services.limits, max_object_bytes=10_000))
    with serve(small) as client:
        announced = post(client, b"x" * 10_001)
        assert (announced.status_code, error_of(announced)["type"]) == (413, "BodyTooLarge")
        with raw_connection(client) as endless:
            endless.sendall(HEAD + b"Transfer-Encoding: chunked\r\n\r\n")
            endless.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n" + b"1000\r\n" + b"x" * 4096 + b"\r\n")
            endless.sendall(b"1000\r\n" + b"x" * 4096 + b"\r\n")
            told = b"".join(iter(lambda: endless.recv(65536), b""))
        assert told.startswith(b"HTTP/1.1 413 ")
        assert b"connection: close" in told.lower()
    assert is_empty(services.incoming)


def test_too_much_that_waits_asks_clients_to_come_later(services: Services, serve: Serve) -> None:
    with serve(replace(services, limits=replace(services.limits, max_backlog_bytes=-1))) as client:
        answer = post(client, lines("busy"))
    assert (answer.status_code, error_of(answer)["type"], answer.headers["retry-after"]) == (503, "Busy", "5")


def test_a_body_that_never_ends_runs_out_of_time(services: Services, serve: Serve) -> None:
    hasty = replace(services, limits=replace(services.limits, body_timeout_s=0.1))
    with serve(hasty) as client, raw_connection(client) as slow:
        slow.sendall(HEAD + b"Content-Length: 10\r\n\r\nabc")
        assert slow.recv(65536).startswith(b"HTTP/1.1 408 ")
    assert is_empty(services.incoming)
