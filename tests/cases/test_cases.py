"""Cases: made, found, changed by version, closed with a reason, every change kept."""

from typing import Any

import pytest

from bartizan.cases import history as history_module
from bartizan.cases.case import Case, Reason, Severity, Status
from bartizan.cases.cases import CaseFilter
from bartizan.cases.casework import Casework
from bartizan.cases.history import Action
from bartizan.state.errors import Invalid, Missing, Outdated
from tests.control_plane import START, Time


def test_from_open_to_closed_and_every_step_is_kept(work: Casework, case: Case, time: Time) -> None:
    assert (case.status, case.severity, case.tags, case.written.created_by) == (Status.OPEN, "high", ("iam",), "maria")
    time.pass_s(60)
    taken = work.cases.update(case.id, {"status": "in_progress", "assignees": ["paul", "paul"]}, "paul", version=1)
    assert (taken.status, taken.assignees, taken.written.version) == (Status.IN_PROGRESS, ("paul",), 2)
    with pytest.raises(Invalid, match="closed with a reason"):
        work.cases.update(case.id, {"status": "closed"}, "paul")
    closed = work.cases.update(case.id, {"status": "closed", "reason": "benign"}, "paul")
    assert closed.reason is Reason.BENIGN
    reopened = work.cases.update(case.id, {"status": "open"}, "maria")
    assert (reopened.reason, reopened.written.version) == (None, 4)
    assert work.cases.update(case.id, {"status": "open"}, "maria") == reopened
    changes = work.history.of(case.id)
    assert changes.total == 4
    assert [(change.number, change.by, change.action) for change in changes.changes] == [
        (4, "maria", Action.CHANGED),
        (3, "paul", Action.CHANGED),
        (2, "paul", Action.CHANGED),
        (1, "maria", Action.CREATED),
    ]
    assert changes.changes[0].before == {"status": "closed", "reason": "benign"}
    assert changes.changes[2].before == {"status": "open", "assignees": []}
    assert changes.changes[2].after == {"status": "in_progress", "assignees": ["paul"]}
    assert changes.changes[3].at == START
    assert [change.number for change in work.history.of(case.id, limit=2, offset=1).changes] == [3, 2]


def test_nobody_overwrites_what_he_has_not_seen(work: Casework, case: Case) -> None:
    work.cases.update(case.id, {"title": "Paul's"}, "paul", version=1)
    for late in (
        lambda: work.cases.update(case.id, {"title": "Maria's"}, "maria", version=1),
        lambda: work.delete_case(case.id, version=1),
    ):
        with pytest.raises(Outdated, match="by paul"):
            late()
    assert work.cases.get(case.id).title == "Paul's"


def test_finding(work: Casework, case: Case, time: Time) -> None:
    time.pass_s(1)
    other = work.cases.create({"title": "100% of the KEYS", "assignees": ["paul"]}, "maria")
    work.alerts.attach(other.id, ["alert-1"], "maria")

    def found(**wanted: Any) -> list[str]:
        return [one.id for one in work.cases.find(CaseFilter(**wanted)).cases]

    assert found() == found(text="keys") == [other.id, case.id]
    assert found(severity=(Severity.HIGH, Severity.LOW)) == found(tag="iam") == [case.id]
    assert found(assignee="paul") == found(alert="alert-1") == found(text="100%") == [other.id]
    assert found(status=(Status.CLOSED,)) == found(text="_") == found(assignee="iam") == []
    page = work.cases.find(limit=1, offset=1)
    assert ([one.tags for one in page.cases], page.total) == ([("iam",)], 2)


def test_what_is_removed_is_gone_with_all_of_it(work: Casework, case: Case) -> None:
    work.comments.add(case.id, "x", "maria")
    work.alerts.attach(case.id, ["a"], "maria")
    work.delete_case(case.id)
    for gone in (work.cases.get, work.comments.all, work.alerts.all, work.observables.all, work.history.of):
        with pytest.raises(Missing):
            gone(case.id)  # type: ignore[operator]


@pytest.mark.parametrize(
    ("values", "where"),
    [
        ({}, "title"),
        ({"title": "  "}, "title"),
        ({"title": "x" * 201}, "title"),
        ({"title": "a\u202eb"}, "title"),
        ({"title": "x", "description": "\0"}, "description"),
        ({"title": "x", "severity": "grave"}, "severity"),
        ({"title": "x", "status": "done"}, "status"),
        ({"title": "x", "status": "closed"}, "reason"),
        ({"title": "x", "tags": ["t" + str(number) for number in range(101)]}, "tags"),
        ({"title": "x", "assignees": [""]}, "assignees"),
    ],
)
def test_what_is_refused(work: Casework, values: dict[str, Any], where: str) -> None:
    with pytest.raises(Invalid) as refused:
        work.cases.create(values, "maria")
    assert refused.value.where == where


def test_comments_keep_what_they_said(work: Casework, case: Case) -> None:
    first = work.comments.add(case.id, "It was <b>him</b>", "maria")
    work.comments.update(case.id, first.id, "It was not him", "maria", version=1)
    with pytest.raises(Outdated):
        work.comments.update(case.id, first.id, "It was her", "paul", version=1)
    assert [comment.text for comment in work.comments.all(case.id)] == ["It was not him"]
    work.comments.delete(case.id, first.id, "paul")
    told = work.history.of(case.id, subject=first.id)
    assert [(change.action, change.before) for change in told.changes] == [
        (Action.COMMENT_REMOVED, {"text": "It was not him"}),
        (Action.COMMENT_CHANGED, {"text": "It was <b>him</b>"}),
        (Action.COMMENT_ADDED, None),
    ]
    assert work.comments.all(case.id) == ()


def test_a_comment_of_another_case_is_not_this_one_s(work: Casework, case: Case) -> None:
    other = work.cases.create({"title": "Other"}, "maria")
    comment = work.comments.add(other.id, "x", "maria")
    with pytest.raises(Missing):
        work.comments.update(case.id, comment.id, "y", "maria")
    with pytest.raises(Missing):
        work.comments.delete(case.id, comment.id, "maria")


def test_alerts_are_attached_once(work: Casework, case: Case) -> None:
    assert work.alerts.attach(case.id, ["a", "b", "a"], "maria") == 2
    assert work.alerts.attach(case.id, ["b", "c"], "paul") == 1
    assert [(one.alert_id, one.by) for one in work.alerts.all(case.id)] == [
        ("a", "maria"),
        ("b", "maria"),
        ("c", "paul"),
    ]
    work.alerts.detach(case.id, "b", "paul")
    with pytest.raises(Missing):
        work.alerts.detach(case.id, "b", "paul")
    actions = [(change.action, change.before, change.after) for change in work.history.of(case.id).changes[:3]]
    assert actions == [
        (Action.ALERT_DETACHED, ["b"], None),
        (Action.ALERT_ATTACHED, None, ["c"]),
        (Action.ALERT_ATTACHED, None, ["a", "b"]),
    ]
    with pytest.raises(Invalid):
        work.alerts.attach(case.id, ["x"] * 1001, "maria")


def test_a_case_takes_no_more_changes_than_it_may(work: Casework, case: Case, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(history_module, "MAX_CHANGES", 1)
    with pytest.raises(Invalid, match="new case"):
        work.comments.add(case.id, "x", "maria")
    assert work.comments.all(case.id) == ()
