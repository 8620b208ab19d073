"""`bartizan connectors` as somebody types it."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from bartizan.cli.main import cli
from bartizan.errors import BartizanError
from tests.respond.servers import HttpTarget, answers, http_target

CONFIG = """
data = "{data}"

[egress]
allow = ["127.0.0.1"]

[connectors.hook]
type = "webhook"
url = "{url}"

[connectors.slack]
type = "slack"
url_env = "NO_SUCH_VARIABLE"
"""


def run(tmp_path: Path, target: HttpTarget, *words: str) -> tuple[int, list[dict[str, object]]]:
    """Exit status, and the rows printed."""
    file = tmp_path / "bartizan.toml"
    file.write_text(CONFIG.format(data=tmp_path / "data", url=target.url))
    done = CliRunner().invoke(cli, ["connectors", *words, "--config", str(file), "--format", "ndjson"])
    if isinstance(done.exception, BartizanError):
        raise done.exception
    return done.exit_code, [json.loads(line) for line in done.stdout.splitlines()]


def test_connectors_are_listed_and_tried(tmp_path: Path) -> None:
    with http_target(answers(200), answers(403, b"no")) as target:
        status, rows = run(tmp_path, target, "list")
        assert (status, [row["name"] for row in rows]) == (0, ["hook", "slack"])
        assert run(tmp_path, target, "test", "hook") == (
            0,
            [{"connector": "hook", "ok": True, "message": "status 200"}],
        )
        status, rows = run(tmp_path, target, "test", "hook")
        assert (status, rows[0]["message"]) == (1, "connector hook, 127.0.0.1: it answered 403: no")
        status, rows = run(tmp_path, target, "test", "slack")
        assert (status, rows[0]["ok"]) == (1, False)
        assert run(tmp_path, target, "deliveries", "--state", "dead") == (0, [])
        file = str(tmp_path / "bartizan.toml")
        retried = CliRunner().invoke(cli, ["connectors", "retry", "hook", "--config", file])
        assert (retried.exit_code, retried.stderr) == (0, "0 alerts wait again\n")
        with pytest.raises(BartizanError, match="there is no connector `other`"):
            run(tmp_path, target, "test", "other")
