"""What a change makes of an alert's fields, and which changes make no sense."""

from typing import Any

import pytest

from bartizan.alerts.errors import ChangeRefused
from bartizan.alerts.workflow import ASSIGNEES, MAX_NAMES, REASON, STATUS, TAGS, Change, Values

OPEN: Values = {STATUS: "open", REASON: "", ASSIGNEES: ("bob",), TAGS: ()}
CLOSED: Values = {STATUS: "closed", REASON: "benign", ASSIGNEES: (), TAGS: ("x", "y")}


@pytest.mark.parametrize(
    ("before", "change", "differs"),
    [
        (OPEN, {"status": "acknowledged"}, {STATUS: "acknowledged"}),
        (OPEN, {"status": "closed", "closed_reason": "duplicate"}, {STATUS: "closed", REASON: "duplicate"}),
        (CLOSED, {"status": "open"}, {STATUS: "open", REASON: ""}),
        (OPEN, {"assign": ("bob", "alice", "alice")}, {ASSIGNEES: ("bob", "alice")}),
        (OPEN, {"assign": ("alice",), "unassign": ("bob",)}, {ASSIGNEES: ("alice",)}),
        (CLOSED, {"untag": ("x", "z"), "tag": ("w",)}, {TAGS: ("y", "w")}),
        (OPEN, {"note": "seen"}, {}),
        (OPEN, {"tag": tuple(map(str, range(MAX_NAMES)))}, {TAGS: tuple(map(str, range(MAX_NAMES)))}),
        ({**CLOSED, TAGS: tuple(map(str, range(MAX_NAMES)))}, {"tag": ("more",)}, {}),
    ],
)
def test_a_change(before: Values, change: dict[str, Any], differs: dict[str, Any]) -> None:
    after = Change(**change).apply(before)
    assert {name: value for name, value in after.items() if value != before[name]} == differs


@pytest.mark.parametrize(
    ("change", "where"),
    [
        ({}, ""),
        ({"status": "shut"}, "status"),
        ({"status": "closed"}, "closed_reason"),
        ({"status": "open", "closed_reason": "benign"}, "closed_reason"),
        ({"status": "closed", "closed_reason": "bored"}, "closed_reason"),
        ({"closed_reason": "benign"}, "closed_reason"),
        ({"tag": (" ",)}, "tag"),
        ({"assign": ("x" * 201,)}, "assign"),
        ({"untag": tuple(map(str, range(MAX_NAMES + 1)))}, "untag"),
        ({"note": "x" * 4_001}, "note"),
        ({"note": "\ud800"}, "note"),
        ({"unassign": ("\udcff",)}, "unassign"),
    ],
)
def test_a_change_that_makes_no_sense(change: dict[str, Any], where: str) -> None:
    with pytest.raises(ChangeRefused) as caught:
        Change(**change)
    assert caught.value.where == where
