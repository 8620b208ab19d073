"""Files in folders, archives, and what can't be read."""

import io
import os
import zipfile
from pathlib import Path

import pytest

from bartizan.errors import BartizanError
from bartizan.ingest.errors import BadObject, NoRecords, UnknownContent
from bartizan.ingest.objects import Routed, find_files, hashed, open_file, origin_of, read_object, shown
from bartizan.ingest.progress import NOTHING, Progress
from bartizan.ingest.unchanged import unchanged
from tests.ingest.store import Store, records

GOOD = b'{"time":"2026-03-01T10:00:00Z","action":"a"}\n'


def read(
    store: Store, content: bytes, done: dict[str, Progress] | None = None
) -> tuple[list[Routed], BartizanError | None]:
    progress = done or {}
    routed: list[Routed] = []
    try:
        for one in read_object(io.BytesIO(content), "x", "id", store.reading(), lambda o: progress.get(o, NOTHING)):
            routed.append(one)
    except BartizanError as error:
        return routed, error
    return routed, None


def zipped(**files: bytes) -> bytes:
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return packed.getvalue()


def test_the_last_piece_says_that_it_is(store: Store, mark: str) -> None:
    routed, error = read(store, b"\n".join(records(mark, range(200))))
    assert error is None
    assert len(routed) > 2
    assert [one.entry.is_last for one in routed] == [False] * (len(routed) - 1) + [True]


def test_each_file_of_an_archive_is_an_object(store: Store) -> None:
    routed, error = read(store, zipped(a=GOOD, b=GOOD, c=GOOD), {"id.1": Progress(1, True)})
    assert error is None
    assert [(one.entry.origin, one.entry.path) for one in routed] == [("id", "x!a"), ("id.2", "x!c")]


def test_a_bad_file_holds_up_no_other_of_its_archive(store: Store) -> None:
    routed, error = read(store, zipped(a=b"junk junk", b=GOOD, c=b"", d=b"more junk", e=GOOD))
    assert [one.entry.path for one in routed] == ["x!b", "x!e"]
    assert isinstance(error, BadObject)
    assert str(error).startswith("x: 2 of its files can't be read: x!a: no integration knows records like `junk junk`")
    assert "x!d" in str(error)


EMPTY = {"no bytes": b"", "an archive of nothing": zipped(), "an archive of empty files": zipped(a=b"", b=b"\n")}


@pytest.mark.parametrize("content", EMPTY.values(), ids=EMPTY)
def test_nothing_to_store(store: Store, content: bytes) -> None:
    routed, error = read(store, content)
    assert not routed
    assert isinstance(error, NoRecords | BadObject)


def test_an_empty_file_beside_a_good_one_is_no_fault(store: Store) -> None:
    assert read(store, zipped(a=b"", b=GOOD))[1] is None


def test_a_single_bad_file_is_named_by_itself(store: Store) -> None:
    _, error = read(store, zipped(a=GOOD, b=b"junk"))
    assert isinstance(error, UnknownContent)
    assert error.where == "x!b"


def test_identity_is_the_content() -> None:
    assert hashed(io.BytesIO(GOOD)) == hashed(io.BytesIO(GOOD))
    assert hashed(io.BytesIO(GOOD)).size_bytes == len(GOOD)
    assert origin_of(io.BytesIO(GOOD)) != origin_of(io.BytesIO(GOOD + b"\n"))


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A folder with everything in it that a folder can hold."""
    (tmp_path / "a" / "x.json").mkdir(parents=True)
    for name in ("a/x.json/deep.json", "b.json", ".hidden", "a/c.json"):
        (tmp_path / name).write_bytes(GOOD)
    (tmp_path / "to-file").symlink_to("b.json")
    (tmp_path / "to-nothing").symlink_to("gone")
    (tmp_path / "a" / "to-folder").symlink_to(tmp_path)
    os.mkfifo(tmp_path / "pipe")
    return tmp_path


def test_files_are_found_in_order_and_once(tree: Path) -> None:
    found = [str(path.relative_to(tree)) for path in find_files([tree])]
    assert found == ["a/c.json", "a/x.json/deep.json", "b.json", "to-file"]
    assert list(find_files([tree / "b.json", tree / "to-nothing"])) == [tree / "b.json", tree / "to-nothing"]


UNOPENABLE = {
    "pipe": "pipe: not a regular file; write its content to a file first",
    "to-nothing": "to-nothing: can't open it: No such file or directory",
    "a": "a: not a regular file; write its content to a file first",
}


@pytest.mark.parametrize("name, message", UNOPENABLE.items())
def test_what_is_no_file_is_named_and_never_waited_for(tree: Path, name: str, message: str) -> None:
    with pytest.raises(BadObject) as raised:
        open_file(tree / name)
    assert str(raised.value) == f"{tree}/{message}"


def test_a_name_that_is_no_text_is_spelled_out(tmp_path: Path) -> None:
    path = Path(os.fsdecode(b"caf\xe9-\xc3\xa9.json"))
    assert shown(path) == "caf\\xe9-é.json"


@pytest.mark.parametrize("content, problem", [(b"12345", ""), (b"1234567", "longer"), (b"123", "shorter")])
def test_a_file_is_read_as_far_as_it_was_hashed(content: bytes, problem: str) -> None:
    file = unchanged(io.BytesIO(content), 5, "x")
    given = b""
    try:
        while chunk := file.read(2):
            given += chunk
        assert not problem
    except BadObject as error:
        assert str(error) == f"x: it became {problem} while it was read; ingest it when it is finished"
    assert given == content[:5]
    assert file.seek(0, os.SEEK_END) == 5
    assert file.seek(1) == 1
    if not problem:
        assert file.read() == content[1:]
