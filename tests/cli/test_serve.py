"""`bartizan serve` as a process: logs come in, alerts come out, other commands ask it, a signal ends it well."""

import json
import os
import signal
import stat
import subprocess
import sys
import time
import urllib.request
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bartizan.cli.remote import SERVER_FILE, live_server
from bartizan.config import Config
from bartizan.simulate import Scenario, write
from tests.api.conftest import OBJECT, record

DEADLINE_S = 60
KEY = "a-key-of-some-length"
START = datetime(2026, 5, 1, tzinfo=UTC)


def bartizan(*arguments: str, key: str = "") -> subprocess.Popen[str]:
    program = [sys.executable, "-c", "from bartizan.cli.main import run; run()", *arguments]
    environment = {**os.environ, "BARTIZAN_SERVE_API_KEY": key}
    return subprocess.Popen(program, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, env=environment)


def ran(*arguments: str, key: str = "") -> tuple[int, str, str]:
    process = bartizan(*arguments, key=key)
    out, err = process.communicate(timeout=DEADLINE_S)
    return process.returncode, out, err


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    write(Scenario(START, hours=1, cloudtrail_events=20, waf_events=0, firewall_events=0, flow_records=0), folder)
    return folder / "AWSLogs" / "210987650022" / "CloudTrail"


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture(params=[""])
def server(data: Path, request: pytest.FixtureRequest) -> Iterator[subprocess.Popen[str]]:
    process = started(data, request.param)
    yield process
    ended(process)


def started(data: Path, key: str = "") -> subprocess.Popen[str]:
    process = bartizan("serve", "--data", str(data), "--port", "0", key=key)
    give_up = time.monotonic() + DEADLINE_S
    while not (data / SERVER_FILE).exists() or told(data)["pid"] != process.pid:
        assert process.poll() is None and time.monotonic() < give_up
        time.sleep(0.05)
    return process


def ended(process: subprocess.Popen[str]) -> None:
    if process.poll() is None:
        process.kill()
    process.communicate()


def told(data: Path) -> dict[str, Any]:
    found: dict[str, Any] = json.loads((data / SERVER_FILE).read_text())
    return found


def get(data: Path, path: str) -> dict[str, Any]:
    with urllib.request.urlopen(told(data)["url"] + path) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


@pytest.mark.slow
def test_logs_in_alerts_out_and_a_good_end(server: subprocess.Popen[str], data: Path, logs: Path) -> None:
    assert told(data)["pid"] == server.pid
    assert told(data).keys() == {"url", "pid"}
    assert stat.S_IMODE((data / SERVER_FILE).stat().st_mode) == 0o600

    status, out, err = ran("ingest", str(logs), "--data", str(data), "--format", "ndjson")
    assert status == 0, err
    *acknowledged, summary = map(json.loads, out.splitlines())
    objects = sum(1 for _ in logs.rglob("*.gz"))
    assert (len(acknowledged), summary["objects"]) == (objects, objects)
    assert summary["records"] == summary["streams"]["logs-aws.cloudtrail-default"] > 0

    status, out, err = ran("search", "event.action: StopLogging", "--data", str(data), "--format", "ndjson")
    assert (status, [json.loads(line)["event"]["action"] for line in out.splitlines()]) == (0, ["StopLogging"]), err

    give_up = time.monotonic() + DEADLINE_S
    while not get(data, "/api/v1/alerts")["shown"]:
        assert time.monotonic() < give_up
        time.sleep(0.1)

    period = ("--from", "2026-04-01", "--to", "2026-06-01", "--format", "ndjson")
    status, out, err = ran("rules", "preview", "--all", *period, "--data", str(data))
    assert (status, json.loads(out.splitlines()[0])["alerts"] > 0) == (0, True), err
    status, out, err = ran("rules", "gaps", "--data", str(data))
    assert (status, "0 gaps" in err) == (0, True), err
    status, _, err = ran("rules", "backfill", "--data", str(data))
    assert (status, "0 new alerts" in err) == (0, True), err

    server.send_signal(signal.SIGTERM)
    _, err = server.communicate(timeout=DEADLINE_S)
    assert server.returncode == 0, err
    assert "Traceback" not in err
    assert not (data / SERVER_FILE).exists()


@pytest.mark.slow
@pytest.mark.parametrize("server", [KEY], indirect=True)
def test_errors_come_through_and_a_second_server_is_refused(
    server: subprocess.Popen[str], data: Path, logs: Path
) -> None:
    junk = data.parent / "junk.log"
    junk.write_text("hello world\n")
    one = next(logs.rglob("*.gz"))
    status, _, err = ran("ingest", str(one), "--data", str(data))
    assert (status, "the api key is missing or wrong" in err) == (1, True)
    status, _, err = ran("ingest", str(junk), str(one), "--data", str(data), key=KEY)
    assert (status, "no integration knows" in err, "1 objects could not be read" in err) == (1, True, True)
    status, _, err = ran("search", "event.action: (", "--data", str(data), key=KEY)
    assert (status, "line 1, column 16" in err) == (2, True)
    status, _, err = ran("serve", "--data", str(data), "--port", "0")
    assert (status, told(data)["url"] in err) == (2, True)
    assert KEY not in (data / SERVER_FILE).read_text()
    server.send_signal(signal.SIGINT)
    _, err = server.communicate(timeout=DEADLINE_S)
    assert (server.returncode, KEY in err) == (0, False)


@pytest.mark.slow
def test_what_is_acknowledged_survives_a_kill(server: subprocess.Popen[str], data: Path) -> None:
    bodies = [json.dumps(record(f"killed-{number}")).encode() for number in range(20)]
    for body in bodies:
        assert not post(data, body)["objects"][0]["is_known"]
    ended(server)
    again = started(data)
    try:
        assert all(post(data, body)["objects"][0]["is_known"] for body in bodies)
        give_up = time.monotonic() + DEADLINE_S
        while get(data, "/api/v1/health")["spool"]["segments"]:
            assert time.monotonic() < give_up
            time.sleep(0.1)
        status, out, err = ran("search", "event.id: killed-*", "--data", str(data), "--format", "ndjson")
        assert status == 0, err
        found = [json.loads(line)["event"]["id"] for line in out.splitlines()]
        assert sorted(found) == sorted(f"killed-{number}" for number in range(20))
    finally:
        ended(again)


def post(data: Path, body: bytes) -> dict[str, Any]:
    request = urllib.request.Request(told(data)["url"] + "/api/v1/ingest", body, OBJECT)
    with urllib.request.urlopen(request) as answer:
        found: dict[str, Any] = json.load(answer)
        return found


def test_it_stays_on_loopback_without_a_key(data: Path) -> None:
    status, _, err = ran("serve", "--data", str(data), "--host", "0.0.0.0", "--port", "0")
    assert (status, "without authentication" in err, "BARTIZAN_SERVE_API_KEY" in err) == (2, True, True)
    assert not (data / SERVER_FILE).exists()


@pytest.mark.parametrize(
    "text",
    [
        "",
        "{",
        "[]",
        "null",
        '{"url": 5}',
        '{"url": "http://x"}',
        '{"url": "x", "pid": "me"}',
        '{"url":"x","pid":99999999}',
    ],
)
def test_a_file_that_names_no_live_server(tmp_path: Path, text: str) -> None:
    (tmp_path / SERVER_FILE).write_text(text)
    assert live_server(Config(data=tmp_path)) is None


def test_a_file_that_names_this_process(tmp_path: Path) -> None:
    assert live_server(Config(data=tmp_path)) is None
    (tmp_path / SERVER_FILE).write_text(json.dumps({"url": "http://127.0.0.1:1", "pid": os.getpid()}))
    assert live_server(Config(data=tmp_path)) is None
