"""Loading segments: exactly once across every crash, damage set aside, bad records alone."""

import pkgutil
from collections import Counter
from collections.abc import Iterable
from typing import Any

import pytest

from bartizan.engine.errors import EngineUnavailable, StatementRefused
from bartizan.ingest import once
from bartizan.ingest.errors import DamagedSegment
from bartizan.ingest.loader import Loaded
from bartizan.ingest.spool import Segment
from tests.ingest.store import Store, entry, records


def sealed(store: Store, mark: str, numbers: Iterable[int], framing: str = "lines") -> Segment:
    store.loader.prepare(store.table)
    body = b"\n".join(records(mark, numbers))
    store.spool.append(store.table, entry(body, f"{mark}-{body!r}"[:60], framing=framing))
    (segment,) = store.spool.flush()
    return segment


def expected(mark: str, numbers: Iterable[int]) -> Counter[str]:
    return Counter(record.decode() for record in records(mark, numbers))


class Crash(BaseException):
    """The process is gone."""


STEPS = {
    "mend": "bartizan.ingest.loader.mend",
    "insert": "bartizan.ingest.once.insert_once",
    "ledger": "bartizan.ingest.ledger.Ledger.record",
    "remove": "bartizan.ingest.spool.Spool.remove",
}


@pytest.mark.parametrize("step", STEPS.values(), ids=STEPS)
@pytest.mark.parametrize("moment", ["before", "after"])
def test_a_crash_at_any_step_neither_loses_nor_doubles(
    store: Store, mark: str, step: str, moment: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The segment holds a document with a broken record, so that it is mended, too."""
    store.loader.prepare(store.table)
    document = b"[" + b",".join([*records(mark, range(5)), b'{"broken":nope}']) + b"]"
    store.spool.append(store.table, entry(document, f"{mark}-document", framing="array"))
    (segment,) = store.spool.flush()
    monkeypatch.setattr(step, crashing(pkgutil.resolve_name(step), moment))
    with pytest.raises(Crash):
        store.loader.load(segment)
    monkeypatch.undo()
    store.reopen()
    for left in store.spool.pending():
        store.loader.load(left)
    assert store.stored() == expected(mark, range(5)) + Counter(['{"broken":nope}'])
    assert not list(store.spool.pending())
    assert store.query(f"SELECT count() AS n FROM `ingest-ledger` WHERE startsWith(origin, '{mark}-')") == [{"n": 1}]


def crashing(step: Any, moment: str) -> Any:
    def crash(*arguments: Any, **named: Any) -> None:
        if moment == "after":
            step(*arguments, **named)
        raise Crash

    return crash


@pytest.mark.parametrize("crashes", [1, 2])
def test_a_token_that_outlived_its_rows_is_no_proof(
    store: Store, mark: str, crashes: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The engine was killed between writing the batch's token down and giving the part its name."""
    sealed(store, mark, range(5))
    (segment,) = store.spool.pending()
    insert = once.insert_once
    spent = [segment.token, f"{segment.token}-1"][:crashes]

    def without_rows(engine: Any, prepared: Any, file: Any, token: str, parameters: Any) -> None:
        if token not in spent:
            insert(engine, prepared, file, token, parameters)

    monkeypatch.setattr(once, "insert_once", without_rows)
    assert store.loader.load(segment).records == 5
    assert store.stored() == expected(mark, range(5))


def test_the_token_alone_does_not_decide_a_replay(store: Store, mark: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The engine may have forgotten the batch (a power cut, a window that moved on) though its rows are there."""
    segment = sealed(store, mark, range(5))
    kept = segment.file.read_bytes()
    store.loader.load(segment)
    segment.file.write_bytes(kept)
    (segment,) = store.spool.pending()
    insert = once.insert_once

    def forgetful(engine: Any, prepared: Any, file: Any, token: str, parameters: Any) -> None:
        insert(engine, prepared, file, f"{token}-forgotten", parameters)

    monkeypatch.setattr(once, "insert_once", forgetful)
    store.reopen()
    store.loader.load(segment)
    assert store.stored() == expected(mark, range(5))


@pytest.mark.parametrize("position", [3, 40, -5], ids=["origin", "number", "record"])
def test_a_damaged_segment_is_set_aside_and_the_others_go_on(store: Store, mark: str, position: int) -> None:
    damaged, good = sealed(store, mark, range(3)), sealed(store, mark, range(3, 6))
    content = bytearray(damaged.file.read_bytes())
    content[position] ^= 4
    damaged.file.write_bytes(content)
    failure, loaded = (told.failed or told.loaded for told in store.ingest())
    (kept,) = store.quarantine.iterdir()
    assert isinstance(failure, DamagedSegment)
    assert str(failure).startswith(f"{kept}: it was damaged on the disk and is not stored: the row at byte 0 ")
    assert kept.read_bytes() == content
    assert isinstance(loaded, Loaded)
    assert loaded.records == 3
    assert store.stored() == expected(mark, range(3, 6))
    assert not list(store.spool.pending())
    assert good.token


def test_damage_in_a_document_is_not_mended(store: Store, mark: str) -> None:
    """A flipped bit may make a document unparsable: it is damage, not a bad record."""
    store.loader.prepare(store.table)
    store.spool.append(
        store.table, entry(b'{"Records":[' + b",".join(records(mark, range(3))) + b"]}", mark, 0, "records")
    )
    (segment,) = store.spool.flush()
    segment.file.write_bytes(segment.file.read_bytes().replace(b'"action"', b"'action\"", 1))
    with pytest.raises(DamagedSegment):
        store.loader.load(segment)
    assert not store.stored()


@pytest.mark.parametrize("error", [EngineUnavailable("no memory left"), StatementRefused("unknown function", code=46)])
def test_any_other_error_leaves_the_segment_in_the_spool(
    store: Store, mark: str, error: Exception, monkeypatch: pytest.MonkeyPatch
) -> None:
    segment = sealed(store, mark, range(3))

    def refuse(*_: Any) -> None:
        raise error

    monkeypatch.setattr(store.loader, "_insert", refuse)
    with pytest.raises(type(error)):
        store.loader.load(segment)
    monkeypatch.undo()
    assert list(store.spool.pending()) == [segment]
    assert store.loader.load(segment).records == 3


def test_problems_are_told_by_file_and_record(store: Store, mark: str) -> None:
    store.loader.prepare(store.table)
    good = b"\n".join(records(mark, range(2)))
    store.spool.append(store.table, entry(good + b"\n{broken\n", mark))
    (segment,) = store.spool.flush()
    loaded = store.loader.load(segment)
    assert (loaded.records, loaded.failed) == (3, 1)
    assert [(problem.path, problem.reason) for problem in loaded.problems] == [
        ("somewhere", "record 3: not valid JSON")
    ]


@pytest.mark.parametrize("broken, ways", [(b"", ["quick"]), (b',{"eventVersion":nope}', ["quick", "thorough"])])
def test_documents_as_aws_writes_them_go_the_quick_way_first(
    store: Store, mark: str, broken: bytes, ways: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    store.loader.prepare(store.table)
    document = b'{"Records":[{"eventVersion":"1.08","action":"%s"}%s]}' % (mark.encode(), broken)
    store.spool.append(store.table, entry(document, mark, 0, "joined"))
    (segment,) = store.spool.flush()
    insert = store.loader._insert
    taken = []

    def noting(prepared: Any, *rest: Any) -> None:
        taken.append("thorough" if prepared is store.loader._ready[store.table].thorough else "quick")
        insert(prepared, *rest)

    monkeypatch.setattr(store.loader, "_insert", noting)
    assert store.loader.load(segment).records == 1 + bool(broken)
    assert taken == ways + ["thorough"] * bool(broken), "a broken document is mended, then taken again"


def test_a_segment_without_records_is_loaded(store: Store, mark: str) -> None:
    store.loader.prepare(store.table)
    store.spool.append(store.table, entry(b'{"Records":[]}', mark, 0, "records"))
    (segment,) = store.spool.flush()
    assert store.loader.load(segment).records == 0
    assert store.ledger.progress([mark])[mark].is_complete


def test_a_replay_is_read_with_the_time_of_the_first_load(store: Store, mark: str) -> None:
    segment = sealed(store, mark, range(2))
    store.clock.jump(days=3)
    store.reopen()
    store.loader.load(segment)
    found = store.query("SELECT DISTINCT toUnixTimestamp64Milli(`event.ingested`) AS ms FROM {table: Identifier}")
    assert found == [{"ms": segment.ingested_ms}]
