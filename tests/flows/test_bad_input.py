"""Bad input beside good input: a message names file, record and reason; the rest is stored, and nothing is lost."""

import gzip
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest

from tests.flows.command import Answer, ingest, search

pytestmark = pytest.mark.slow


def record(name: str, **members: Any) -> bytes:
    """A CloudTrail record whose id is `name`."""
    whole = {
        "eventVersion": "1.11",
        "userIdentity": {"type": "IAMUser", "userName": "ana", "accountId": "210987650011"},
        "eventTime": "2026-03-01T10:00:00Z",
        "eventSource": "s3.amazonaws.com",
        "eventName": "GetObject",
        "awsRegion": "eu-west-1",
        "sourceIPAddress": "203.0.113.7",
        "userAgent": "aws-cli",
        "eventID": name,
        "eventType": "AwsApiCall",
        "recipientAccountId": "210987650011",
    }
    return json.dumps({**whole, **members}).encode()


def wrapped(*records: bytes) -> bytes:
    return b'{"Records":[' + b",".join(records) + b"]}"


def lines(*records: bytes) -> bytes:
    return b"\n".join(records) + b"\n"


@dataclass(frozen=True)
class Case:
    """A bad object, what is to be said of it and what is to be found of it."""

    content: bytes
    message: str = ""
    """Part of what is said of the file; empty when nothing is wrong."""
    stored: tuple[str, ...] = ()
    """Ids that are understood."""
    kept: tuple[bytes, ...] = ()
    """Raw records that are kept though they are not understood."""
    acknowledged: bool = True
    at_ingest: tuple[str, ...] = field(default=())
    """Ids whose time is that of the ingest."""


DEEP = record("deep", requestParameters="@").replace(b'"@"', b'{"a":' * 100_000 + b"1" + b"}" * 100_000)
TWICE = record("twice").replace(b'"eventName"', b'"eventName": "PutObject", "eventName"')
NO_UTF8 = record("no-utf8", userAgent="@").replace(b"@", b"caf\xe9\xff")
SURROGATE = record("surrogate", userAgent="@").replace(b"@", b"\\ud800 alone")
RAW_NUL = record("raw-nul", userAgent="@").replace(b"@", b"a\x00b")
HUGE_NUMBERS = record("numbers", requestParameters={"n": "@"}).replace(b'"@"', b"1e999")

A, B = record("{}-a"), record("{}-b")


def between(name: str, bad: bytes, framed: Callable[..., bytes]) -> bytes:
    """The bad record between two good ones."""
    return framed(A.replace(b"{}", name.encode()), bad, B.replace(b"{}", name.encode()))


def neighbours(name: str) -> tuple[str, ...]:
    return f"{name}-a", f"{name}-b"


WHOLE = gzip.compress(lines(*(record(f"cut-{n}", requestParameters={"key": str(hash(n * n))}) for n in range(400))))

CASES = {
    "truncated.json.gz": Case(
        WHOLE[: len(WHOLE) * 2 // 3],
        "cut off: the compressed data ends too early",
        tuple(f"cut-{n}" for n in range(150)),
        acknowledged=False,
    ),
    "garbage-behind.json.gz": Case(
        gzip.compress(wrapped(record("garbage"))) + b"garbage",
        "other bytes follow the compressed data",
        ("garbage",),
        acknowledged=False,
    ),
    "bomb-by-size.json.gz": Case(
        gzip.compress(lines(record("bomb")) + b"\n" * 30_000_000),
        "it unfolds to more than",
        ("bomb",),
        acknowledged=False,
    ),
    "deep-lines.json": Case(between("deep-lines", DEEP, lines), "record 2: ", neighbours("deep-lines"), (DEEP,)),
    "deep-records.json": Case(
        between("deep-records", DEEP, wrapped), "record 2: ", neighbours("deep-records"), (DEEP,)
    ),
    "deep-first.json": Case(lines(DEEP, record("deep-after")), "record 1: ", ("deep-after",), (DEEP,)),
    "duplicate-keys.json": Case(wrapped(TWICE, record("twice-after")), "", ("twice", "twice-after")),
    "no-utf8.json": Case(between("no-utf8", NO_UTF8, wrapped), "record 2: ", neighbours("no-utf8"), (NO_UTF8,)),
    "surrogate.json": Case(between("surrogate", SURROGATE, lines), "record 2: ", neighbours("surrogate"), (SURROGATE,)),
    "nul.json": Case(between("nul", RAW_NUL, lines), "record 2: ", neighbours("nul"), (RAW_NUL,)),
    "escaped-nul.json": Case(wrapped(record("escaped-nul", userAgent="a\x00b")), "", ("escaped-nul",)),
    "numbers.json": Case(
        between("numbers", HUGE_NUMBERS, wrapped), "record 2: ", neighbours("numbers"), (HUGE_NUMBERS,)
    ),
    "shapes.json": Case(
        wrapped(
            record("shape-text", requestParameters="plain", responseElements=["a"]),
            record("shape-object", requestParameters={"a": {"b": 1}}, responseElements={"c": None}),
            record("shape-number", requestParameters=7, responseElements=True),
            record("shape-identity", userIdentity="someone"),
        ),
        "",
        ("shape-text", "shape-object", "shape-number"),
    ),
    "times.json": Case(
        wrapped(
            record("time-1970", eventTime="1970-01-01T00:00:00Z"),
            record("time-2262", eventTime="2262-04-11T23:47:16Z"),
            record("time-none", eventTime=None),
            record("time-good"),
        ),
        "the time of ingest stands in",
        ("time-1970", "time-2262", "time-good"),
        at_ingest=("time-1970", "time-2262", "time-none"),
    ),
    "missing-time.json": Case(
        lines(
            *(json.dumps({k: v for k, v in json.loads(record("time-missing")).items() if k != "eventTime"}).encode(),)
        ),
        "record 1: the record has no `eventTime` that can be read as a time",
        (),
        at_ingest=("time-missing",),
    ),
    "empty.json": Case(b"", "it is empty", acknowledged=False),
    "good.json": Case(wrapped(record("good")), "", ("good",)),
}


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("bad")
    (folder / "logs").mkdir()
    for name, case in CASES.items():
        (folder / "logs" / name).write_bytes(case.content)
    return folder


@pytest.fixture(scope="module")
def answer(folder: Path) -> Answer:
    return ingest(folder / "store", folder / "logs", BARTIZAN_INGEST_MAX_OBJECT_BYTES="20000000")


@pytest.fixture(scope="module")
def documents(folder: Path, answer: Answer) -> list[dict[str, Any]]:
    return search(folder / "store")


@pytest.mark.parametrize("name", CASES)
def test_the_message_names_file_and_reason(answer: Answer, name: str) -> None:
    said = [problem for problem in answer.summary["problems"] if f"/{name}: " in problem]
    assert bool(said) == bool(CASES[name].message), said
    assert not said or any(CASES[name].message in problem for problem in said), said


@pytest.mark.parametrize("name", CASES)
def test_what_is_good_is_stored_once(documents: list[dict[str, Any]], name: str) -> None:
    ids = [document["event"]["id"] for document in documents if document["event"]["kind"] != "pipeline_error"]
    assert {wanted: ids.count(wanted) for wanted in CASES[name].stored} == dict.fromkeys(CASES[name].stored, 1)


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.kept])
def test_what_is_not_understood_is_kept(documents: list[dict[str, Any]], name: str) -> None:
    """Shown with its broken bytes replaced; a search finds it."""
    errors = [
        d for d in documents if d["event"]["kind"] == "pipeline_error" and d["log"]["file"]["path"].endswith(name)
    ]
    for document, raw in zip(errors, CASES[name].kept, strict=True):
        original = document["event"]["original"]
        assert original == raw.decode() if is_text(raw) else original.isprintable() and len(original) > 300
        assert CASES[name].message in document["error"]["message"]


def is_text(raw: bytes) -> bool:
    try:
        raw.decode()
    except UnicodeDecodeError:
        return False
    return True


@pytest.mark.parametrize("name", [name for name, case in CASES.items() if case.at_ingest])
def test_a_time_that_cannot_be_is_that_of_the_ingest(documents: list[dict[str, Any]], name: str) -> None:
    of_file = [document for document in documents if document["log"]["file"]["path"].endswith(f"/{name}")]
    found = {d["event"]["id"] for d in of_file if d["@timestamp"] == d["event"]["ingested"]}
    assert found == set(CASES[name].at_ingest)


def test_exactly_the_complete_objects_are_acknowledged(answer: Answer) -> None:
    assert answer.acknowledged == {name for name, case in CASES.items() if case.acknowledged}
    assert answer.status == 1


def test_duplicate_keys_and_changing_shapes_are_searchable(folder: Path, documents: list[dict[str, Any]]) -> None:
    by_id = {document["event"]["id"]: document for document in documents}
    assert by_id["twice"]["event"]["action"] in ("PutObject", "GetObject")
    flattened = {name: by_id[name]["aws"]["cloudtrail"]["flattened"] for name in CASES["shapes.json"].stored}
    assert flattened["shape-object"]["request_parameters"] == {"a": {"b": 1}}
    assert "plain" in by_id["shape-text"]["event"]["original"]
