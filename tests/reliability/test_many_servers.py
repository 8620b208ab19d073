"""Servers that keep one store, killed and held at random moments: no event and no alert is lost or doubled."""

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from bartizan.app import App
from bartizan.config import Config, EngineConfig
from bartizan.detect.document import alert_of
from bartizan.detect.meaning import Knowledge
from bartizan.detect.runner import Evaluator, run_due
from bartizan.engine.base import rows
from bartizan.query.budget import Budget
from tests.detect.completeness.world import Ledger, hits_of
from tests.engine.clickhouse_http import ClickHouseServer, serving
from tests.engine.conftest import sql

RULES = Path(__file__).parent / "rules"
START = datetime(2026, 3, 1, 10, tzinfo=UTC)
DEADLINE_S = 120
OBJECTS = 40
_IDS = "SELECT `event.id` AS id FROM {table: Identifier}"
_FIRED = "SELECT DISTINCT `rule.id` AS id FROM {table: Identifier}"
EVENTS, ALERTS = "logs-aws.cloudtrail-default", "alerts-detection-default"


@pytest.fixture(scope="module")
def clickhouse(chdb_folder: str) -> Iterator[ClickHouseServer]:
    with serving(chdb_folder) as started:
        yield started


@dataclass
class Server:
    """A process, started again in the same folder after its end."""

    folder: Path
    arguments: Sequence[str]
    process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        (self.folder / "server.json").unlink(missing_ok=True)
        self.folder.mkdir(exist_ok=True)
        command = [sys.executable, "-m", "tests.reliability.serving", str(self.folder), *self.arguments]
        with (self.folder / "log").open("ab") as log:
            self.process = subprocess.Popen(command, stdout=log, stderr=log)

    def client(self) -> httpx.Client:
        """Waits until it answers."""
        file = self.folder / "server.json"
        give_up = time.monotonic() + DEADLINE_S
        while True:
            assert time.monotonic() < give_up, (self.folder / "log").read_text()
            if file.exists():
                return httpx.Client(base_url=json.loads(file.read_text())["url"], timeout=60)
            time.sleep(0.05)

    @property
    def is_alive(self) -> bool:
        return self.process is not None and self.process.poll() is None

    def signal(self, number: int) -> None:
        assert self.process is not None
        os.kill(self.process.pid, number)
        if number == signal.SIGKILL:
            self.process.wait()


@pytest.fixture
def clients() -> Iterator[dict[int, httpx.Client]]:
    opened: dict[int, httpx.Client] = {}
    yield opened
    for client in opened.values():
        client.close()


@pytest.fixture
def two(
    clickhouse: ClickHouseServer, chdb_connection: Any, tmp_path: Path, url: str
) -> Iterator[tuple[Server, Server]]:
    chdb_connection.query("CREATE DATABASE many_servers")
    engine = f"clickhouse://{clickhouse.address}/many_servers"
    arguments = (engine, url, str(RULES))
    servers = Server(tmp_path / "a", arguments), Server(tmp_path / "b", arguments)
    yield servers
    for server in servers:
        if server.is_alive:
            server.signal(signal.SIGKILL)
    chdb_connection.query("DROP DATABASE many_servers")


@pytest.fixture
def looking(two: tuple[Server, Server], tmp_path: Path) -> Iterator[App]:
    """The store as one who only reads sees it."""
    with App(Config(tmp_path / "looking", engine=EngineConfig(two[0].arguments[0]))) as app:
        app.rulebook = app.rulebook_of([RULES])
        yield app


def objects(chance: random.Random) -> list[bytes]:
    """CloudTrail objects of a few events each, out of order."""
    numbers = list(range(OBJECTS * 4))
    chance.shuffle(numbers)
    records = [event(number, chance) for number in numbers]
    return [json.dumps({"Records": records[at : at + 4]}).encode() for at in range(0, len(records), 4)]


def event(number: int, chance: random.Random) -> dict[str, Any]:
    user = f"user{chance.randrange(12)}"
    return {
        "eventVersion": "1.08",
        "userIdentity": {"type": "IAMUser", "userName": user},
        "eventTime": (START + timedelta(seconds=number * 20)).strftime("%Y-%m-%dT%H:%M:%SZ"),
        "eventSource": "iam.amazonaws.com",
        "eventName": chance.choice("ABCDEF"),
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "198.51.100.7",
        "eventID": f"event-{number}",
        "eventType": "AwsApiCall",
    }


def send(client: httpx.Client, content: bytes) -> bool:
    """Whether it was acknowledged."""
    try:
        return client.post("/api/v1/ingest", content=content, headers={"Content-Type": "application/json"}).is_success
    except httpx.TransportError:
        return False


def settle(client: httpx.Client, count: Any) -> None:
    """Wait until nothing is behind and the alerts stay as they are."""
    give_up = time.monotonic() + DEADLINE_S
    before: Any = None
    while True:
        assert time.monotonic() < give_up, client.get("/api/v1/rules/gaps").text
        told = client.get("/api/v1/rules/gaps").json()
        now = (told.get("behind"), count())
        if now[0] == [] and now == before:
            return
        before = now
        time.sleep(2)


def ids_of(app: App, table: str) -> Counter[str]:
    """How often each event is stored."""
    return Counter(row["id"] for row in rows(app.engine, sql(_IDS), {"table": table}))


def found_at_once(app: App) -> set[str]:
    """Alerts of one run over everything that is stored."""
    evaluator = Evaluator(app.engine, app.schema(), Knowledge(START), Budget())
    hits = hits_of(run_due(evaluator, Ledger(app.engine), list(app.rulebook)))  # type: ignore[arg-type]
    return {alert_of(hit, app.registry)["alert"]["id"] for hit in hits}


@pytest.mark.slow
@pytest.mark.parametrize(("kind", "seed"), [("sqlite", 0), ("postgresql", 1)])
def test_what_they_find_is_what_one_run_over_everything_finds(
    two: tuple[Server, Server], clients: dict[int, httpx.Client], looking: App, seed: int
) -> None:
    chance = random.Random(seed)
    for server in two:
        server.start()
    clients.update(enumerate(server.client() for server in two))
    for content in objects(chance):
        at = chance.randrange(2)
        if chance.random() < 0.12:
            disturb(two[at], chance)
        while not send(clients[at], content):
            if two[at].is_alive:
                time.sleep(0.1)
            else:
                at = 1 - at if chance.random() < 0.5 else started(two[at], clients, at)
        if chance.random() < 0.1:
            send(clients[1 - at], content)
    for at, server in enumerate(two):
        if not server.is_alive:
            started(server, clients, at)
    settle(clients[0], lambda: ids_of(looking, ALERTS).total())
    assert ids_of(looking, EVENTS) == Counter(f"event-{number}" for number in range(OBJECTS * 4))
    assert ids_of(looking, ALERTS) == Counter(found_at_once(looking))
    fired = {row["id"] for row in rows(looking.engine, sql(_FIRED), {"table": ALERTS})}
    assert fired == {file.stem for file in RULES.iterdir()}


def started(server: Server, clients: dict[int, httpx.Client], at: int) -> int:
    server.start()
    clients[at].close()
    clients[at] = server.client()
    return at


def disturb(server: Server, chance: random.Random) -> None:
    """Kill it, or hold it for longer or shorter than others wait for it."""
    if not server.is_alive:
        return
    if chance.random() < 0.6:
        server.signal(signal.SIGKILL)
        return
    server.signal(signal.SIGSTOP)
    time.sleep(chance.choice([1.0, 7.0]))
    server.signal(signal.SIGCONT)
