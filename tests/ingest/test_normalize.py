"""Documents of files, in order, with nothing stored; a bad file is told and the next one goes on."""

import gzip
from pathlib import Path

import pytest

from bartizan.errors import BartizanError
from bartizan.ingest.errors import UnknownContent
from bartizan.ingest.normalize import Normalizer
from tests.ingest.store import MACROS, REGISTRY, SetClock, Store, records


@pytest.fixture
def normalizer(store: Store) -> Normalizer:
    return Normalizer(store.engine, MACROS, REGISTRY, "default", SetClock())


@pytest.fixture
def files(tmp_path: Path) -> list[Path]:
    contents = {
        "a.json.gz": gzip.compress(b"\n".join(records("a", range(150)))),
        "b.json": b"junk",
        "c.json": b'{"Records":[' + b",".join(records("c", range(150))) + b"]}",
    }
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    return [tmp_path / name for name in contents]


def test_one_document_a_record_in_order(store: Store, normalizer: Normalizer, files: list[Path]) -> None:
    faults: list[BartizanError] = []
    documents = list(normalizer.documents(files, store.reading(), faults.append))
    assert [document["event"]["id"] for document in documents] == [f"{m}-{n}" for m in "ac" for n in range(150)]
    assert [fault.where for fault in faults] == [str(files[1])]
    assert documents[0]["@timestamp"] == "2026-03-01T10:00:00.000Z"
    assert documents[0]["log"]["file"]["path"] == str(files[0])


def test_without_anyone_to_tell_a_fault_is_raised(store: Store, normalizer: Normalizer, files: list[Path]) -> None:
    documents = normalizer.documents(files, store.reading())
    with pytest.raises(UnknownContent):
        list(documents)
