"""How the server is, told to whoever watches it."""

from dataclasses import replace
from typing import Any

import httpx

from bartizan.api.services import Services
from bartizan.engine.errors import EngineUnavailable
from bartizan.query.schema import Schema
from tests.api.conftest import Serve


def test_all_is_well(client: httpx.Client, services: Services, attack: dict[str, Any]) -> None:
    answer = client.get("/api/v1/health")
    health = answer.json()
    assert (answer.status_code, health["status"], health["engine"]) == (200, "ok", "ok")
    assert health["rules"] == {"loaded": len(services.rulebook), "failed": 0, "failing": {}}
    assert health["worker"]["alive"]
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
