"""Timelines: saved by version, with pins and notes."""

import threading
from typing import Any

import pytest

from bartizan.cases import timeline_events
from bartizan.cases.casework import Casework
from bartizan.cases.timeline_events import Event
from bartizan.cases.timelines import Timeline
from bartizan.state.errors import Invalid, Missing, Outdated
from tests.control_plane import Time

EVENT = Event("logs-aws.cloudtrail-default", "e-1")


@pytest.fixture
def timeline(work: Casework) -> Timeline:
    return work.timelines.create({"title": "The night of the keys", "query": "event.action: CreateAccessKey"}, "maria")


def test_saved_by_version(work: Casework, timeline: Timeline) -> None:
    assert (timeline.language, timeline.indices, timeline.written.version) == ("kql", ("logs-*",), 1)
    saved = work.timelines.save(timeline.id, {"query": "event.action: (", "time_from": "now-7d"}, "maria", 1)
    assert (saved.query, saved.title, saved.written.version) == ("event.action: (", timeline.title, 2)
    with pytest.raises(Outdated, match="by maria; the newest is 2"):
        work.timelines.save(timeline.id, {"query": "*"}, "paul", 1)
    assert work.timelines.get(timeline.id) == saved
    with pytest.raises(Outdated):
        work.timelines.delete(timeline.id, 1)
    work.timelines.delete(timeline.id, 2)
    with pytest.raises(Missing):
        work.timelines.get(timeline.id)


def test_of_many_who_save_one_version_one_does(work: Casework, timeline: Timeline) -> None:
    outcomes: list[str] = []

    def save(number: int) -> None:
        try:
            work.timelines.save(timeline.id, {"query": str(number)}, f"person {number}", 1)
            outcomes.append("saved")
        except Outdated:
            outcomes.append("outdated")

    threads = [threading.Thread(target=save, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(outcomes) == ["outdated"] * 7 + ["saved"]


def test_finding(work: Casework, timeline: Timeline, time: Time) -> None:
    time.pass_s(1)
    other = work.timelines.create({"title": "Another"}, "maria")
    assert [one.id for one in work.timelines.find().timelines] == [other.id, timeline.id]
    page = work.timelines.find("NIGHT", limit=1)
    assert ([one.id for one in page.timelines], page.total) == ([timeline.id], 1)


def test_pins(work: Casework, timeline: Timeline, time: Time, monkeypatch: pytest.MonkeyPatch) -> None:
    pin = work.timeline_events.pin(timeline.id, EVENT, "maria")
    time.pass_s(1)
    assert work.timeline_events.pin(timeline.id, EVENT, "paul") == pin
    monkeypatch.setattr(timeline_events, "MAX_PINS", 1)
    with pytest.raises(Invalid, match="1 pinned events already"):
        work.timeline_events.pin(timeline.id, Event(EVENT.stream, "e-2"), "maria")
    assert work.timeline_events.pins(timeline.id) == (pin,)
    work.timeline_events.unpin(timeline.id, EVENT)
    with pytest.raises(Missing):
        work.timeline_events.unpin(timeline.id, EVENT)


def test_notes(work: Casework, timeline: Timeline, time: Time) -> None:
    on_it = work.timeline_events.note(timeline.id, None, "It began at 3", "maria")
    time.pass_s(1)
    on_event = work.timeline_events.note(timeline.id, EVENT, "This one", "paul")
    assert (on_it.event, on_event.event) == (None, EVENT)
    changed = work.timeline_events.change_note(timeline.id, on_event.id, "That one", "maria", 1)
    assert [note.text for note in work.timeline_events.notes(timeline.id)] == ["It began at 3", "That one"]
    with pytest.raises(Outdated):
        work.timeline_events.remove_note(timeline.id, changed.id, 1)
    work.timeline_events.remove_note(timeline.id, changed.id, 2)
    other = work.timelines.create({"title": "Other"}, "maria")
    with pytest.raises(Missing):
        work.timeline_events.change_note(other.id, on_it.id, "x", "maria")


@pytest.mark.parametrize(
    "values",
    [{}, {"title": "x", "query": "\0"}, {"title": "x", "indices": ["x"] * 101}, {"title": "x", "language": ""}],
)
def test_what_is_refused(work: Casework, values: dict[str, Any]) -> None:
    with pytest.raises(Invalid):
        work.timelines.create(values, "maria")
