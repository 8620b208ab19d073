"""Changes of alerts: counted, searchable at once, in the history, undone; whatever stops them half-way."""

from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from typing import Any

import pytest

from bartizan.alerts import change_sets, history, present
from bartizan.alerts.change_sets import CANCELLED, CANCELLING, DONE, FAILED
from bartizan.alerts.changes import AlertChanges
from bartizan.alerts.errors import ChangeConflict, UnknownAlert, UnknownChangeSet
from bartizan.alerts.workflow import Change
from bartizan.engine.errors import StatementRefused
from tests.alerts.conftest import changed, found, many_alerts, open_alerts, state, undone
from tests.detect.store import DetectStore

HOSTILE = (
    "' OR 1=1 --",
    "\\",
    "\\'",
    "{ids:Array(String)}",
    "\x00",
    "a\tb\nc",
    "]",
    '["x"]',
    "\u202e",
    "'; DROP TABLE x",
)


def test_one_alert(store: DetectStore, changes: AlertChanges) -> None:
    ids = open_alerts(store, "one-1", "one-2")
    done = changed(changes, ["one-1", "nobody"], status="acknowledged", assign=("bob", "bob"), tag=("x",), note="seen")
    assert (done.state, done.matched, done.missing, done.changed, done.unchanged) == (DONE, 1, 1, 1, 0)
    assert state(store, "one-1") == {"status": "acknowledged", "assignees": ["bob"], "tags": ["x"], "notes": ["seen"]}
    assert state(store, "one-2") == {"status": "open"}
    assert found(store, "alert.status: acknowledged and alert.assignees: bob") == ["one-1"]
    again = changed(changes, ids, status="acknowledged")
    assert (again.changed, again.unchanged) == (1, 1)
    assert [(row["actor"], row["field"], row["before"], row["after"]) for row in changes.history("one-1")] == [
        ("alice", "alert.assignees", [], ["bob"]),
        ("alice", "alert.notes", None, "seen"),
        ("alice", "alert.status", "open", "acknowledged"),
        ("alice", "alert.tags", [], ["x"]),
    ]


@pytest.mark.parametrize(
    ("query", "language"),
    [
        ("kibana.alert.workflow_status: closed and alert.tags: languages", "kql"),
        ("kibana.alert.workflow_status:closed AND alert.tags:languages", "lucene"),
        ('any where kibana.alert.workflow_status == "closed" and alert.tags == "languages"', "eql"),
        ('FROM .alerts-security.* METADATA _id | WHERE alert.status == "closed" AND alert.tags == "languages"', "esql"),
        ('{"bool": {"filter": [{"term": {"alert.status": "closed"}}, {"term": {"alert.tags": "languages"}}]}}', "dsl"),
    ],
)
def test_every_language_finds_it(store: DetectStore, changes: AlertChanges, query: str, language: str) -> None:
    id = f"languages-{language}"
    open_alerts(store, id)
    changed(changes, [id], status="closed", closed_reason="benign", tag=("languages",))
    assert id in found(store, query, language)


def test_the_last_change_wins_and_both_are_in_the_history(store: DetectStore, changes: AlertChanges) -> None:
    open_alerts(store, "last-1")
    first = changes.begin(["last-1"], Change(status="closed", closed_reason="other"), "alice")
    second = changes.begin(["last-1"], Change(status="acknowledged"), "bob")
    with closing(changes.run(first.id)) as one, closing(changes.run(second.id)) as other:
        next(one)
        next(other)
    assert state(store, "last-1") == {"status": "acknowledged"}
    found_again = [(row["actor"], row["after"]) for row in changes.history("last-1") if row["field"] == "alert.status"]
    assert found_again == [("bob", "acknowledged"), ("alice", "closed")]


def test_a_change_that_is_late_leaves_what_was_asked_for_since(store: DetectStore, changes: AlertChanges) -> None:
    ids = open_alerts(store, "late-1", "late-2")
    late = changes.begin(ids, Change(status="closed", closed_reason="other", tag=("t",)), "alice")
    changed(changes, ["late-1"], status="acknowledged", assign=("bob",))
    done = changes.finish(late.id)
    assert (done.changed, done.kept) == (2, 2)
    assert state(store, "late-1") == {"status": "acknowledged", "assignees": ["bob"], "tags": ["t"]}
    assert state(store, "late-2") == {"status": "closed", "closed_reason": "other", "tags": ["t"]}


def test_status_and_reason_are_put_back_together(store: DetectStore, changes: AlertChanges) -> None:
    open_alerts(store, "pair-1")
    closed = changed(changes, ["pair-1"], status="closed", closed_reason="other")
    changed(changes, ["pair-1"], status="closed", closed_reason="benign")
    assert undone(changes, closed).kept == 2
    assert state(store, "pair-1") == {"status": "closed", "closed_reason": "benign"}


def test_many_at_once(store: DetectStore, changes: AlertChanges) -> None:
    ids = open_alerts(store, *(f"at-once-{number}" for number in range(4)))
    with ThreadPoolExecutor(4) as threads:
        done = list(threads.map(lambda number: changed(changes, ids, tag=(f"t{number}",)), range(8)))
    assert {one.changed for one in done} == {4}
    for id in ids:
        assert sorted(state(store, id)["tags"]) == [f"t{number}" for number in range(8)]
        assert len(changes.history(id)) == 8


def test_a_clock_that_jumps_back_changes_no_order(store: DetectStore, changes: AlertChanges, monkeypatch: Any) -> None:
    open_alerts(store, "clock-1")
    changed(changes, ["clock-1"], status="acknowledged")
    monkeypatch.setattr(store, "now", store.now.replace(year=2025))
    changed(changes, ["clock-1"], status="open")
    again = AlertChanges(store.engine, store.alerts.table, store.intake.loader.prepare, store.clock)
    changed(again, ["clock-1"], status="closed", closed_reason="other")
    assert state(store, "clock-1") == {"status": "closed", "closed_reason": "other"}


def test_an_undo_puts_back_what_nobody_changed_since(store: DetectStore, changes: AlertChanges) -> None:
    ids = open_alerts(store, "undo-1", "undo-2", "undo-3")
    changed(changes, ["undo-3"], tag=("old",))
    closed = changed(changes, ids, status="closed", closed_reason="benign", tag=("t",), note="all of them")
    changed(changes, ["undo-2"], status="open")
    back = undone(changes, closed)
    assert (back.undoes, back.matched, back.changed, back.unchanged, back.kept) == (closed.id, 3, 3, 0, 2)
    assert state(store, "undo-1") == {"status": "open", "notes": ["all of them"]}
    assert state(store, "undo-2") == {"status": "open", "notes": ["all of them"]}
    assert state(store, "undo-3") == {"status": "open", "tags": ["old"], "notes": ["all of them"]}
    again = undone(changes, back)
    assert again.kept == 0
    assert state(store, "undo-1")["status"] == "closed"
    nothing = undone(changes, closed)
    assert (nothing.changed, nothing.unchanged, nothing.kept) == (0, 3, 9)


def test_hostile_texts_stay_texts(store: DetectStore, changes: AlertChanges) -> None:
    open_alerts(store, "hostile-1")
    note = "".join(HOSTILE)
    changed(changes, ["hostile-1", *HOSTILE], actor=note, assign=HOSTILE, tag=HOSTILE, note=note)
    everything = list(HOSTILE)
    assert state(store, "hostile-1") == {"status": "open", "assignees": everything, "tags": everything, "notes": [note]}
    assert {row["actor"] for row in changes.history("hostile-1")} == {note}
    assert changed(changes, list(HOSTILE), tag=("x",)).missing == len(HOSTILE)
    for text in HOSTILE:
        with pytest.raises(UnknownAlert):
            changes.history(text)
        with pytest.raises(UnknownChangeSet):
            changes.get(text)


def test_the_column_holds_the_newest_notes(
    store: DetectStore, changes: AlertChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(history, "NOTES_KEPT", 2)
    open_alerts(store, "notes-1")
    for number in range(3):
        changed(changes, ["notes-1"], note=f"note {number}")
    assert state(store, "notes-1")["notes"] == ["note 1", "note 2"]
    assert len(changes.history("notes-1")) == 3


@pytest.mark.slow
def test_ten_thousand_and_back(store: DetectStore, changes: AlertChanges) -> None:
    ids = many_alerts(store, "many-", 10_000)
    own = changed(changes, ids[:100], assign=("carol",))
    closed = changed(changes, ids, status="closed", closed_reason="false_positive", unassign=("carol",))
    assert (closed.batches, closed.changed, closed.unchanged) == (2, 10_000, 0)
    assert len(found(store, "alert.status: closed and alert.id: many-*", limit=20_000)) == 10_000
    changed(changes, ids[:10], status="acknowledged")
    back = undone(changes, closed)
    assert (back.changed, back.kept) == (10_000, 20)
    assert found(store, "alert.id: many-* and not alert.status: open") == ids[:10]
    assert found(store, "alert.assignees: carol") == ids[:100]
    assert changes.latest()[0].id == back.id
    assert own.state == DONE


def test_it_ends_after_the_batch_at_hand_when_it_is_cancelled(
    store: DetectStore, changes: AlertChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_sets, "BATCH", 2)
    ids = many_alerts(store, "cancel-", 5)
    begun = changes.begin(ids, Change(tag=("cancelled",)), "alice")
    with closing(changes.run(begun.id)) as steps:
        first = next(steps)
        assert (first.batches_done, first.changed) == (1, 2)
        assert changes.cancel(begun.id).state == CANCELLING
        with pytest.raises(ChangeConflict, match="not done yet"):
            changes.begin_undo(begun.id, "alice")
        with pytest.raises(ChangeConflict, match="carried out"):
            next(changes.run(begun.id))
        (last,) = steps
    assert (last.state, last.changed, changes.get(begun.id)) == (CANCELLED, 2, last)
    assert found(store, "alert.tags: cancelled") == ids[:2]
    with pytest.raises(ChangeConflict, match="is cancelled"):
        changes.cancel(begun.id)
    assert undone(changes, last).changed == 2
    assert found(store, "alert.tags: cancelled") == []


def test_what_was_recorded_but_not_applied_is_applied_later(
    store: DetectStore, changes: AlertChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    open_alerts(store, "crash-1", "crash-2")
    begun = changes.begin(["crash-1", "crash-2"], Change(status="acknowledged", note="once"), "alice")

    def refuse(*_: object) -> None:
        raise StatementRefused("not now")

    with monkeypatch.context() as broken:
        broken.setattr(present, "put", refuse)
        with pytest.raises(StatementRefused):
            changes.finish(begun.id)
    assert state(store, "crash-1") == {"status": "open"}
    assert (changes.get(begun.id).state, changes.get(begun.id).error) == (FAILED, "not now")
    again = AlertChanges(store.engine, store.alerts.table, store.intake.loader.prepare, store.clock)
    assert [one.id for one in again.unfinished()] == [begun.id]
    done = again.finish(begun.id)
    assert (done.state, done.changed, done.error, again.unfinished()) == (DONE, 2, "", [])
    assert state(store, "crash-2") == {"status": "acknowledged", "notes": ["once"]}
    assert len(changes.history("crash-1")) == 2


def test_cancelled_with_a_batch_recorded_that_batch_is_applied(
    store: DetectStore, changes: AlertChanges, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(change_sets, "BATCH", 1)
    open_alerts(store, "half-1", "half-2")
    begun = changes.begin(["half-1", "half-2"], Change(tag=("half",)), "alice")

    def refuse(*_: object) -> None:
        raise StatementRefused("not now")

    with monkeypatch.context() as broken:
        broken.setattr(present, "put", refuse)
        with pytest.raises(StatementRefused):
            changes.finish(begun.id)
    changes.cancel(begun.id)
    ended = changes.finish(begun.id)
    assert (ended.state, ended.changed, found(store, "alert.tags: half")) == (CANCELLED, 1, ["half-1"])


def test_nothing_to_change_is_done(changes: AlertChanges) -> None:
    done = changed(changes, [], tag=("x",))
    assert (done.state, done.matched, done.batches) == (DONE, 0, 0)
    assert undone(changes, done).state == DONE
