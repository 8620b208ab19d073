"""A server in this process on a free loopback port, over streams of its own in the one engine of the test process."""

import io
import socket
import tarfile
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
import uvicorn

from bartizan.api.server import build
from bartizan.api.services import Services
from bartizan.app import App
from bartizan.config import Config, EngineConfig
from bartizan.detect.rulebook import Rulebook
from bartizan.simulate import Scenario, write

OBJECT = {"Content-Type": "application/octet-stream"}
BATCH = {"Content-Type": "application/x-tar"}
START = datetime(2026, 5, 1, tzinfo=UTC)

Serve = Callable[[Services], AbstractContextManager[httpx.Client]]


@contextmanager
def running(services: Services, *, works: bool) -> Iterator[httpx.Client]:
    """A client of a server over `services`; its worker runs only if it `works`, for a store has one at most."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = uvicorn.Config(
            build(services), log_config=None, http="h11", ws="none", lifespan="on" if works else "off"
        )
        server = uvicorn.Server(config)
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        with httpx.Client(base_url=f"http://127.0.0.1:{listener.getsockname()[1]}", timeout=60) as client:
            yield client
        server.should_exit = True
        thread.join()


@pytest.fixture(scope="session")
def app(chdb_folder: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[App]:
    data = tmp_path_factory.mktemp("api")
    with App(Config(data=data, namespace="api", engine=EngineConfig(url=f"chdb://{chdb_folder}"))) as app:
        app.rulebook = few(app.rulebook)
        yield app


def few(rulebook: Rulebook) -> Rulebook:
    """Some of the rules, for planning all of them after each load takes its time; on this server's streams alone, since
    other tests' streams in the same engine come and go."""
    own = [replace(rule, index=("logs-*:api",)) for rule in rulebook]
    chosen = [rule for rule in own if "StopLogging" in rule.query or "DeactivateMFADevice" in rule.query]
    assert chosen
    return Rulebook({rule.id: rule for rule in chosen}, rulebook.problems)


@pytest.fixture(scope="session")
def services(app: App) -> Services:
    return app.services()


@pytest.fixture(scope="session")
def client(services: Services) -> Iterator[httpx.Client]:
    with running(services, works=True) as client:
        yield client


@pytest.fixture(scope="session")
def serve() -> Serve:
    """Serves changed services beside `client`, without a worker."""
    return lambda services: running(services, works=False)


@pytest.fixture(scope="session")
def attack(client: httpx.Client, tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """CloudTrail logs with an attack in them, stored; gives what the server answered."""
    folder = tmp_path_factory.mktemp("logs")
    write(Scenario(START, hours=1, cloudtrail_events=20, waf_events=0, firewall_events=0, flow_records=0), folder)
    files = sorted(folder.glob("**/CloudTrail/**/*.gz"))
    body = tar({str(file.relative_to(folder)): file.read_bytes() for file in files})
    answer = client.post("/api/v1/ingest", params={"wait": True}, content=body, headers=BATCH)
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def tar(files: dict[str, bytes]) -> bytes:
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        for name, content in files.items():
            member = tarfile.TarInfo(name)
            member.size = len(content)
            archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def record(event_id: str, **members: Any) -> dict[str, Any]:
    """A CloudTrail record of our own."""
    return {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "userName": "maria", "accountId": "210987650011"},
        "eventTime": "2026-05-01T10:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "ListBuckets",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "userAgent": "aws-cli/2.15",
        "eventID": event_id,
        "eventType": "AwsApiCall",
        "recipientAccountId": "210987650011",
        **members,
    }


def error_of(answer: httpx.Response) -> dict[str, Any]:
    """The error of an answer, after a look at its shape and at what every answer carries."""
    body = answer.json()
    assert body.keys() == {"error"}
    error: dict[str, Any] = body["error"]
    assert error.keys() == {"type", "message", "where", "hint", "line", "column", "excerpt"}
    assert "Traceback" not in answer.text
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["content-type"] == "application/json"
    return error


def is_empty(folder: Path) -> bool:
    return not any(folder.iterdir())


def raw_connection(client: httpx.Client) -> socket.socket:
    """A connection to the client's server, for what no client would send."""
    return socket.create_connection((client.base_url.host, client.base_url.port or 0), timeout=60)
