"""`bartizan packs`, as an author and a user run it."""

import json
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner, Result

from bartizan.cli.main import cli
from bartizan.detect.packs.errors import PackError
from bartizan.detect.toml_text import toml_text
from bartizan.errors import BartizanError
from tests.cli.test_serve import ended, get, started

RULE = {
    "id": "r-1",
    "name": "Logging \u202estopped",
    "type": "query",
    "language": "kql",
    "index": ["logs-aws.cloudtrail-*"],
    "severity": "high",
    "risk_score": 73,
    "description": "A trail was stopped.",
    "query": "event.action: StopLogging",
}


class Shell:
    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.key, self.public = folder / "acme.key", folder / "acme.pub"

    def run(self, *words: object) -> Result:
        return CliRunner().invoke(cli, ["packs", *map(str, words)])

    def user(self, *words: object) -> Result:
        """A command on the user's data."""
        return self.run(*words, "--data", self.folder / "data")

    def rows(self, *words: object) -> list[dict[str, Any]]:
        return [json.loads(line) for line in self.user(*words, "--format", "ndjson").stdout.splitlines()]

    def pack(self, version: str, **changes: Any) -> Path:
        source, file = self.folder / f"source-{version}", self.folder / f"{version}.tar.gz"
        source.mkdir()
        head = {"id": "acme.aws", "name": "Acme", "version": version, "description": "d", "author": "a"}
        (source / "pack.toml").write_text(toml_text(head))
        (source / "r.toml").write_text(toml_text({**RULE, **changes}))
        built = self.run("build", source, "--key", self.key, "--into", file)
        assert built.exit_code == 0, built.exception
        return file


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    assert shell.run("keygen", "acme", "--into", tmp_path).exit_code == 0
    return shell


@pytest.fixture(scope="module")
def user(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """One who has a pack and changes nothing."""
    shell = Shell(tmp_path_factory.mktemp("user"))
    shell.run("keygen", "acme", "--into", shell.folder)
    assert shell.user("install", shell.pack("1.0.0"), "--trust", shell.public).exit_code == 0
    return shell


def test_a_pack_from_its_author_to_its_user(shell: Shell) -> None:
    first = shell.pack("1.0.0")
    assert shell.user("verify", first).exit_code == 1
    assert shell.user("verify", first, "--key", shell.public).exit_code == 0
    assert isinstance(shell.user("install", first).exception, PackError)
    installed = shell.user("install", first, "--trust", shell.public)
    assert (installed.exit_code, "acme.aws 1.0.0: 1 rules new" in installed.stderr) == (0, True)
    (listed,) = shell.rows("list")
    assert (listed["id"], listed["version"], listed["signer"], listed["rules"]) == ("acme.aws", "1.0.0", "acme", 1)
    assert [row["name"] for row in shell.rows("keys")] == ["acme"]
    rules = CliRunner().invoke(cli, ["rules", "list", "--data", str(shell.folder / "data"), "--format", "ndjson"])
    assert {json.loads(line)["pack"] for line in rules.stdout.splitlines()} == {None, "acme.aws 1.0.0"}


def test_a_conflict_is_shown_and_resolved(shell: Shell) -> None:
    shell.user("install", shell.pack("1.0.0"), "--trust", shell.public)
    (made,) = shell.rows("customise", "r-1", "--set", "severity=low", "--set", 'tags=["ours"]', "--unset", "reason")
    assert Path(made["file"]).parent == shell.folder / "data/packs/tuned/acme.aws"
    second = shell.pack("1.1.0", severity="medium", risk_score=40)
    assert shell.user("update", second, "--dry-run").exit_code == 1
    assert shell.user("diff", "--to", second).exit_code == 1
    assert shell.rows("list")[0]["version"] == "1.0.0"
    updated = shell.user("update", second)
    assert updated.exit_code == 1
    assert "1 fields are in conflict: yours stay in force" in updated.stderr
    assert "Logging \\u202estopped  r-1  changed" in updated.stdout
    rows = {row["field"]: row for row in shell.rows("diff", "acme.aws")}
    conflict = rows["severity"]
    assert (conflict["outcome"], rows["tags"]["outcome"]) == ("conflict", "kept")
    assert (conflict["base"], conflict["yours"], conflict["theirs"], conflict["value"]) == (
        "high",
        "low",
        "medium",
        "low",
    )
    assert isinstance(shell.user("resolve", "r-1", "--take", "40").exception, BartizanError)
    assert "1 conflicts resolved" in shell.user("resolve", "r-1", "--take", "critical").stderr
    assert shell.user("diff").exit_code == 0
    assert shell.user("reset", "r-1").exit_code == 0
    assert shell.rows("diff") == []


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (["customise", "nobody"], "no installed pack has a rule `nobody`"),
        (["customise", "r-1", "--set", "severity=grave"], "must be one of low"),
        (["customise", "r-1", "--set", "id=r-2"], "the `id` of a rule stays"),
        (["customise", "r-1", "--set", "surprise=1"], "unknown key `surprise`"),
        (["customise", "r-1", "--set", "name.x=1"], "`name` is no table"),
        (["reset", "r-1"], "is not tuned"),
        (["resolve", "r-1", "--take", "mine"], "has no conflict"),
        (["diff", "other"], "no installed pack `other`"),
        (["remove", "../keys"], "no installed pack"),
        (["keygen", "../acme"], "is no name of a key"),
    ],
)
def test_what_is_refused(user: Shell, words: list[str], said: str) -> None:
    refused = user.run(*words) if words[0] == "keygen" else user.user(*words)
    assert isinstance(refused.exception, BartizanError)
    assert said in str(refused.exception)


def test_a_downgrade_and_a_removal(shell: Shell) -> None:
    old, new = shell.pack("1.0.0"), shell.pack("1.1.0")
    shell.user("install", new, "--trust", shell.public)
    assert "--allow-downgrade" in str(shell.user("update", old).exception)
    assert shell.user("update", old, "--allow-downgrade").exit_code == 0
    assert shell.user("remove", "acme.aws").exit_code == 0
    assert shell.rows("list") == []


def test_what_is_not_in_force_is_listed(shell: Shell) -> None:
    shell.user("install", shell.pack("1.0.0"), "--trust", shell.public)
    (file,) = (shell.folder / "data/packs/installed").rglob("r.toml")
    file.write_text("")
    listed = shell.user("list", "--format", "ndjson")
    row = json.loads(listed.stdout)
    assert (listed.exit_code, row["id"], row["version"], "its SHA-256 differs" in row["problem"]) == (
        (1, "acme.aws", "1.0.0", True)
    )
    assert shell.user("verify", shell.folder / "acme.pub").exit_code == 1


def test_a_folder_is_a_pack_too(shell: Shell) -> None:
    shell.pack("1.0.0")
    source = shell.folder / "source-1.0.0"
    assert shell.run("build", source, "--key", shell.key, "--into", source).exit_code == 0
    assert shell.user("install", source, "--trust", shell.public).exit_code == 0
    assert isinstance(shell.run("build", source).exception, PackError)
    assert shell.run("build", source, "--unsigned", "--into", source).exit_code == 0
    assert shell.user("verify", source).exit_code == 1


@pytest.mark.slow
def test_a_server_runs_what_is_installed_when_it_starts(shell: Shell) -> None:
    data = shell.folder / "data"
    shell.user("install", shell.pack("1.0.0"), "--trust", shell.public)
    server = started(data)
    try:
        assert get(data, "/api/v1/packs")["packs"][0]["version"] == "1.0.0"
        assert get(data, "/api/v1/rules/r-1")["origin"]["pack"] == "acme.aws"
        updated = shell.user("update", shell.pack("1.1.0", severity="low"))
        assert (updated.exit_code, "takes it when it is started again" in updated.stderr) == (0, True)
        assert get(data, "/api/v1/rules/r-1")["severity"] == "high"
    finally:
        ended(server)
    server = started(data)
    try:
        assert get(data, "/api/v1/rules/r-1")["severity"] == "low"
    finally:
        ended(server)
