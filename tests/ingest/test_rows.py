"""Rows out of records: what the loader adds, and what it makes of bad records and bad times."""

from collections.abc import Callable
from typing import Any

import pytest

from tests.ingest.store import Store

TIMES = {
    "plausible": ("2026-03-01T10:00:00.123Z", "2026-03-01T10:00:00.123Z", ""),
    "with an offset": ("2026-03-01T12:00:00+02:00", "2026-03-01T10:00:00.000Z", ""),
    "a year ago": ("2025-03-01T10:00:00Z", "2025-03-01T10:00:00.000Z", ""),
    "tomorrow": ("2026-03-02T10:00:00Z", "2026-03-02T10:00:00.000Z", ""),
    "1970": ("1970-01-01T00:00:00Z", "", "implausible time 1970-01-01 00:00:00.000, the time of ingest stands in"),
    "2262": ("2262-04-11T23:47:16Z", "", "implausible time 2262-04-11 23:47:16.000, the time of ingest stands in"),
    "in three days": (
        "2026-03-04T13:00:00Z",
        "",
        "implausible time 2026-03-04 13:00:00.000, the time of ingest stands in",
    ),
    "unreadable": ("yesterday", "", "no readable time, the time of ingest stands in"),
    "empty": ("", "", "no readable time, the time of ingest stands in"),
}
INGESTED = "2026-03-01T12:00:00.000Z"


def rows_of(store: Store, content: bytes) -> list[dict[str, Any]]:
    store.ingest(content, dataset="test.event")
    return store.query("SELECT * FROM {table: Identifier} ORDER BY `event.action`, `event.original`")


def test_times(store: Store, mark: str) -> None:
    given = [b'{"time":"%s","action":"%02d"}' % (time.encode(), n) for n, (time, _, _) in enumerate(TIMES.values())]
    found = rows_of(store, b"\n".join(given))
    for number, (row, (_, kept, problem)) in enumerate(zip(found, TIMES.values(), strict=True), 1):
        assert row["@timestamp"] == (kept or INGESTED), row
        assert row["event.ingested"] == INGESTED
        assert row["error.message"] == (f"record {number}: {problem}" if problem else "")
        assert row["event.kind"] == "event", "the record itself was understood"


def test_what_the_loader_adds(store: Store, mark: str) -> None:
    raw = b'{"time":"2026-03-01T10:00:00Z","action":"%s","id":"an id"}' % mark.encode()
    (row,) = rows_of(store, raw)
    assert {name: row[name] for name in row if name not in ("@timestamp", "event.ingested", "ecs.version")} == {
        "data_stream.dataset": "test.event",
        "data_stream.namespace": mark,
        "data_stream.type": "logs",
        "error.message": "",
        "event.action": mark,
        "event.dataset": "test.event",
        "event.id": "an id",
        "event.kind": "event",
        "event.module": "test",
        "event.original": raw.decode(),
        "event.reason": "",
        "log.file.path": "object-0",
    }


HOSTILE = {
    "100k levels": b'{"a":' * 100_000 + b"1" + b"}" * 100_000,
    "invalid UTF-8": b'{"action":"\xff\xfe"}',
    "a lone surrogate": b'{"action":"\\ud800"}',
    "NUL": b'{"action":"a\x00b"}',
    "a number beyond all": b'{"action":1e999}',
    "no JSON": b"plain words",
    "a scalar": b"17",
    "cut off": b'{"action":"a',
}
FRAMED: dict[str, Callable[[list[bytes]], bytes]] = {
    "lines": b"\n".join,
    "records": lambda records: b'{"Records":[' + b",".join(records) + b"]}",
    "array": lambda records: b"[" + b",".join(records) + b"]",
    "documents": lambda records: b"\n\n".join(records),
}


@pytest.mark.parametrize("framing", FRAMED)
def test_bad_records_cost_only_themselves(store: Store, mark: str, framing: str) -> None:
    """Each stands between good ones: they are stored, and so is it, with what is wrong with it."""
    good = [b'{"time":"2026-03-01T10:00:00Z",\r"action":"%s-%d"}' % (mark.encode(), n) for n in range(len(HOSTILE))]
    between = [record for pair in zip(good, HOSTILE.values(), strict=True) for record in pair]
    store.ingest(FRAMED[framing](between), dataset="test.event")
    found = store.query(
        "SELECT `event.action` AS action, hex(`event.original`) AS raw, `event.kind` AS kind, `error.message` AS error"
        " FROM {table: Identifier}"
    )
    assert sorted(row["action"] for row in found if row["action"].startswith(mark)) == [
        f"{mark}-{n}" for n in range(len(HOSTILE))
    ]
    raw = [bytes.fromhex(row["raw"]) for row in found]
    assert [name for name, record in HOSTILE.items() if not any(record in kept for kept in raw)] == [], "lost"
    assert len(found) == len(between)
    for row in found:
        assert (row["kind"] == "pipeline_error") == ("not valid JSON" in row["error"])


JOINED = {
    "wrappers in a row": b'{"Records":[%s]}{"Records":[%s]}',
    "wrappers in lines": b'{"Records":[%s]}\n{"Records":[%s]}\n',
    "text behind": b'{"Records":[%s,%s]} and text',
    "a second array": b"[%s][%s]",
    "a comma too many": b'{"Records":[%s,%s,]}',
    "no end": b'{"Records":[%s,%s',
    "null between": b'{"Records":[%s,null,%s]}',
}


@pytest.mark.parametrize("content", JOINED.values(), ids=JOINED)
def test_documents_that_are_not_quite_one_lose_nothing(store: Store, mark: str, content: bytes) -> None:
    given = [b'{"time":"2026-03-01T10:00:00Z","action":"%s-%d"}' % (mark.encode(), number) for number in range(2)]
    found = rows_of(store, content % tuple(given))
    good = [row["event.action"] for row in found if row["event.action"].startswith(mark)]
    assert good == [f"{mark}-0", f"{mark}-1"]
    assert "text" not in content.decode() or [row["event.original"] for row in found if "text" in row["event.original"]]


def event(mark: str, number: int, more: bytes = b"") -> bytes:
    start = b'{"eventVersion":"1.08","time":"2026-03-01T10:00:00Z","action":"%s-%d"' % (mark.encode(), number)
    return start + more + b"}"


LIKE_AWS = {
    "as AWS writes": (b'{"Records":[%s,%s]}', b""),
    "the cut's own words in a string": (b'{"Records":[%s,%s]}', b',"text":"},{\\"eventVersion\\":"'),
    "odd spacing": (b'{"Records":[%s,%s]}', b',"text" : "spaced",  "n":1.0'),
}
NOT_QUITE = {
    "events in an event": (b'{"Records":[%s,%s]}', b',"list":[{"a":1},{"eventVersion":"2"}]'),
    "another list behind": (b'{"Records":[%s,%s],"more":[{"a":1}]}', b""),
    "a broken one between": (b'{"Records":[%s,{"eventVersion":nope},%s]}', b""),
    "a comma too many": (b'{"Records":[%s,,%s]}', b""),
}


@pytest.mark.parametrize("document, more", LIKE_AWS.values(), ids=LIKE_AWS)
def test_a_document_of_cloudtrail_is_cut_byte_for_byte(store: Store, mark: str, document: bytes, more: bytes) -> None:
    given = [event(mark, number, more) for number in range(2)]
    found = rows_of(store, document % tuple(given))
    assert [row["event.original"] for row in found] == [record.decode() for record in given]


@pytest.mark.parametrize("document, more", NOT_QUITE.values(), ids=NOT_QUITE)
def test_what_only_begins_like_one_loses_nothing(store: Store, mark: str, document: bytes, more: bytes) -> None:
    found = rows_of(store, document % tuple(event(mark, number, more) for number in range(2)))
    assert [row["event.action"] for row in found if row["event.action"]] == [f"{mark}-0", f"{mark}-1"]
    rest = [row["event.original"] for row in found if not row["event.action"]]
    assert rest == (['{"eventVersion":nope}'] if b"nope" in document else [])


def test_single_records_stand_beside_documents(store: Store, mark: str) -> None:
    store.ingest(b'{"Records":[%s]}' % event(mark, 0), event(mark, 1), event(mark, 2) + b"\n", dataset="test.event")
    assert sorted(store.stored()) == [event(mark, number).decode() for number in range(3)]


def test_ids_without_an_own_one_are_the_same_again(store: Store, mark: str) -> None:
    lines = b"\n".join(b'{"time":"2026-03-01T10:00:00Z","action":"%s"}' % mark.encode() for _ in range(3))
    first = {row["event.id"] for row in rows_of(store, lines)}
    assert len(first) == 3, "equal records of one object are different events"
    document = b"[" + lines.replace(b"\n", b",") + b"]"
    both = {row["event.id"] for row in rows_of(store, document)}
    assert len(both) == 6, "another object's are others"


def test_crlf_and_blank_lines(store: Store, mark: str) -> None:
    content = b'\r\n{"action":"a"}\r\n\r\n\n{"action":"%s"}\r\n' % mark.encode()
    assert [row["event.original"] for row in rows_of(store, content)] == ['{"action":"a"}', f'{{"action":"{mark}"}}']


def test_a_header_names_the_fields(store: Store, mark: str) -> None:
    content = b"#Version: 1.0\r\n#Fields: time action what\r\n2026-03-01 %s x\r\n" % mark.encode()
    (row,) = rows_of(store, content)
    assert (row["event.reason"], row["event.original"]) == ("time action what", f"2026-03-01 {mark} x")
