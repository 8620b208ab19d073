"""The ledger: what rules have seen stays known while its rows become few, through crashes too."""

from collections.abc import Iterator
from itertools import count

import pytest
from sqlglot import parse_one

from bartizan.detect import ledger as module
from bartizan.detect.arrivals import Window
from bartizan.detect.ledger import BEGINNING, DetectionLedger
from bartizan.detect.ranges import Range
from bartizan.engine.base import Engine, rows

NOW = "2026-03-01 12:00:00.000"
_numbers = count(1)


@pytest.fixture
def ledger(engine: Engine) -> DetectionLedger:
    return DetectionLedger(engine)


@pytest.fixture
def stream() -> str:
    """A stream of one test's own."""
    return f"logs-ledger{next(_numbers)}-default"


def instant(number: int) -> str:
    return f"2026-03-01 {number // 3600:02d}:{number // 60 % 60:02d}:{number % 60:02d}.000"


def stored(engine: Engine, stream: str) -> int:
    query = parse_one(
        "SELECT count() AS n FROM `detection-ledger` WHERE stream = {stream: String}", dialect="clickhouse"
    )
    return int(rows(engine, query, {"stream": stream})[0]["n"])


@pytest.fixture
def few(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Rows are folded when there are more than four."""
    monkeypatch.setattr(module, "MAX_ROWS", 4)
    yield


def runs(ledger: DetectionLedger, stream: str, number: int) -> None:
    """Runs of three rules, one of which begins late and misses one."""
    for at in range(number):
        rules = ["a", "b"] if at in (0, 3) else ["a", "b", "late"]
        ledger.record({Window(stream, instant(at) if at else BEGINNING, instant(at + 1)): rules}, NOW)


KNOWN = {
    "a": (Range(BEGINNING, instant(6)),),
    "b": (Range(BEGINNING, instant(6)),),
    "late": (Range(instant(1), instant(3)), Range(instant(4), instant(6))),
}


def test_a_run_is_one_row_and_is_known_for_each_rule(ledger: DetectionLedger, engine: Engine, stream: str) -> None:
    runs(ledger, stream, 6)
    assert stored(engine, stream) == 6
    assert ledger.ranges(stream) == KNOWN
    assert ledger.watermarks(stream) == dict.fromkeys(KNOWN, instant(6))


def test_no_rule_is_no_row(ledger: DetectionLedger, engine: Engine, stream: str) -> None:
    ledger.record({Window(stream, BEGINNING, instant(1)): []}, NOW)
    assert stored(engine, stream) == 0


@pytest.mark.usefixtures("few")
def test_folding_leaves_few_rows_that_say_the_same(ledger: DetectionLedger, engine: Engine, stream: str) -> None:
    runs(ledger, stream, 6)
    other = f"{stream}2"
    runs(ledger, other, 2)
    ledger.fold(NOW)
    assert (stored(engine, stream), stored(engine, other)) == (3, 2)
    assert ledger.ranges(stream) == KNOWN
    ledger.fold(NOW)
    assert stored(engine, stream) == 3
    ledger.record({Window(stream, instant(6), instant(7)): ["a"]}, "2026-03-01 11:00:00.000")
    assert ledger.watermarks(stream) == {**dict.fromkeys(KNOWN, instant(6)), "a": instant(7)}


@pytest.mark.usefixtures("few")
def test_a_crash_while_folding_loses_nothing(
    ledger: DetectionLedger, engine: Engine, stream: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    runs(ledger, stream, 6)

    def crash(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as broken:
        broken.setattr("bartizan.detect.ledger.delete_rows", crash)
        with pytest.raises(KeyboardInterrupt):
            ledger.fold(NOW)
    assert stored(engine, stream) == 9
    assert ledger.ranges(stream) == KNOWN
    ledger.fold(NOW)
    assert (stored(engine, stream), ledger.ranges(stream)) == (3, KNOWN)


def test_hostile_ids_stay_values(ledger: DetectionLedger, stream: str) -> None:
    ids = ["'; DROP TABLE x --", '\\"', "{stream:String}", "a\tb\\n", "ü€", "[]"]
    ledger.record({Window(stream, BEGINNING, instant(1)): ids}, NOW)
    ledger.record({Window(stream, instant(1), instant(2)): [ids[0]]}, NOW)
    assert ledger.watermarks(stream) == {**dict.fromkeys(ids, instant(1)), ids[0]: instant(2)}
