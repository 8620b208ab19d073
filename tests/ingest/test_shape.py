"""How records stand in an object, told by its first bytes."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bartizan.ingest.shape import MAX_SAMPLES, Shape, shape_of

A, B = b'{"a":1}', b'{"b":{"c":[2]}}'
WRAPPER = {"requestId": "r", "numbers": [1, 2], "inner": {"Records": "no"}, "Records": [{"a": 1}, {"b": 2}]}
FLOW = b"version account-id interface-id"
DEEP = b'{"a":' * 100_000 + b"1" + b"}" * 100_000

SHAPES = {
    "lines": (A + b"\n" + B + b"\n", Shape("lines", 0, "", (A, B))),
    "one line": (A, Shape("lines", 0, "", (A,))),
    "lines after a mark": (b"\xef\xbb\xbf" + A + b"\n", Shape("lines", 3, "", (A,))),
    "lines after blank lines": (b"\r\n\n" + A + b"\n", Shape("lines", 0, "", (A,))),
    "a broken line first": (b'{"a": "b\n' + A + b"\n", Shape("lines", 0, "", (b'{"a": "b', A))),
    "a line with too much first": (b'{"a":1}}\n' + B + b"\n", Shape("lines", 0, "", (b'{"a":1}}', B))),
    "a deep line first": (DEEP + b"\n" + A + b"\n", Shape("lines", 0, "", (DEEP, A))),
    "records": (b'{"Records":[' + A + b"," + B + b"]}", Shape("records", 0, "", (A, B))),
    "records, spaced": (b'\n { "Records" : [ ' + A + b" ] }", Shape("records", 0, "", (A,))),
    "records, not first": (json.dumps(WRAPPER).encode(), Shape("records", 0, "", (b'{"a": 1}', b'{"b": 2}'))),
    "no records": (b'{"Records":[]}', Shape("records", 0, "", ())),
    "records, cut off": (b'{"Records":[{"a":"long', Shape("records", 0, "", (b'{"a":"long',))),
    "documents of records": (b'{"Records":[' + A + b']}\n{"Records":[' + B + b"]}", Shape("records", 0, "", (A, B))),
    "other lists": (b'{"records":[{"a":1}]}', Shape("lines", 0, "", (b'{"records":[{"a":1}]}',))),
    "records further down": (b'{"x":{"Records":[1]}}', Shape("lines", 0, "", (b'{"x":{"Records":[1]}}',))),
    "array": (b"[" + A + b", " + B + b"]", Shape("array", 0, "", (A, B))),
    "array, indented": (b"[\n  " + A + b",\n  " + B + b"\n]", Shape("array", 0, "", (A, B))),
    "empty array": (b"[ ]", Shape("array", 0, "", ())),
    "documents, indented": (
        b'{\n  "a": 1\n}\n{\n  "b": 2\n}\n',
        Shape("documents", 0, "", (b'{\n  "a": 1\n}', b'{\n  "b": 2\n}')),
    ),
    "one document, indented": (b'{\n  "a": {}\n}\n', Shape("documents", 0, "", (b'{\n  "a": {}\n}',))),
    "documents in a line": (A + B, Shape("documents", 0, "", (A, B))),
    "documents in lines": (A + B + b"\n" + A + b"\n", Shape("documents", 0, "", (A, B, A))),
    "text": (b"2 123 eni-1\n2 124 eni-2\n", Shape("lines", 0, "", (b"2 123 eni-1", b"2 124 eni-2"))),
    "text with a header": (FLOW + b"\n2 1 e\n", Shape("lines", len(FLOW) + 1, FLOW.decode(), (b"2 1 e",))),
    "text with CRLF": (FLOW + b"\r\n2 1 e\r\n", Shape("lines", len(FLOW) + 2, FLOW.decode(), (b"2 1 e",))),
    "a header only": (FLOW + b"\n", Shape("lines", len(FLOW) + 1, FLOW.decode(), ())),
    "directives": (
        b"#Version: 1.0\n#Fields: date time\n2026-03-01 10:00\n",
        Shape("lines", 33, "date time", (b"2026-03-01 10:00",)),
    ),
    "directives only": (b"#Version: 1.0\n", Shape("lines", 14, "", ())),
    "nothing": (b"", Shape("lines", 0, "", ())),
    "blank lines": (b"\n\r\n \n", Shape("lines", 5, "", ())),
}


@pytest.mark.parametrize("head, shape", SHAPES.values(), ids=SHAPES)
def test_shape(head: bytes, shape: Shape) -> None:
    assert shape_of(head, MAX_SAMPLES) == shape


def test_records_are_told_indented() -> None:
    shape = shape_of(json.dumps(WRAPPER, indent=2).encode(), MAX_SAMPLES)
    assert (shape.framing, [json.loads(sample) for sample in shape.samples]) == ("records", [{"a": 1}, {"b": 2}])


@pytest.mark.parametrize(
    "hostile", [b'{"a":"' + b'\\"' * 200_000, b"{" * 200_000, b'["' * 100_000, b'{"a":[' * 100_000]
)
def test_hostile_beginnings_take_no_long_time(hostile: bytes) -> None:
    """Each of these would keep a scanner busy for minutes that looks at what is behind every byte."""
    assert shape_of(hostile).framing


JSON_LIKE = st.lists(
    st.sampled_from([b'"', b"{", b"}", b"[", b"]", b",", b"\\", b"\n", b'"Records":[', b"1", b"\xff", b"#"])
)


@given(JSON_LIKE.map(b"".join) | st.binary())
def test_any_bytes_have_a_shape(head: bytes) -> None:
    shape = shape_of(head)
    assert 0 <= shape.header_bytes <= len(head)
