"""The alerts' store: each id once, through crashes; newest first; what is asked for stays a value."""

import pytest

from bartizan.engine.errors import StatementRefused
from tests.alerts.conftest import alert
from tests.detect.store import DetectStore

EVER = "1970-01-01 00:00:00.000"


def latest(store: DetectStore, prefix: str, severities: tuple[str, ...] = (), limit: int = 1000) -> list[str]:
    ids = [found["alert"]["id"] for found in store.alerts.latest(EVER, severities, limit)]
    return [id.removeprefix(prefix) for id in ids if id.startswith(prefix)]


def test_each_is_added_once(store: DetectStore) -> None:
    first, second = alert("once-1"), alert("once-2")
    assert store.alerts.add([first, first]) == [first]
    assert store.alerts.add([first, second]) == [second]
    assert store.alerts.add([]) == []
    assert sorted(latest(store, "once-")) == ["1", "2"]


def test_newest_first_then_gravest(store: DetectStore) -> None:
    store.alerts.add([alert("o-a", 1), alert("o-b", 3), alert("o-c", 3, "high", 90), alert("o-d", 2, "critical", 99)])
    assert latest(store, "o-") == ["c", "b", "d", "a"]
    assert latest(store, "o-", ("high", "critical")) == ["c", "d"]
    assert [found["alert"]["id"] for found in store.alerts.latest("2026-03-01 10:00:03.000", (), 1)] == ["o-c"]


def test_batches_come_in_the_order_in_which_they_were_stored(store: DetectStore) -> None:
    start = store.alerts.newest_ingested()
    for batch in ([alert("b-2", 50), alert("b-1", 59)], [alert("b-3", 1)]):
        store.alerts.add(batch)
    first, found = store.alerts.ingested_after(start)
    second, further = store.alerts.ingested_after(first)
    assert [[one["alert"]["id"] for one in batch] for batch in (found, further)] == [["b-1", "b-2"], ["b-3"]]
    assert store.alerts.ingested_after(second) == (second, [])
    assert store.alerts.newest_ingested() == second > first > start


HOSTILE = ("' OR 1=1 --", "\\", "\\'", "{id:String}", "\x00", "%", "]) OR has(['", "o-a'; DROP TABLE x")


def test_what_is_asked_for_stays_a_value(store: DetectStore) -> None:
    store.alerts.add([alert(f"h-{text}", reason=text) for text in HOSTILE])
    for text in HOSTILE:
        assert store.alerts.get(f"h-{text}") == alert(f"h-{text}", reason=text)
        assert store.alerts.get(text) is None
        assert latest(store, "h-", (text,)) == []


def test_what_a_crash_left_in_the_spool_is_not_added_again(store: DetectStore, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StatementRefused("not now")

    with monkeypatch.context() as broken:
        broken.setattr(store.intake.loader, "load", refuse)
        with pytest.raises(StatementRefused):
            store.alerts.add([alert("left-1"), alert("left-2")])
    new = alert("left-3")
    assert store.alerts.add([alert("left-1"), new]) == [new]
    assert sorted(latest(store, "left-")) == ["1", "2", "3"]


def test_more_than_a_segment_holds_is_stored(store: DetectStore) -> None:
    large = [alert(f"large-{number}", message="x" * 600_000) for number in range(3)]
    assert len(store.alerts.add(large)) == 3
    assert store.alerts.get("large-2") == large[2]
    assert list(store.intake.spool.pending()) == []


def test_counts_only_grow(store: DetectStore) -> None:
    store.alerts.add([alert("counted-1"), alert("counted-2")])
    store.alerts.raise_counts({"counted-1": {"alert.suppression.count": 3, "alert.threshold.count": 9}, "nobody": {}})
    store.alerts.raise_counts({"counted-1": {"alert.suppression.count": 2}, "counted-2": {"alert.threshold.count": 7}})
    store.alerts.raise_counts({})
    first, second = store.alerts.get("counted-1"), store.alerts.get("counted-2")
    assert first and second
    assert (first["alert"]["suppression"], first["alert"]["threshold"]) == ({"count": 3}, {"count": 9})
    assert ("suppression" in second["alert"], second["alert"]["threshold"]) == (False, {"count": 7})
