"""How the server is, told to whoever watches it."""

import shutil
from dataclasses import replace
from pathlib import Path
from typing import Any

import httpx

from bartizan.api.services import Services
from bartizan.engine.errors import EngineUnavailable
from bartizan.query.schema import Schema
from bartizan.state.database import sqlite_url
from bartizan.state.stores import open_state
from tests.api.conftest import Serve


def test_all_is_well(client: httpx.Client, services: Services, attack: dict[str, Any]) -> None:
    answer = client.get("/api/v1/health")
    health = answer.json()
    assert (answer.status_code, health["status"], health["engine"]) == (200, "ok", "ok")
    assert health["state"] == "ok"
    assert health["rules"] == {"loaded": len(services.rulebook), "failed": 0, "failing": {}}
    assert health["worker"]["alive"]
    assert health["servers"] == []
    assert health["worker"]["loaded_records"] > 0
    streams = {stream["stream"]: stream["last_ingested"] for stream in health["streams"]}
    assert streams["logs-aws.cloudtrail-api"].endswith("Z")


def test_an_engine_that_does_not_answer(services: Services, serve: Serve) -> None:
    def gone() -> Schema:
        raise EngineUnavailable("nobody answers")

    with serve(replace(services, schema=gone)) as client:
        answer = client.get("/api/v1/health")
    assert (answer.status_code, answer.json()["status"]) == (503, "down")
    assert answer.json()["engine"] == "nobody answers"


def test_a_control_plane_database_that_does_not_answer(services: Services, serve: Serve, tmp_path: Path) -> None:
    state = open_state(sqlite_url(tmp_path / "gone" / "control.sqlite"), services.clock)
    state.close()
    shutil.rmtree(tmp_path / "gone")
    with serve(replace(services, state=state)) as client:
        answer = client.get("/api/v1/health")
    assert (answer.status_code, answer.json()["state"]) == (503, "unable to open database file")
