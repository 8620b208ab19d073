"""Gaps are found and filled: with a back-fill there are the alerts of rules that never missed anything."""

from collections.abc import Callable
from itertools import count

import pytest
from sqlglot import parse_one

from bartizan.detect import backfill as slicing
from bartizan.detect.arrivals import Window
from bartizan.detect.backfill import EVER, BackfillProgress
from bartizan.detect.ledger import BEGINNING
from bartizan.detect.ranges import Range
from bartizan.detect.rule import Rule
from bartizan.detect.settings import ThresholdSettings
from bartizan.engine.base import rows
from bartizan.pipeline.backfill import backfill
from bartizan.pipeline.detection import Detected, Detection
from tests.detect.conftest import varied
from tests.detect.store import DetectStore, record

FORGET = "DELETE FROM `detection-ledger` WHERE stream = {stream: String}"
_numbers = count(1)


@pytest.fixture(scope="module")
def filled(make_store: Callable[[], DetectStore]) -> DetectStore:
    """Six events of one user a minute apart, each of which arrived on its own; each test has rules of its own."""
    made = make_store()
    for number in range(6):
        made.add(record(number, "StopLogging", eventTime=f"2026-03-01T10:0{number}:00Z"))
    return made


@pytest.fixture
def rules(filled: DetectStore, rule: Rule) -> list[Rule]:
    """One that looks at single events, one that counts three within three minutes."""
    single = varied(rule, id=f"single{next(_numbers)}", index=(filled.stream,))
    settings = ThresholdSettings(3, ("user.name",), 180)
    return [single, varied(single, id=f"{single.id}-counted", type="threshold", settings=settings)]


def instants(store: DetectStore) -> list[str]:
    """When each of the events arrived."""
    query = "SELECT toString(`event.ingested`) AS at FROM {table: Identifier} ORDER BY at"
    return [row["at"] for row in rows(store.engine, parse_one(query, dialect="clickhouse"), {"table": store.stream})]


def seen(detection: Detection, rules: list[Rule], stream: str, *ranges: tuple[str, str]) -> None:
    """The ledger says that the rules saw these ranges."""
    detection.engine.query(parse_one(FORGET, dialect="clickhouse"), {"stream": stream}, format="Null")
    for after, until in ranges:
        detection.ledger.record({Window(stream, after, until): [rule.id for rule in rules]}, "2026-03-01 12:00:00.000")


def stored(store: DetectStore, rules: list[Rule]) -> set[str]:
    """The ids of the rules' alerts."""
    ids = {rule.id for rule in rules}
    found = store.alerts.latest(BEGINNING, (), 1000)
    return {alert["alert"]["id"] for alert in found if alert["rule"]["id"] in ids}


def done(detection: Detection, rules: list[Rule], bounds: Range = EVER, again: bool = False) -> BackfillProgress:
    return list(backfill(detection, rules, bounds, again))[-1]


def test_what_is_missing_is_told_by_range(filled: DetectStore, rules: list[Rule]) -> None:
    detection, at = filled.detection(rules), instants(filled)
    seen(detection, rules, filled.stream, (BEGINNING, at[0]), (at[2], at[3]))
    detection.ledger.record({Window(filled.stream, at[0], at[1]): [rules[0].id]}, "2026-03-01 12:00:00.000")
    found = detection.coverage()
    ids = tuple(sorted(rule.id for rule in rules))
    assert [(gap.after, gap.until, gap.events, gap.rules) for gap in found.gaps] == [
        (at[0], at[2], 2, (rules[1].id,)),
        (at[1], at[2], 1, (rules[0].id,)),
    ]
    assert [(one.after, one.until, one.events, one.rules) for one in found.behind] == [(at[3], at[5], 2, ids)]


def test_without_runs_everything_is_behind_and_without_events_nothing(filled: DetectStore, rules: list[Rule]) -> None:
    found = filled.detection(rules).coverage()
    assert ([one.events for one in found.behind], found.gaps) == ([6], ())
    filled.run(rules)
    found = filled.detection(rules).coverage()
    assert (found.behind, found.gaps) == ((), ())


def test_a_back_fill_finds_what_was_missed_and_closes_the_gaps(
    filled: DetectStore, rules: list[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing, "SLICE_EVENTS", 1)
    detection, at = filled.detection(rules), instants(filled)
    seen(detection, rules, filled.stream, (BEGINNING, at[0]), (at[3], at[5]))
    told = done(detection, rules)
    assert (told.done, told.total, told.events, told.failed) == (3, 3, 3, {})
    assert detection.coverage().gaps == ()
    found = stored(filled, rules)
    assert told.alerts == len(found) == 5
    seen(detection, rules, filled.stream)
    assert {alert["alert"]["id"] for one in detection.run() for alert in one.alerts} | found == stored(filled, rules)
    assert found < stored(filled, rules)


def test_a_crash_repeats_a_slice_at_most(
    filled: DetectStore, rules: list[Rule], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(slicing, "SLICE_EVENTS", 1)
    detection, at = filled.detection(rules), instants(filled)
    seen(detection, rules, filled.stream, (at[5], "2026-03-02 00:00:00.000"))
    slices = 0

    def crash(store: Callable[[], list[Detected]]) -> list[Detected]:
        nonlocal slices
        slices += 1
        if slices == 3:
            raise KeyboardInterrupt
        return store()

    with pytest.raises(KeyboardInterrupt):
        list(backfill(detection, rules, EVER, storing=crash))
    assert [gap.events for gap in detection.coverage().gaps] == [4]
    told = done(detection, rules)
    assert (told.done, told.events, told.alerts) == (4, 4, 6)
    assert len(stored(filled, rules)) == 8
    assert detection.coverage().gaps == ()


def test_a_rule_that_changed_runs_again_and_adds_what_is_new(filled: DetectStore, rules: list[Rule]) -> None:
    filled.run([varied(rules[0], query="event.action: StopLogging and event.id: event-3")])
    detection = filled.detection(rules[:1])
    assert done(detection, rules[:1]).total == 0
    assert done(detection, rules[:1], again=True).alerts == 5
    assert done(detection, rules[:1], again=True).alerts == 0
    assert detection.coverage().gaps == ()


def test_bounds_are_of_arrival_and_leave_the_rest(filled: DetectStore, rules: list[Rule]) -> None:
    detection, at = filled.detection(rules), instants(filled)
    seen(detection, rules, filled.stream, (at[4], at[5]))
    assert done(detection, rules[:1], Range(at[0], at[2])).events == 2
    assert {(gap.after, gap.until) for gap in detection.coverage().gaps if rules[0].id in gap.rules} == {
        (BEGINNING, at[0]),
        (at[2], at[4]),
    }


def test_a_rule_that_fails_is_told_and_its_gap_stays(filled: DetectStore, rules: list[Rule]) -> None:
    wrong = varied(rules[0], id="wrong", query="user.nmae: alice")
    detection, at = filled.detection([*rules, wrong]), instants(filled)
    seen(detection, [*rules, wrong], filled.stream, (at[1], at[5]))
    told = done(detection, [*rules, wrong])
    assert told.alerts == 2
    assert list(told.failed) == ["wrong"]
    assert "did you mean" in told.failed["wrong"]
