"""Searches over HTTP: documents, errors with their place, and hostile queries that stay queries."""

import json
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import Any

import httpx
import pytest

from bartizan.api.services import Services
from bartizan.query.budget import Budget
from tests.api.conftest import BATCH, Serve, error_of, record, tar

HOSTILE = "</script><script>alert(1)</script> ${jndi:ldap://x} {{7*7}} \u202e\u2028 =cmd() ' \\ `"


def search(client: httpx.Client, query: str, **asked: Any) -> httpx.Response:
    return client.post("/api/v1/search", json={"query": query, "index": ["logs-*-api"], **asked})


def test_documents_newest_first(client: httpx.Client, attack: dict[str, Any]) -> None:
    answer = search(client, "event.provider: * and event.action: *", limit=5).json()
    times = [document["@timestamp"] for document in answer["documents"]]
    assert (answer["shown"], len(times), times) == (5, 5, sorted(times, reverse=True))
    assert isinstance(answer["took_ms"], int)


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"from": "2026-04-30", "to": "2026-05-02"}, True),
        ({"from": "2026-05-03T00:00:00Z"}, False),
        ({"to": "2026-04-30"}, False),
        ({"from": "now-1m/y"}, True),
        ({"limit": 0}, False),
    ],
)
def test_time_and_limit(client: httpx.Client, attack: dict[str, Any], asked: dict[str, Any], expected: bool) -> None:
    assert bool(search(client, "event.action: StopLogging", **asked).json()["shown"]) is expected


def test_sequences(client: httpx.Client, attack: dict[str, Any]) -> None:
    steps = '[any where event.action == "CreateAccessKey"] [any where event.action == "StopLogging"]'
    answer = search(client, f"sequence by cloud.account.id {steps}", language="eql").json()
    (group,) = answer["groups"]
    assert [event["event"]["action"] for event in group["events"]] == ["CreateAccessKey", "StopLogging"]
    assert (answer["shown"], answer["documents"], len(group["keys"])) == (1, [], 1)
    assert answer["rows_read"] > 0
    assert answer["elapsed_ms"] > 0
    plain = search(client, 'any where event.action == "StopLogging" | head 1', language="eql").json()
    assert (plain["shown"], plain["groups"]) == (1, None)


def test_tables(client: httpx.Client, attack: dict[str, Any]) -> None:
    query = "FROM logs-*-api | WHERE event.action == ?a | STATS n = COUNT(*) BY event.action"
    answer = search(client, query, language="esql", parameters={"a": "StopLogging"}).json()
    assert answer["table"]["columns"] == [{"name": "n", "type": "long"}, {"name": "event.action", "type": "keyword"}]
    ((count, action),) = answer["table"]["rows"]
    assert (count > 0, action, answer["shown"], answer["documents"]) == (True, "StopLogging", 1, [])
    events = search(client, "FROM logs-*-api METADATA _id | LIMIT 2", language="esql").json()
    assert (events["shown"], len(events["documents"])) == (2, 2)
    told = search(client, query, language="esql", parameters=["x"], explain=True)
    assert error_of(told)["column"] == query.index("?a") + 1
    explained = search(client, "FROM logs-*-api | LIMIT 1", language="esql", explain=True).json()["explanation"]
    assert explained["ir"].startswith("scan logs-")
    counted = "STATS n = COUNT(*), many = COUNT(*) > 1 BY event.action | SORT n DESC"
    rows = search(client, f"FROM logs-*-api | {counted}", language="esql").json()["table"]["rows"]
    assert {row[1] for row in rows} <= {True, False}


def test_a_wrong_query_is_shown_its_place(client: httpx.Client, attack: dict[str, Any]) -> None:
    answer = search(client, "event.action: x and\n evnt.action: y")
    error = error_of(answer)
    assert (answer.status_code, error["type"], error["line"], error["column"]) == (400, "UnknownField", 2, 2)
    assert error["excerpt"] == " evnt.action: y\n ^^^^^^^^^^^"
    assert error["hint"] == "did you mean `event.action`?"


@pytest.mark.parametrize(
    ("asked", "status", "type"),
    [
        ({"query": "("}, 400, "QuerySyntaxError"),
        ({"query": "*", "index": ["nothing-*"]}, 400, "NoStreams"),
        ({"query": "*", "language": "sql"}, 400, None),
        ({"query": "*", "from": "yesterday"}, 400, "BadParameter"),
        ({"query": "(" * 5000}, 400, None),
        ({}, 422, "InvalidRequest"),
        ({"query": 5}, 422, "InvalidRequest"),
        ({"query": "*", "limit": 10_001}, 422, "InvalidRequest"),
        ({"query": "*", "limit": -1}, 422, "InvalidRequest"),
        ({"query": "*", "limit": "1; DROP TABLE x"}, 422, "InvalidRequest"),
        ({"query": "*", "index": "logs-*"}, 422, "InvalidRequest"),
        ({"query": "*", "space_id": "other"}, 422, "InvalidRequest"),
        ({"query": "*", "__proto__": {}}, 422, "InvalidRequest"),
    ],
)
def test_requests_that_are_not_valid(
    client: httpx.Client, attack: dict[str, Any], asked: dict[str, Any], status: int, type: str | None
) -> None:
    answer = client.post("/api/v1/search", json={"index": ["logs-*-api"], **asked} if asked else {})
    error = error_of(answer)
    assert answer.status_code == status, answer.text
    assert type is None or error["type"] == type


@pytest.mark.parametrize(
    ("body", "kind", "status"),
    [
        (b"[" * 100_000, "application/json", 400),
        (b"{", "application/json", 422),
        (b"", "application/json", 422),
        (b'{"query": "*"}', "text/plain", 415),
        (b'{"query": "*"}', "application/octet-stream", 415),
        (b'{"query": "' + b"x" * 1_100_000 + b'"}', "application/json", 413),
        (b'{"query": "\xff"}', "application/json", 400),
    ],
)
def test_bodies_that_are_no_request(client: httpx.Client, body: bytes, kind: str, status: int) -> None:
    answer = client.post("/api/v1/search", content=body, headers={"Content-Type": kind})
    assert error_of(answer)
    assert answer.status_code == status, answer.text


@pytest.mark.parametrize(
    "query",
    [
        'event.action: "\' OR 1=1 --"',
        "event.action: x'; DROP TABLE `logs-aws.cloudtrail-api`; --",
        "event.action: `x`",
        'event.action: "{name:Type}"',
        "event.action: {p0: String}",
        "event.action: file('/etc/passwd')",
        "event.action: \"url('http://169.254.169.254/', LineAsString)\"",
        "s3('http://x', 'CSV')",
        "remote('127.0.0.1', system.users)",
        "executable('id', 'TSV', 'x String')",
        "\\",
        "event.action: \\\\' UNION ALL SELECT 1",
        "event.action: \u0000",
        "not " * 3000 + "x",
        " or ".join(f"event.action: a{number}" for number in range(1_000)),
        "*" * 1000,
        f"event.action: {'*a' * 500}*",
    ],
)
def test_hostile_queries_stay_queries(client: httpx.Client, attack: dict[str, Any], query: str) -> None:
    answer = search(client, query)
    if answer.status_code == 200:
        assert answer.json()["documents"] == [] or set(query) == {"*"}
    else:
        assert answer.status_code == 400, answer.text
        assert error_of(answer)


def test_after_hostile_queries_all_is_still_there(client: httpx.Client, attack: dict[str, Any]) -> None:
    assert search(client, "event.action: StopLogging").json()["shown"] > 0


def test_log_content_comes_back_as_data(client: httpx.Client) -> None:
    hostile = record("hostile", userAgent=HOSTILE, eventName=HOSTILE, requestParameters={HOSTILE: HOSTILE})
    broken = record("broken", requestParameters={"x": "\ud800"})
    body = tar({HOSTILE: json.dumps({"Records": [hostile, broken]}).encode()})
    answer = client.post("/api/v1/ingest", params={"wait": True}, content=body, headers=BATCH)
    assert sum(stored["records"] for stored in answer.json()["stored"]) == 2
    answer = search(client, "event.id: hostile")
    (document,) = answer.json()["documents"]
    assert document["event"]["action"] == document["user_agent"]["original"] == HOSTILE
    assert answer.headers["content-type"] == "application/json"
    assert answer.headers["content-security-policy"].startswith("default-src 'none'")
    assert search(client, "*", limit=1000).json()["shown"]


def test_a_search_runs_out_of_time(services: Services, serve: Serve, attack: dict[str, Any]) -> None:
    with serve(replace(services, limits=replace(services.limits, search=Budget(timeout_s=0.000_001)))) as client:
        answer = search(client, "event.original: *a*b*c*")
    assert (answer.status_code, error_of(answer)["type"]) == (504, "BudgetExceeded")


def test_a_search_is_cancelled_by_the_id_that_its_client_gave(client: httpx.Client, attack: dict[str, Any]) -> None:
    expanded = " | ".join(f"MV_EXPAND {name}" for name in "abcdefghijkl")
    same = ", ".join(f"{name} = a" for name in "bcdefghijkl")
    query = f"ROW a = [0, 1, 2, 3, 4, 5, 6, 7, 8, 9] | EVAL {same} | {expanded} | STATS COUNT(*)"
    with ThreadPoolExecutor(1) as pool:
        running = pool.submit(search, client, query, language="esql", id="mine'; --")
        while not running.done():
            told = client.delete("/api/v1/searches/mine'; --")
            assert told.status_code in (200, 404)
            time.sleep(0.05)
        answer = running.result()
    assert (answer.status_code, error_of(answer)["type"]) == (400, "SearchCancelled")
    assert client.delete("/api/v1/searches/mine'; --").status_code == 404


def test_what_a_search_took_and_how_it_is_explained(client: httpx.Client, attack: dict[str, Any]) -> None:
    found = search(client, "event.action: StopLogging").json()
    assert found["rows_read"] > 0
    assert found["bytes_read"] > 0
    assert found["elapsed_ms"] > 0
    assert found["explanation"] is None
    explained = search(client, "event.action: StopLogging", explain=True).json()
    assert (explained["documents"], explained["sql"]) == ([], found["sql"])
    stages = explained["explanation"]
    assert (stages["ir"], stages["sql"]) == ('(= event.action "StopLogging")', found["sql"])
    assert stages["parameters"]["p0"] == {"type": "String", "value": "StopLogging"}
    assert stages["ast"].startswith("Is")
    assert "ReadFrom" in stages["plan"]
