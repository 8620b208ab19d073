"""From raw logs to alerts and search results, with the store on a ClickHouse server."""

from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from bartizan.alerts.workflow import Change
from bartizan.app import App
from bartizan.config import Config, EngineConfig
from bartizan.engine.base import rows
from bartizan.ingest.objects import find_files
from bartizan.pipeline.intake import Told, file_source
from bartizan.query.budget import Budget
from bartizan.query.search import Search, search
from bartizan.simulate import Scenario, write
from tests.engine.clickhouse_http import ClickHouseServer
from tests.engine.conftest import sql

DATABASE = "engine_whole_path"
START = datetime(2024, 5, 10, tzinfo=UTC)
SCENARIO = Scenario(START, hours=4, cloudtrail_events=300, waf_events=0, firewall_events=0, flow_records=0)


@pytest.fixture
def app(chdb_connection: Any, server: ClickHouseServer, tmp_path: Path) -> Iterator[App]:
    chdb_connection.query(f"CREATE DATABASE `{DATABASE}`")
    engine = EngineConfig(url=f"clickhouse://{server.address}/{DATABASE}")
    with App(Config(data=tmp_path / "data", engine=engine, retention_days={"aws.cloudtrail": 7})) as opened:
        yield opened
    chdb_connection.query(f"DROP DATABASE `{DATABASE}`")


@pytest.mark.slow
def test_logs_go_in_and_alerts_come_out(app: App, tmp_path: Path) -> None:
    written = write(SCENARIO, tmp_path / "logs")
    first, again = (ingested(app, tmp_path / "logs") for _ in range(2))
    assert not [told.failed for told in first if told.failed]
    assert sum(told.loaded.records for told in first if told.loaded) >= written.records["aws.cloudtrail"]
    assert not [told.loaded for told in again if told.loaded]

    alerts = [alert for found in app.detection.run() for alert in found.alerts]
    assert alerts
    ids, changes = [alert["alert"]["id"] for alert in alerts], app.alert_changes
    closed = changes.finish(
        changes.begin(ids, Change(status="closed", closed_reason="benign", note="n" * 4_000), "a").id
    )
    assert (closed.state, closed.changed) == ("done", len(ids))
    search_closed = Search("alert.status: closed", index=("alerts-*",), limit=1000)
    assert len(search(app.engine, app.schema(), search_closed, START, Budget()).documents) == len(ids)
    assert changes.finish(changes.begin_undo(closed.id, "a").id).changed == len(ids)
    assert not search(app.engine, app.schema(), search_closed, START, Budget()).documents
    found = search(app.engine, app.schema(), Search("event.action: *", limit=5), START, Budget())
    assert len(found.documents) == 5

    kept = sql(
        "SELECT engine_full FROM system.tables WHERE database = currentDatabase() AND name LIKE '%aws.cloudtrail%'"
    )
    assert "toIntervalDay(7)" in rows(app.engine, kept)[0]["engine_full"]


def ingested(app: App, folder: Path) -> list[Told]:
    files = [path for path in find_files([folder]) if "/CloudTrail" in str(path)]
    return list(app.intake.ingest([file_source(path) for path in files], app.reading()))
