"""`bartizan alerts`: over the store itself, and through the server that has it open."""

import json
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest
from typer.testing import CliRunner

from bartizan.app import App
from bartizan.cli.alert_desk import Chosen, LocalDesk, RemoteDesk
from bartizan.cli.main import cli
from bartizan.cli.remote import Remote, ServerError
from bartizan.config import Config, EngineConfig
from bartizan.errors import BartizanError
from tests.alerts.conftest import alert
from tests.api.conftest import app, client, services

__all__ = ["app", "client", "services"]

Ran = Callable[..., tuple[int, list[dict[str, Any]], str]]
ALL = {"search": "", "language": "kql", "from": "", "to": "", "limit": 10, "building_blocks": False}
NONE: dict[str, list[str]] = {
    "status": [],
    "severity": [],
    "assignee": [],
    "tag": [],
    "rule": [],
}


def made(prefix: str) -> list[dict[str, Any]]:
    found = [alert(f"{prefix}-{number}", number) for number in range(3)]
    for one in found:
        one["alert"] |= {"status": "open", "reason": "\u001b[31m<b>red</b>"}
        one["rule"] = {"id": prefix, "name": "R"}
    return found


@pytest.fixture(scope="module")
def ran(chdb_folder: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Ran]:
    """The command in this process: exit status, rows of its NDJSON, what it said."""
    folder: Path = tmp_path_factory.mktemp("alerts")
    url = f"chdb://{chdb_folder}"
    with App(Config(data=folder, namespace="cli", engine=EngineConfig(url=url))) as own:
        own.alerts.add(made("cli"))
    config = folder / "config.toml"
    config.write_text(f'data = "{folder}"\nnamespace = "cli"\n[engine]\nurl = "{url}"\n')

    def run(*words: str, format: str = "ndjson") -> tuple[int, list[dict[str, Any]], str]:
        result = CliRunner().invoke(cli, ["alerts", *words, "--config", str(config), "--format", format])
        out = result.stdout
        if result.exception and isinstance(result.exception, BartizanError):
            return 2, [], str(result.exception)
        is_ndjson = format == "ndjson" and result.exit_code != 2
        return result.exit_code, [json.loads(line) for line in out.splitlines()] if is_ndjson else [], result.output

    yield run


def ids(rows: list[dict[str, Any]]) -> list[str]:
    return [row["alert"]["id"] for row in rows]


def test_from_the_list_to_closed_and_back(ran: Ran) -> None:
    assert ids(ran("list")[1]) == ["cli-2", "cli-1", "cli-0"]
    assert ran("acknowledge", "cli-1", "--note", "mine")[1][0]["changed"] == 1
    assert ran("assign", "alice", "--query", "alert.status: acknowledged")[1][0]["matched"] == 1
    assert ran("tag", "t", "cli-0", "cli-1")[1][0]["changed"] == 2
    assert ran("tag", "t", "--remove", "cli-0")[1][0]["changed"] == 1
    assert ids(ran("list", "--status", "acknowledged", "--assignee", "alice", "--tag", "t")[1]) == ["cli-1"]
    status, (closed,), _ = ran("close", "--query", "rule.id: cli", "--reason", "benign")
    assert (status, closed["state"], closed["changed"]) == (0, "done", 3)
    ran("reopen", "cli-0")
    status, (undone,), _ = ran("undo", closed["id"])
    assert (status, undone["changed"], undone["kept"]) == (1, 2, 2)
    (found,) = ran("show", "cli-1")[1]
    assert found["alert"]["alert"]["status"] == "acknowledged"
    assert {"alert.status", "alert.notes"} <= {row["field"] for row in found["history"]}
    assert ran("close", "cli-0", "nobody")[0] == 1


def test_tables_show_log_content_as_inert_text(ran: Ran) -> None:
    for words in (("list",), ("show", "cli-1")):
        status, _, out = ran(*words, format="table")
        assert (status, "\u001b[31m" in out) == (0, False)


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("close",), "give ids"),
        (("close", "cli-0", "--query", "*"), "give ids"),
        (("close", "cli-0", "--reason", "bored"), "no such reason"),
        (("show", "nobody"), "no alert by this id"),
        (("undo", "nobody"), "no change set"),
        (("list", "--query", "rule.nmae: x"), "rule.nmae"),
        (("acknowledge", "--query", "*", "--from", "yesterday"), "is no date"),
    ],
)
def test_what_can_not_be(ran: Ran, words: tuple[str, ...], said: str) -> None:
    status, _, out = ran(*words)
    assert (status, said in out) == (2, True), out


def test_the_server_answers_as_the_store_does(client: httpx.Client, app: App) -> None:
    app.alerts.add(made("desk"))
    remote, local = RemoteDesk(Remote(str(client.base_url).rstrip("/"), "")), LocalDesk(app)
    wanted = {**ALL, **NONE, "rule": ["desk"]}
    assert remote.listed(wanted) == local.listed(wanted)
    *_, done = remote.steps(remote.begin(Chosen((), "rule.id: desk", "kql", "", ""), {"tag": ["x"], "note": "n"}))
    assert (done["state"], done["changed"]) == ("done", 3)
    assert remote.shown("desk-0") == local.shown("desk-0")
    *_, undone = remote.steps(remote.begin_undo(done["id"]))
    assert (undone["changed"], undone["kept"]) == (3, 0)
    with pytest.raises(ServerError, match="done"):
        remote.cancel(done["id"])
    with pytest.raises(ServerError, match="no alert"):
        remote.shown("' OR 1=1 --")
