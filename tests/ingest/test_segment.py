"""Segments: what is written comes back, the engine reads the same, and no flipped bit goes unseen."""

from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlglot import parse_one

from bartizan.engine.base import Engine, rows
from bartizan.engine.errors import EngineError
from bartizan.ingest.errors import DamagedSegment
from bartizan.ingest.pieces import Piece
from bartizan.ingest.segment import Entry, SegmentWriter, as_local_file, entries, intact, rewrite, verify

ORDINALS = st.integers(0, 2**64 - 1)
TEXT = st.text(alphabet=st.characters(codec="utf-8"), max_size=20)
PIECES = st.builds(
    Piece, st.sampled_from(["lines", "records", "array", "whole"]), st.binary(max_size=300), ORDINALS, ORDINALS
)
PATHS = st.binary(max_size=20).map(lambda raw: raw.decode(errors="surrogateescape"))
ENTRIES = st.builds(
    Entry, st.text(min_size=1, max_size=40), PATHS, st.dictionaries(TEXT, TEXT, max_size=3), PIECES, st.booleans()
)
READ = parse_one("SELECT * FROM pieces", dialect="clickhouse")
on_one_folder = settings(max_examples=25, suppress_health_check=[HealthCheck.function_scoped_fixture])


def written(folder: Path, given: list[Entry]) -> Path:
    writer = SegmentWriter(folder, 1)
    for entry in given:
        writer.append(entry)
    return writer.seal(7)


def read(segment: Path) -> list[Entry]:
    with segment.open("rb") as file:
        return list(entries(file))


@on_one_folder
@given(st.lists(ENTRIES, max_size=5))
def test_what_was_written_comes_back(tmp_path: Path, given: list[Entry]) -> None:
    assert read(written(tmp_path, given)) == given


@on_one_folder
@given(st.lists(ENTRIES, max_size=5))
def test_the_engine_reads_the_same(tmp_path: Path, engine: Engine, given: list[Entry]) -> None:
    """The engine's own checksum of a row is the writer's, whatever is in it."""
    query = parse_one(
        "SELECT hex(body) AS body, ordinal, is_last, length(meta) AS meta FROM pieces", dialect="clickhouse"
    )
    found = rows(engine, intact(query), file=as_local_file(written(tmp_path, given)))
    expected = [(e.piece.body.hex().upper(), e.piece.ordinal, e.is_last, len(e.meta)) for e in given]
    assert [(row["body"], row["ordinal"], row["is_last"], row["meta"]) for row in found] == expected


SAMPLE = Entry("origin", "AWSLogs/x.json.gz", {"fields": "a b"}, Piece("lines", b"one\ntwo\n", 3, 5), True)


def test_no_flipped_bit_goes_unseen(tmp_path: Path, engine: Engine) -> None:
    segment = written(tmp_path, [SAMPLE])
    good = segment.read_bytes()
    for position in range(len(good)):
        content = bytearray(good)
        content[position] ^= 1 << position % 8
        segment.write_bytes(content)
        with pytest.raises(DamagedSegment, match=r"the row at byte 0 (is cut off or|has the wrong checksum)"):
            verify(segment)
        if position % 4 == 0:
            with pytest.raises(EngineError):
                rows(engine, intact(READ), file=as_local_file(segment))


def test_a_shortened_segment_is_seen(tmp_path: Path) -> None:
    segment = written(tmp_path, [SAMPLE])
    good = segment.read_bytes()
    for size in range(1, len(good)):
        segment.write_bytes(good[:size])
        with pytest.raises(DamagedSegment, match="cut off"):
            verify(segment)


@on_one_folder
@given(st.binary(min_size=1, max_size=100))
def test_random_bytes_crash_nothing(tmp_path: Path, content: bytes) -> None:
    segment = tmp_path / "random.rb"
    segment.write_bytes(content)
    with pytest.raises(DamagedSegment):
        verify(segment)


def test_nothing_has_the_segments_name_before_it_is_sealed(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path / "stream", 1)
    writer.append(SAMPLE)
    assert [file.suffix for file in (tmp_path / "stream").iterdir()] == [".partial"]
    sealed = writer.seal(5)
    assert sealed.name.startswith("0000000000000005-")
    assert list((tmp_path / "stream").iterdir()) == [sealed]


def test_a_discarded_segment_leaves_nothing(tmp_path: Path) -> None:
    writer = SegmentWriter(tmp_path, 1)
    writer.append(SAMPLE)
    writer.discard()
    assert not list(tmp_path.iterdir())


def test_a_rewritten_segment_keeps_its_name(tmp_path: Path) -> None:
    segment = written(tmp_path, [SAMPLE, SAMPLE])
    rewrite(segment, lambda given: list(given)[:1])
    assert read(segment) == [SAMPLE]
    assert list(tmp_path.iterdir()) == [segment]


def test_damage_is_not_rewritten_into_a_good_checksum(tmp_path: Path) -> None:
    segment = written(tmp_path, [SAMPLE])
    segment.write_bytes(segment.read_bytes().replace(b"two", b"tow"))
    with pytest.raises(DamagedSegment):
        rewrite(segment, lambda given: given)
    with pytest.raises(DamagedSegment):
        verify(segment)
