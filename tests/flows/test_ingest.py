"""`bartizan ingest`: again, from elsewhere, beside junk, beside itself."""

import gzip
import os
import shutil
from pathlib import Path

import pytest

from tests.flows.command import bartizan, ingest, search

EVENTS = 40
HEADER = (
    "version account-id interface-id srcaddr dstaddr srcport dstport protocol packets bytes start end action log-status"
)


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    lines = [
        f"2 210987650011 eni-1 10.0.0.{n} 10.0.1.1 443 {n} 6 10 840 1772359200 1772359260 ACCEPT OK"
        for n in range(EVENTS)
    ]
    for number in range(0, EVENTS, 10):
        content = "\n".join([HEADER, *lines[number : number + 10]])
        (folder / f"flows-{number}.log.gz").write_bytes(gzip.compress(content.encode()))
    return folder


@pytest.mark.slow
def test_again_and_from_elsewhere_nothing_is_added(logs: Path, tmp_path: Path) -> None:
    first = bartizan("ingest", "--format", "ndjson", "--data", "store", logs, cwd=tmp_path)
    assert (first.status, first.summary["records"], len(first.acknowledged)) == (0, EVENTS, 4)
    moved = shutil.copytree(logs, tmp_path / "moved")
    again = ingest(tmp_path / "store", logs, moved, logs / "flows-0.log.gz")
    assert (again.status, again.summary["records"], again.summary["already_stored"]) == (0, 0, 9)
    assert "9 objects were stored before" in again.stderr
    found = search(tmp_path / "store")
    assert len({document["event"]["id"] for document in found}) == len(found) == EVENTS


def test_nothing_to_store_is_told_and_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    answer = ingest(tmp_path / "store", tmp_path / "folder")
    assert answer.status == 0
    assert f"there are no files in {tmp_path / 'folder'}" in answer.stderr
    assert answer.summary["records"] == 0


@pytest.mark.slow
def test_what_is_no_log_is_named_and_the_rest_goes_on(logs: Path, tmp_path: Path) -> None:
    mixed = shutil.copytree(logs, tmp_path / "mixed")
    (mixed / "empty.json").touch()
    (mixed / "junk.json").write_bytes(b'{"nobody":"knows"}\n')
    (mixed / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (mixed / "folder.json").mkdir()
    (mixed / "gone.json").symlink_to("nowhere")
    (mixed / Path(os.fsdecode(b"caf\xe9.json"))).write_bytes(b"more junk")
    os.mkfifo(mixed / "pipe.json")
    answer = ingest(tmp_path / "store", mixed, mixed / "pipe.json")
    assert answer.status == 1
    assert answer.summary["records"] == EVENTS
    assert answer.summary["failed_objects"] == 4
    assert answer.summary["empty_objects"] == 1
    assert sorted(
        problem.removeprefix(f"{mixed}/").partition(" like ")[0] for problem in answer.summary["problems"]
    ) == [
        "caf\\xe9.json: no integration knows records",
        "empty.json: it is empty",
        "junk.json: no integration knows records",
        "picture.png: no integration knows records",
        "pipe.json: not a regular file; write its content to a file first",
    ]
    assert "\x1b" not in answer.stderr, "content of files is shown as inert text"
