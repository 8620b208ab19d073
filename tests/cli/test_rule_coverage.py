"""`bartizan rules coverage` without a store: nothing has data, and no store is made."""

import json
from pathlib import Path

from typer.testing import CliRunner

from bartizan.cli.main import cli


def test_without_a_store_nothing_has_data(tmp_path: Path) -> None:
    words = ["rules", "coverage", "--data", str(tmp_path / "none"), "--format"]
    done = CliRunner().invoke(cli, [*words, "ndjson"])
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert done.exit_code == 0
    assert {row["with_data"] for row in rows} == {0}
    layer = json.loads(CliRunner().invoke(cli, [*words, "navigator"]).stdout)
    assert {one["techniqueID"] for one in layer["techniques"]} == {row["technique"] for row in rows}
    assert not (tmp_path / "none").exists()
