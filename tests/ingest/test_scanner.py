"""Finding JSON objects without parsing: the same as a parser finds, and nothing lost where there is none."""

import json
import re
from collections.abc import Iterable
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bartizan.ingest import scanner
from bartizan.ingest.errors import BadObject
from bartizan.ingest.scanner import JsonScanner

SCALARS = st.none() | st.booleans() | st.integers() | st.text(alphabet=st.sampled_from('a"\\{}[]\n,:é\u2028\x00'))
VALUES = st.recursive(
    SCALARS, lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner, max_size=3)
)
OBJECTS = st.dictionaries(st.sampled_from(["a", 'b"', "c\\", "{", "Records"]), VALUES, max_size=3)
SEPARATORS = st.sampled_from(["", "\n", ",", ",\n  ", " \r\n", "\x1e"])


def scan(content: bytes, inside: bool, cuts: Iterable[int] = ()) -> list[bytes]:
    """All records, the content fed in pieces cut at these places."""
    edges = [0, *sorted(cut % (len(content) + 1) for cut in cuts), len(content)]
    machine = JsonScanner(inside=inside)
    found = [record for start, end in pairwise(edges) for record in machine.feed(content[start:end])]
    return [*found, *filter(None, [machine.rest()])]


CUTS = st.lists(st.integers(0, 10_000), max_size=8)


@settings(max_examples=40)
@given(st.lists(st.tuples(OBJECTS, SEPARATORS), max_size=6), CUTS, st.booleans())
def test_documents(documents: list[tuple[dict[str, object], str]], cuts: list[int], ascii: bool) -> None:
    content = "".join(json.dumps(document, ensure_ascii=ascii) + separator for document, separator in documents)
    assert [json.loads(found) for found in scan(content.encode(), False, cuts)] == [
        document for document, _ in documents
    ]


@settings(max_examples=40)
@given(st.lists(OBJECTS, max_size=6), st.dictionaries(st.sampled_from("xyz"), VALUES), CUTS, st.sampled_from([None, 1]))
def test_records_in_a_wrapper(
    records: list[dict[str, object]], others: dict[str, object], cuts: list[int], indent: int | None
) -> None:
    content = json.dumps({**others, "Records": records, "last": others}, indent=indent).encode()
    assert [json.loads(found) for found in scan(content, True, cuts)] == records


BETWEEN = {
    "junk between records": (b'{"Records":[{"a":1},junk,{"b":2},3]}', [b'{"a":1}', b"junk", b'{"b":2}', b"3"]),
    "no objects": (b'{"Records":[1,"x"]}', [b'1,"x"']),
    "a brace too many": (b'{"Records":[{"a":1}},{"b":2}]}', [b'{"a":1}', b'{"b":2}']),
    "cut off in a record": (b'{"Records":[{"a":1},{"b":"x', [b'{"a":1}', b'{"b":"x']),
    "cut off between": (b'{"Records":[{"a":1},', [b'{"a":1}']),
    "other lists": (b'{"x":[{"no":1}],"Records":[{"a":1}],"y":[{"no":2}]}', [b'{"a":1}']),
    "wrappers in a row": (b'{"Records":[{"a":1}]}\n{"Records":[{"b":2}]}', [b'{"a":1}', b'{"b":2}']),
    "a document that is no wrapper": (b'{"Records":[{"a":1}]}{"z":{"y":1}}', [b'{"a":1}', b'{"z":{"y":1}}']),
    "text behind": (b'{"Records":[{"a":1}]} and more', [b'{"a":1}', b"and more"]),
}


@pytest.mark.parametrize("content, records", BETWEEN.values(), ids=BETWEEN)
def test_what_stands_between_is_kept(content: bytes, records: list[bytes]) -> None:
    assert scan(content, True) == records
    assert scan(content, True, range(len(content))) == records, "byte by byte"


@given(
    st.binary() | st.lists(st.sampled_from([b'"', b"{", b"}", b"[", b",", b"\\", b"x", b"\xff"])).map(b"".join), CUTS
)
def test_no_byte_is_lost(content: bytes, cuts: list[int]) -> None:
    found = scan(content, False, cuts)
    assert found == scan(content, False)
    assert skeleton(b"".join(found)) == skeleton(content)


def skeleton(content: bytes) -> bytes:
    """What is more than JSON's punctuation."""
    return re.sub(rb"[ \t\r\n,\[\]\x1e{}]+", b"", content)


@given(st.binary(), CUTS)
def test_random_bytes_crash_nothing(content: bytes, cuts: list[int]) -> None:
    assert scan(content, True, cuts) == scan(content, True)


def test_depth_has_no_bound() -> None:
    deep = b'{"a":' * 100_000 + b"1" + b"}" * 100_000
    assert scan(b'{"Records":[{"a":1},' + deep + b',{"b":2}]}', True) == [b'{"a":1}', deep, b'{"b":2}']


@pytest.mark.parametrize("begins", [b'{"a":"', b"no braces at all ", b'{"a":{'])
def test_a_record_is_bounded(begins: bytes, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(scanner, "MAX_RECORD_BYTES", 1000)
    with pytest.raises(BadObject, match="a record is longer than 1000 bytes"):
        scan(begins + b"x" * 2000, False, range(0, 2000, 100))
