"""The outbox: each alert once, in order, through restarts; what is wrong with its file is told."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from bartizan.respond import sqlite_outbox
from bartizan.respond.errors import OutboxError
from bartizan.respond.outbox import Entry, Outbox, Pace
from bartizan.respond.sqlite_outbox import SqliteOutbox
from tests.respond.conftest import NOW


@pytest.fixture
def file(tmp_path: Path) -> Path:
    return tmp_path / "data" / "notifications.sqlite"


@pytest.fixture
def outbox(file: Path) -> Iterator[Outbox]:
    opened = SqliteOutbox(file)
    yield opened
    opened.close()


def entry(id: str, risk: int = 1, connector: str = "c") -> Entry:
    return Entry(id, connector, f"alert-{id}", risk, f'"{id}"'.encode())


def due(outbox: Outbox, at_s: float = 0, connector: str = "c") -> list[tuple[str, str, int]]:
    return [(one.id, one.delivery, one.attempts) for one in outbox.due(connector, NOW + timedelta(seconds=at_s))]


def test_each_is_taken_once_gravest_first(outbox: Outbox) -> None:
    assert outbox.add([entry("a"), entry("b", 9), entry("a"), entry("x", 5, "other")], NOW) == 3
    assert outbox.add([entry("a"), entry("b"), entry("d", 3)], NOW) == 1
    assert due(outbox) == [("b", "", 0), ("d", "", 0), ("a", "", 0)]
    assert outbox.alerts(["a", "b"]) == [b'"a"', b'"b"']


def test_a_delivery_goes_its_way(outbox: Outbox) -> None:
    outbox.add([entry("a"), entry("b"), entry("c", 9)], NOW)
    outbox.assign(["a", "b"], "d1")
    outbox.failed("d1", "no answer", NOW + timedelta(seconds=5), NOW)
    assert due(outbox) == [("c", "", 0)]
    assert outbox.next_due("c") == NOW
    assert due(outbox, 5) == [("a", "d1", 1), ("b", "d1", 1), ("c", "", 0)]
    outbox.sent("d1", NOW)
    outbox.assign(["c"], "c")
    outbox.dead("c", "refused", NOW + timedelta(seconds=1))
    assert outbox.counts() == {"c": {"sent": 2, "dead": 1}}
    assert outbox.next_due("c") is None
    assert outbox.alerts(["a", "c"]) == [None, b'"c"']
    (dead,) = outbox.records("dead", "c", 10)
    assert (dead.id, dead.error, dead.attempts, dead.offered_at) == ("c", "refused", 1, NOW)
    assert len(outbox.records(None, "", 10)) == 3
    assert outbox.records("waiting", "", 10) == []
    assert outbox.add([entry("a"), entry("c")], NOW) == 0


def test_what_was_given_up_can_wait_again(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    outbox.add([entry("a"), entry("x", 1, "other")], NOW)
    for id in "ax":
        outbox.assign([id], id)
        outbox.dead(id, "refused", NOW)
    monkeypatch.setattr(sqlite_outbox, "MAX_WAITING", 0)
    outbox.add([entry("b")], NOW)
    assert outbox.revive("c", NOW) == 1
    assert due(outbox) == [("a", "", 0)]
    assert outbox.counts() == {"c": {"waiting": 1, "dead": 1}, "other": {"dead": 1}}


def test_it_is_kept_through_a_restart(outbox: Outbox, file: Path) -> None:
    outbox.add([entry("a")], NOW, "there")
    outbox.close()
    again = SqliteOutbox(file)
    assert (due(again), again.position()) == ([("a", "", 0)], "there")
    again.close()
    assert file.stat().st_mode & 0o777 == 0o600


def test_a_position_is_written_with_what_came(outbox: Outbox) -> None:
    assert outbox.position() == ""
    outbox.add([], NOW, "1")
    outbox.add([entry("a")], NOW, "2")
    outbox.add([entry("b")], NOW)
    assert outbox.position() == "2"


def test_too_many_are_kept_as_dead(outbox: Outbox, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(sqlite_outbox, "MAX_WAITING", 2)
    assert outbox.add([entry("a"), entry("b"), entry("c"), entry("x", 1, "other")], NOW) == 4
    assert outbox.counts() == {"c": {"waiting": 2, "dead": 1}, "other": {"waiting": 1}}
    assert outbox.records("dead", "", 1)[0].error == "2 alerts wait already"


def test_the_old_is_forgotten_what_waits_is_not(outbox: Outbox) -> None:
    outbox.add([entry("a"), entry("b")], NOW)
    outbox.assign(["a"], "a")
    outbox.sent("a", NOW)
    outbox.forget(NOW + timedelta(days=1))
    assert outbox.counts() == {"c": {"waiting": 1}}


def test_hostile_texts_stay_values(outbox: Outbox) -> None:
    for text in ("'; DROP TABLE notifications; --", '"', "\x00", "%", "\u202e"):
        outbox.add([Entry(text, text, text, 1, b"{}")], NOW)
        assert due(outbox, connector=text) == [(text, "", 0)]


def test_a_file_that_is_no_database_is_told(file: Path) -> None:
    file.parent.mkdir()
    file.write_bytes(b"no database, but long enough to be looked at" * 100)
    with pytest.raises(OutboxError, match=r"notifications\.sqlite: can't open the outbox"):
        SqliteOutbox(file)


def test_a_closed_outbox_is_told(outbox: Outbox) -> None:
    outbox.close()
    with pytest.raises(OutboxError):
        outbox.add([entry("a")], NOW)


def paced(id: str, key: str = "r", connector: str = "c", every_s: int = 100) -> Entry:
    return replace(entry(id, connector=connector), pace=Pace(key, every_s))


def delivered(outbox: Outbox, at_s: float, connector: str = "c") -> list[set[str]]:
    """What goes at an instant, by delivery; it is sent."""
    found: dict[str, set[str]] = {}
    for id, delivery, _ in due(outbox, at_s, connector):
        found.setdefault(delivery, set()).add(id)
    for delivery in found:
        outbox.sent(delivery, NOW + timedelta(seconds=at_s))
    return list(found.values())


def test_what_comes_too_soon_waits_and_goes_together(outbox: Outbox) -> None:
    def add(at_s: float, *entries: Entry) -> int:
        return outbox.add(entries, NOW + timedelta(seconds=at_s))

    assert add(0, paced("a"), paced("b"), paced("other", key="s")) == 3
    assert sorted(map(sorted, delivered(outbox, 0))) == [["a", "b"], ["other"]]
    assert add(30, paced("c"), paced("a")) == 1
    assert add(60, paced("d")) == 1
    assert delivered(outbox, 99) == []
    assert delivered(outbox, 100) == [{"c", "d"}]
    assert add(150, paced("e")) == 1
    assert delivered(outbox, 199) == []
    assert delivered(outbox, 200) == [{"e"}]
    assert add(450, paced("f")) == 1
    assert delivered(outbox, 450) == [{"f"}]
    assert add(451, paced("g", connector="x"), paced("h")) == 2
    assert (delivered(outbox, 451, "x"), delivered(outbox, 451)) == ([{"g"}], [])


def test_a_pace_outlives_the_process(outbox: Outbox, file: Path) -> None:
    outbox.add([paced("a")], NOW)
    outbox.close()
    again = SqliteOutbox(file)
    again.add([paced("b")], NOW + timedelta(seconds=1))
    assert [set(one) for one in delivered(again, 1)] == [{"a"}]
    assert delivered(again, 100) == [{"b"}]
    again.close()


def test_what_is_a_delivery_of_its_own_stays_one(outbox: Outbox) -> None:
    outbox.add([replace(entry("action-1"), is_alone=True), entry("a")], NOW)
    assert due(outbox) == [("action-1", "action-1", 0), ("a", "", 0)]
    outbox.dead("action-1", "gone", NOW)
    assert outbox.revive("c", NOW) == 1
    assert due(outbox) == [("action-1", "action-1", 0), ("a", "", 0)]
