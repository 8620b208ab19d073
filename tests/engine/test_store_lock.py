"""One process owns a data folder: another is told who, and a killed owner leaves nothing locked."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from bartizan.engine.address import open_engine
from bartizan.engine.errors import StoreInUse, StoreUnusable
from bartizan.engine.limits import Limits
from bartizan.engine.store_lock import refuse_when_owned

OWNER = """
import sys, time
from sqlglot import parse_one
from bartizan.engine.address import open_engine
from bartizan.engine.limits import Limits
engine = open_engine(sys.argv[1], Limits())
def run(sql): return engine.query(parse_one(sql, dialect="clickhouse"), format="CSV")
run("CREATE TABLE IF NOT EXISTS kept (n UInt8) ENGINE = MergeTree ORDER BY n")
run("INSERT INTO kept SELECT 7")
print(run("SELECT count() FROM kept").decode().strip(), flush=True)
time.sleep(60)
"""


@pytest.fixture
def folder_of_its_own(tmp_path: Path) -> Path:
    return tmp_path / "data of its own" / "engine"


@pytest.fixture
def owner(folder_of_its_own: Path) -> Iterator[subprocess.Popen[str]]:
    with started(folder_of_its_own) as process:
        yield process
        process.kill()


def started(folder: Path) -> subprocess.Popen[str]:
    command = [sys.executable, "-c", OWNER, f"chdb://{folder}".replace(" ", "%20")]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def said(process: subprocess.Popen[str]) -> str:
    assert process.stdout is not None
    return process.stdout.readline().strip()


def test_another_process_is_told_who_has_the_folder_until_it_is_killed(
    owner: subprocess.Popen[str], folder_of_its_own: Path
) -> None:
    assert said(owner) == "1"
    with pytest.raises(StoreInUse) as in_use:
        open_engine(f"chdb://{folder_of_its_own}", Limits())
    assert in_use.value.message == f"process {owner.pid} has this data folder open"
    assert in_use.value.where == str(folder_of_its_own)
    assert "--data" in in_use.value.hint

    os.kill(owner.pid, signal.SIGKILL)
    owner.wait()
    with started(folder_of_its_own) as successor:
        assert said(successor) == "2"
        successor.kill()


def test_a_folder_that_was_never_open_is_free(tmp_path: Path) -> None:
    refuse_when_owned(tmp_path)


def test_a_process_does_not_refuse_itself(chdb_folder: str) -> None:
    refuse_when_owned(Path(chdb_folder))


def test_one_process_opens_one_folder(chdb_connection: object, tmp_path: Path) -> None:
    with pytest.raises(StoreUnusable) as unusable:
        open_engine(f"chdb://{tmp_path / 'second'}", Limits())
    assert "cannot connect with different path" in unusable.value.message


@pytest.mark.parametrize(
    ("path", "message"),
    [
        ("file/below", "it can't be used: Not a directory"),
        ("a%3Fb", "the path of a data folder can't hold any of `?*{}`"),
        ("a{1,2}", "the path of a data folder can't hold any of `?*{}`"),
    ],
)
def test_a_folder_that_cannot_be_made(tmp_path: Path, path: str, message: str) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StoreUnusable) as unusable:
        open_engine(f"chdb://{tmp_path}/{path}", Limits())
    assert unusable.value.message == message
