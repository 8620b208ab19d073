"""Objects in, rows out, each once: copies, restarts, stuck segments, faults."""

import gzip
import io
import zipfile
from collections import Counter
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import BinaryIO

import pytest

from bartizan.engine.errors import EngineUnavailable
from bartizan.ingest.errors import SpoolInUse
from bartizan.ingest.spool import Segment, Spool
from bartizan.pipeline.intake import Source, file_source
from tests.ingest.store import Store, acknowledged, failures, records, source


def lines(mark: str, *numbers: int) -> bytes:
    return b"\n".join(records(mark, numbers)) + b"\n"


def once(mark: str, *numbers: int) -> Counter[str]:
    return Counter(record.decode() for record in records(mark, numbers))


def test_an_object_is_acknowledged_and_stored(store: Store, mark: str) -> None:
    told = store.ingest(lines(mark, *range(100)))
    assert acknowledged(told) == ["object-0"]
    assert store.stored() == once(mark, *range(100))
    assert [one.loaded.records for one in told if one.loaded] == [100]
    assert not list(store.spool.pending())


def test_a_second_time_adds_nothing(store: Store, mark: str) -> None:
    store.ingest(lines(mark, 1, 2))
    told = store.ingest(lines(mark, 1, 2))
    assert [one.known for one in told if one.known] == ["object-0"]
    assert store.stored() == once(mark, 1, 2)


@pytest.mark.parametrize("segment_bytes", [200, 1024 * 1024], ids=["a segment each", "one segment"])
def test_copies_in_one_run_are_stored_once(make_store: Callable[..., Store], mark: str, segment_bytes: int) -> None:
    store = make_store(segment_bytes=segment_bytes)
    told = store.ingest(*[lines(mark, *range(10))] * 5)
    assert store.stored() == once(mark, *range(10))
    said = sorted(acknowledged(told) + [one.known for one in told if one.known])
    assert said == [f"object-{n}" for n in range(5)]


def test_a_copy_is_not_acknowledged_before_its_pieces_are_sealed(store: Store, mark: str) -> None:
    told = store.intake.ingest([source(lines(mark, 1), "first"), source(lines(mark, 1), "copy")], store.reading())
    before_sealing = []
    for one in told:
        if one.acknowledged:
            assert sorted(one.acknowledged) == ["copy", "first"]
            break
        before_sealing.append(one)
    assert not acknowledged(before_sealing)
    told.close()  # type: ignore[attr-defined]


def test_an_archive_is_acknowledged_with_its_last_file(make_store: Callable[..., Store], mark: str) -> None:
    """Its first file's segment is sealed long before its second file is read."""
    store = make_store(segment_bytes=1)
    archive = io.BytesIO()
    with zipfile.ZipFile(archive, "w") as packed:
        packed.writestr("a.json", lines(mark, 1, 2))
        packed.writestr("b.json", lines(mark, 3, 4))
    told = store.ingest(archive.getvalue())
    assert acknowledged(told) == ["object-0"]
    position = next(n for n, one in enumerate(told) if one.acknowledged)
    assert all(not one.read for one in told[:position])
    assert store.stored() == once(mark, 1, 2, 3, 4)


def test_what_was_sealed_before_a_crash_is_loaded_and_not_read_again(store: Store, mark: str) -> None:
    happenings = store.intake.ingest([source(lines(mark, 1, 2))], store.reading())
    assert next(one for one in happenings if one.acknowledged)
    store.spool.flush()
    store.reopen()
    store.ingest(lines(mark, 1, 2))
    assert store.stored() == once(mark, 1, 2)


def test_what_was_not_sealed_is_read_again(store: Store, mark: str) -> None:
    store.spool.append(store.table, next(iter(entries_of(store, lines(mark, 1, 2)))))
    store.reopen()
    assert not list(store.spool.pending())
    store.ingest(lines(mark, 1, 2))
    assert store.stored() == once(mark, 1, 2)


def test_an_object_of_many_segments_goes_on_where_it_stopped(make_store: Callable[..., Store], mark: str) -> None:
    store = make_store(segment_bytes=2000, piece_bytes=500)
    content = b'{"Records":[' + b",".join(records(mark, range(200))) + b"]}"
    happenings = store.intake.ingest([source(content)], store.reading())
    for count, one in enumerate(happenings):
        if one.loaded and count > 6:
            break
    happenings.close()  # type: ignore[attr-defined]
    store.reopen()
    told = store.ingest(content)
    assert acknowledged(told) == ["object-0"]
    assert store.stored() == once(mark, *range(200))


def test_other_sizes_of_pieces_after_a_stop_double_nothing(make_store: Callable[..., Store], mark: str) -> None:
    store = make_store(segment_bytes=2000, piece_bytes=500)
    content = b'{"Records":[' + b",".join(records(mark, range(100))) + b"]}"
    happenings = store.intake.ingest([source(content)], store.reading())
    next(one for one in happenings if one.loaded)
    happenings.close()  # type: ignore[attr-defined]
    store.reopen()
    store.piece_bytes = 1024 * 1024
    store.ingest(content)
    assert store.stored() == once(mark, *range(100))


class Refusing:
    """A loader's way into the engine that is out of order for a while."""

    def __init__(self, store: Store) -> None:
        self._load = store.loader.load
        self.refused: list[Segment] = []
        self.is_down = True

    def __call__(self, segment: Segment) -> object:
        if self.is_down:
            self.refused.append(segment)
            raise EngineUnavailable("no memory left")
        return self._load(segment)


def test_a_segment_that_could_not_be_loaded_is_neither_lost_nor_read_twice(store: Store, mark: str) -> None:
    engine_side = Refusing(store)
    store.loader.load = engine_side  # type: ignore[assignment, method-assign]
    told = store.ingest(lines(mark, 1, 2))
    assert failures(told) == ["no memory left"]
    assert acknowledged(told) == ["object-0"]
    assert acknowledged(store.ingest(lines(mark, 1, 2))) == ["object-0"], "it waits in the spool"
    store.reopen()
    store.ingest(lines(mark, 1, 2))
    assert store.stored() == once(mark, 1, 2)


def test_a_late_segment_gets_a_time_after_those_that_overtook_it(store: Store, mark: str) -> None:
    """Rules look at what was ingested after their last run: what comes in late must not come in before it."""
    engine_side = Refusing(store)
    store.loader.load = engine_side  # type: ignore[assignment, method-assign]
    store.ingest(lines(mark, 1))
    held_back = engine_side.refused[0].file
    aside = held_back.rename(held_back.with_suffix(".waiting"))
    engine_side.is_down = False
    store.clock.jump(seconds=1)
    store.ingest(lines(mark, 2))
    aside.rename(held_back)
    store.reopen()
    store.ingest()
    found = store.query("SELECT `event.id` AS id FROM {table: Identifier} ORDER BY `event.ingested`")
    assert [row["id"] for row in found] == [f"{mark}-2", f"{mark}-1"]
    assert store.stored() == once(mark, 1, 2)


def test_ingest_times_rise_though_the_clock_jumps_back(store: Store, mark: str) -> None:
    for number in range(4):
        store.ingest(lines(mark, number))
        store.clock.jump(hours=-1)
        store.reopen()
    found = store.query("SELECT `event.id` AS id FROM {table: Identifier} ORDER BY `event.ingested`")
    assert [row["id"] for row in found] == [f"{mark}-{number}" for number in range(4)]


BAD = {
    "empty": (b"", "it is empty"),
    "newlines": (b"\n\r\n\n", "it holds no records"),
    "no records": (b'{"Records":[]}', "it holds no records"),
    "a header only": (b"#Fields: time action\n", "it holds no records"),
}


@pytest.mark.parametrize("content, message", BAD.values(), ids=BAD)
def test_an_empty_object_is_told_and_is_no_failure(store: Store, mark: str, content: bytes, message: str) -> None:
    told = store.ingest(content, lines(mark, 1))
    assert [str(one.empty) for one in told if one.empty] == [f"object-0: {message}"]
    assert not failures(told)
    assert store.stored() == once(mark, 1)


def test_junk_is_named_and_its_neighbours_are_stored(store: Store, mark: str) -> None:
    told = store.ingest(lines(mark, 1), b'{"x":1}\n', lines(mark, 2))
    assert failures(told) == ['object-1: no integration knows records like `{"x":1}`; name it with --dataset']
    assert store.stored() == once(mark, 1, 2)
    assert acknowledged(told) == ["object-0", "object-2"]


def test_a_cut_off_object_gives_what_is_good_and_stays_incomplete(store: Store, mark: str) -> None:
    whole = gzip.compress(lines(mark, *range(2000)))
    told = store.ingest(whole[: len(whole) // 2])
    assert failures(told) == ["object-0: cut off: the compressed data ends too early"]
    assert not acknowledged(told)
    kept = store.stored()
    assert len(kept) > 500
    assert failures(store.ingest(whole[: len(whole) // 2])), "told again"
    assert store.stored() == kept


def broken_open() -> BinaryIO:
    raise OSError(5, "Input/output error")


def test_an_object_that_cannot_be_opened_holds_up_no_other(store: Store, mark: str, tmp_path: Path) -> None:
    gone = tmp_path / "gone.json"
    told = store.ingest(Source("broken", 0, broken_open), file_source(gone), lines(mark, 1))
    assert failures(told) == [
        "broken: can't read it: Input/output error",
        f"{gone}: can't open it: No such file or directory",
    ]
    assert store.stored() == once(mark, 1)


def test_a_file_that_grows_is_read_as_far_as_it_was_hashed(store: Store, mark: str, tmp_path: Path) -> None:
    log = tmp_path / "growing.json"
    log.write_bytes(lines(mark, *range(50)))
    opened = 0

    def growing() -> BinaryIO:
        nonlocal opened
        opened += 1
        if opened == 2:
            with log.open("ab") as file:
                file.write(lines(mark, *range(50, 60)))
        return log.open("rb")

    told = store.ingest(Source(str(log), log.stat().st_size, growing))
    assert failures(told) == [f"{log}: it became longer while it was read; ingest it when it is finished"]
    assert store.stored() == once(mark, *range(50))


def test_a_second_process_is_refused(store: Store) -> None:
    with pytest.raises(SpoolInUse, match="another process writes here"):
        Spool(store.folder / "spool", 1, store.clock)


def entries_of(store: Store, content: bytes) -> Iterator[object]:
    from bartizan.ingest.objects import read_object
    from bartizan.ingest.progress import NOTHING

    for routed in read_object(io.BytesIO(content), "object", "origin", store.reading(), lambda _: NOTHING):
        yield routed.entry
