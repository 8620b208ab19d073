"""Pieces of an object: every record once and in order, whatever the sizes, and the rest after a stop."""

import json
from collections.abc import Iterator

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.ingest import pieces
from bartizan.ingest.errors import BadObject
from bartizan.ingest.pieces import Piece, cut, salvaged
from bartizan.ingest.shape import Shape

TEXTS = st.text(alphabet=st.sampled_from('ab"\\{}[],\x00é'), max_size=12)
LINES = st.lists(
    st.text(alphabet=st.sampled_from('ab"{} \r'), max_size=8).filter(lambda line: not line or line.strip("\r")),
    max_size=30,
)
SIZES = st.integers(1, 200)
briefly = settings(max_examples=50)


def chunked(content: bytes, size: int) -> Iterator[bytes]:
    for start in range(0, len(content), size):
        yield content[start : start + size]


def shape(framing: str) -> Shape:
    return Shape(framing, 0, "", ())  # type: ignore[arg-type]


def numbered(piece: Piece) -> list[tuple[int, str]]:
    """Records with their numbers, as the engine takes them out of a piece."""
    body = piece.body.decode()
    if piece.framing == "lines":
        records = body.split("\n")
    elif piece.framing == "whole":
        records = [body]
    else:
        parsed = json.loads(body)
        records = [json.dumps(record) for record in (parsed["Records"] if piece.framing == "records" else parsed)]
    return [(piece.ordinal + number, record) for number, record in enumerate(records, 1) if record]


def all_numbered(content: bytes, framing: str, chunk: int, size: int, done: int = 0) -> list[tuple[int, str]]:
    return [record for piece in cut(chunked(content, chunk), shape(framing), size, done) for record in numbered(piece)]


@given(LINES, st.booleans(), SIZES, SIZES)
def test_lines_come_once_and_in_order(lines: list[str], ends: bool, chunk: int, size: int) -> None:
    content = ("\n".join(lines) + "\n" * ends).encode()
    expected = [(number, line) for number, line in enumerate(lines, 1) if line]
    assert all_numbered(content, "lines", chunk, size) == expected


@given(LINES, SIZES, SIZES, SIZES, st.data())
def test_lines_go_on_where_they_stopped(
    lines: list[str], chunk: int, size: int, later: int, data: st.DataObject
) -> None:
    content = "\n".join(lines).encode()
    whole = list(cut(chunked(content, chunk), shape("lines"), size))
    stop = data.draw(st.integers(0, len(whole)))
    done = whole[stop - 1].end_ordinal if stop else 0
    before = [record for piece in whole[:stop] for record in numbered(piece)]
    assert before + all_numbered(content, "lines", later, later, done) == all_numbered(content, "lines", 50, 50)


def framed(framing: str, records: list[str]) -> bytes:
    documents = [json.dumps({"text": text}) for text in records]
    match framing:
        case "records":
            return f'{{"before": {{"x": [1]}}, "Records": [{", ".join(documents)}]}}'.encode()
        case "array":
            return f"[{', '.join(documents)}]".encode()
    return "\n".join(documents).encode()


@pytest.mark.parametrize("framing", ["records", "array", "documents"])
@briefly
@given(st.lists(TEXTS, max_size=20), SIZES, SIZES)
def test_records_come_once_and_in_order(framing: str, texts: list[str], chunk: int, size: int) -> None:
    found = all_numbered(framed(framing, texts), framing, chunk, size)
    assert [(number, json.loads(record)["text"]) for number, record in found] == list(enumerate(texts, 1))


@pytest.mark.parametrize("framing", ["records", "array", "documents"])
@briefly
@given(st.lists(TEXTS, max_size=20), SIZES, SIZES, st.integers(1, 3000), st.data())
def test_records_go_on_where_they_stopped(
    framing: str, texts: list[str], chunk: int, size: int, later: int, data: st.DataObject
) -> None:
    content = framed(framing, texts)
    whole = list(cut(chunked(content, chunk), shape(framing), size))
    if whole and whole[0].end_ordinal == 0:
        return
    stop = data.draw(st.integers(0, len(whole)))
    done = whole[stop - 1].end_ordinal if stop else 0
    found = [record for piece in whole[:stop] for record in numbered(piece)]
    found += all_numbered(content, framing, later, later, done)
    assert [(number, json.loads(record)["text"]) for number, record in found] == list(enumerate(texts, 1))


def failing(content: bytes, size: int) -> Iterator[bytes]:
    yield from chunked(content, size)
    raise BadObject("cut off")


@pytest.mark.parametrize("framing, content", [("lines", b"a\nb\nc"), ("records", b'{"Records":[{"a":1},{"b":2},{"c"')])
@pytest.mark.parametrize("size", [1, 5, 1000])
def test_a_fault_comes_after_what_is_good(framing: str, content: bytes, size: int) -> None:
    found: list[tuple[int, str]] = []
    with pytest.raises(BadObject, match="cut off"):
        for piece in cut(failing(content, 4), shape(framing), size):
            found += numbered(piece)
    assert [number for number, _ in found] == [1, 2, 3]
    assert found[2][1] in ("c", '{"c"')


FLOODS = {
    "lines": (b"1\n" * 900 + b"last", 901),
    "array": (b"[" + b"{}," * 900 + b"{}]", 901),
    "records": (b'{"Records":[' + b'{"a":1},' * 900 + b"{}]}", 901),
}


@pytest.mark.parametrize("framing, content, records", [(name, *flood) for name, flood in FLOODS.items()], ids=FLOODS)
def test_a_flood_of_records_is_cut(framing: str, content: bytes, records: int, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine's memory is a matter of rows, not of bytes."""
    monkeypatch.setattr(pieces, "MAX_PIECE_RECORDS", 100)
    found = list(cut(chunked(content, 300), shape(framing), 1000))
    assert max(len(numbered(piece)) for piece in found) <= 100
    assert [number for piece in found for number, _ in numbered(piece)] == list(range(1, records + 1))
    rest = list(cut(chunked(content, 300), shape(framing), 500, done=333))
    assert [number for piece in rest for number, _ in numbered(piece)] == list(range(334, records + 1))


def test_what_is_no_object_stands_by_itself() -> None:
    found = list(cut(chunked(b'{"a":1}\n1,2,3\n{"b":2}', 4), shape("documents"), 100))
    assert [(piece.framing, piece.body) for piece in found] == [
        ("array", b'[{"a":1}]'), ("whole", b"1,2,3"), ("array", b'[{"b":2}]'),
    ]  # fmt: skip


def test_blank_lines_make_no_piece() -> None:
    (piece,) = cut(chunked(b"\n" * 5000 + b"x\n" + b"\r\n" * 5000, 100), shape("lines"), 100)
    assert [record for record in numbered(piece) if record[1].strip()] == [(5001, "x")]


def test_a_line_is_bounded(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(pieces, "MAX_RECORD_BYTES", 1000)
    found = []
    with pytest.raises(BadObject, match="a line is longer than 1000 bytes"):
        for piece in cut(chunked(b"good\n" + b"x" * 5000, 100), shape("lines"), 50):
            found.append(piece.body)
    assert found == [b"good"]


def test_a_small_whole_document_is_left_to_the_engine() -> None:
    assert list(cut(iter([b'{"Records":[{"a":1}]}']), shape("records"), 1000)) == [
        Piece("records", b'{"Records":[{"a":1}]}', 0, 0)
    ]


def test_salvage_gives_each_record_by_itself() -> None:
    body = b'[{"a":1},{"b":nope},junk,{"c":3}'
    found = list(salvaged("array", body, 7))
    assert [(piece.body, piece.ordinal, piece.end_ordinal) for piece in found] == [
        (b'{"a":1}', 7, 8), (b'{"b":nope}', 8, 9), (b"junk", 9, 10), (b'{"c":3}', 10, 11),
    ]  # fmt: skip


@given(st.binary(min_size=1))
def test_salvage_gives_something_of_anything(body: bytes) -> None:
    assert list(salvaged("array", body, 0))
