"""`bartizan ingest`: again, from elsewhere, beside junk, beside itself."""

import gzip
import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from bartizan.simulate import Scenario, cloudtrail_records
from tests.flows.command import bartizan, ingest, search

EVENTS = 40


@pytest.fixture(scope="module")
def logs(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("logs")
    scenario = Scenario(datetime(2026, 3, 1, tzinfo=UTC), hours=1, cloudtrail_events=EVENTS, attack=False)
    records = list(cloudtrail_records(scenario))
    for number in range(0, EVENTS, 10):
        content = b'{"Records":[' + b",".join(records[number : number + 10]) + b"]}"
        (folder / f"trail-{number}.json.gz").write_bytes(gzip.compress(content))
    return folder


def test_again_and_from_elsewhere_nothing_is_added(logs: Path, tmp_path: Path) -> None:
    first = bartizan("ingest", "--format", "ndjson", "--data", "store", logs, cwd=tmp_path)
    assert (first.status, first.summary["records"], len(first.acknowledged)) == (0, EVENTS, 4)
    moved = shutil.copytree(logs, tmp_path / "moved")
    again = ingest(tmp_path / "store", logs, moved, logs / "trail-0.json.gz")
    assert (again.status, again.summary["records"], again.summary["already_stored"]) == (0, 0, 9)
    assert "9 objects were stored before" in again.stderr
    found = search(tmp_path / "store")
    assert len({document["event"]["id"] for document in found}) == len(found) == EVENTS


def test_a_folder_without_logs(tmp_path: Path) -> None:
    (tmp_path / "empty").mkdir()
    answer = ingest(tmp_path / "store", tmp_path / "empty")
    assert answer.status == 0
    assert f"there are no files in {tmp_path / 'empty'}" in answer.stderr
    assert answer.summary["records"] == 0


def test_what_is_no_log_is_named_and_the_rest_goes_on(logs: Path, tmp_path: Path) -> None:
    mixed = shutil.copytree(logs, tmp_path / "mixed")
    (mixed / "empty.json").touch()
    (mixed / "junk.json").write_bytes(b'{"nobody":"knows"}\n')
    (mixed / "picture.png").write_bytes(b"\x89PNG\r\n\x1a\n" + bytes(range(256)))
    (mixed / "folder.json").mkdir()
    (mixed / "gone.json").symlink_to("nowhere")
    (mixed / Path(os.fsdecode(b"caf\xe9.json"))).write_bytes(b"more junk")
    os.mkfifo(mixed / "pipe.json")
    answer = ingest(tmp_path / "store", mixed)
    assert answer.status == 1
    assert answer.summary["records"] == EVENTS
    assert answer.summary["failed_objects"] == 3
    assert answer.summary["empty_objects"] == 1
    assert sorted(
        problem.removeprefix(f"{mixed}/").partition(" like ")[0] for problem in answer.summary["problems"]
    ) == [
        "caf\\xe9.json: no integration knows records",
        "empty.json: it is empty",
        "junk.json: no integration knows records",
        "picture.png: no integration knows records",
    ]
    assert "\x1b" not in answer.stderr, "content of files is shown as inert text"


def test_a_pipe_is_refused_and_not_waited_for(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe")
    answer = ingest(tmp_path / "store", tmp_path / "pipe")
    assert answer.status == 1
    assert "pipe: not a regular file; write its content to a file first" in answer.stderr


def test_only_what_is_empty_is_no_failure(tmp_path: Path) -> None:
    (tmp_path / "ConfigWritabilityCheckFile").touch()
    answer = ingest(tmp_path / "store", tmp_path / "ConfigWritabilityCheckFile")
    assert answer.status == 0
    assert "ConfigWritabilityCheckFile: it is empty" in answer.stderr
