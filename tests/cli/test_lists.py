"""`bartizan lists`: filled from a file, in the data folder or through the server that has it open."""

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bartizan.cli.main import cli
from bartizan.errors import BartizanError
from tests.cli.test_serve import ended, ran, started


@pytest.fixture
def data(tmp_path: Path) -> Path:
    return tmp_path / "data"


@pytest.fixture
def office(tmp_path: Path) -> Path:
    file = tmp_path / "office.txt"
    file.write_text("# ours\n10.0.0.1\n10.0.0.2\nten\n")
    return file


def run(data: Path, *words: str) -> Result:
    return CliRunner().invoke(cli, ["lists", *words, "--data", str(data)])


def test_filled_and_listed(data: Path, office: Path) -> None:
    first = run(data, "import", "office", str(office), "--type", "ip")
    assert (first.exit_code, first.stdout) == (1, "")
    assert first.stderr == "line 4: it is no address\noffice: 2 added, 0 known, 1 rejected\n"
    office.write_text("10.0.0.2\n10.0.0.3\n")
    again = run(data, "import", "office", str(office), "--format", "ndjson")
    assert again.exit_code == 0
    assert json.loads(again.stdout) == {"name": "office", "added": 1, "known": 1, "rejected": 0, "first_rejected": []}
    run(data, "import", "office", str(office), "--replace")
    (listed,) = map(json.loads, run(data, "list", "--format", "ndjson").stdout.splitlines())
    assert (listed["name"], listed["type"], listed["size"], listed["written"]["updated_by"]) == (
        "office",
        "ip",
        2,
        "local",
    )


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["missing"], "say what a new one holds: --type keyword|ip|ip_range"),
        (["office", "--type", "keyword"], "holds values of type ip"),
        (["Our Office", "--type", "ip"], "is no name"),
    ],
)
def test_what_is_refused(data: Path, office: Path, words: list[str], said: str) -> None:
    run(data, "import", "office", str(office), "--type", "ip")
    refused = run(data, "import", words[0], str(office), *words[1:])
    assert isinstance(refused.exception, BartizanError)
    assert said in str(refused.exception)


@pytest.mark.slow
def test_through_the_server(data: Path, office: Path) -> None:
    server = started(data)
    try:
        status, _, err = ran("lists", "import", "office", str(office), "--type", "ip", "--data", str(data))
        assert (status, err) == (1, "line 4: it is no address\noffice: 2 added, 0 known, 1 rejected\n")
        status, out, err = ran("lists", "list", "--data", str(data), "--format", "csv")
        assert (status, out.splitlines()[1].split(",")[:3]) == (0, ["office", "ip", "2"]), err
        status, _, err = ran("lists", "import", "../x", str(office), "--type", "ip", "--data", str(data))
        assert (status, "body.name" in err) == (2, True), err
    finally:
        ended(server)
